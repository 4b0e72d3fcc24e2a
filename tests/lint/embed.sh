#!/bin/sh
# SPDX-License-Identifier: ISC
# The embedding of the scripts fails, and says why, where a piece or an offset is missing: a script without a piece is a valid one.
set -eu

src=${srcdir:-.}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

embed() {
	sh "$src/src/store/embed.sh" texts "$dir" "$dir/session.h" > "$dir/out" 2> "$dir/err"
}

refused() {
	if embed; then
		echo "embedded in spite of $1"
		exit 1
	fi
	grep -q "$2" "$dir/err" || { cat "$dir/err"; exit 1; }
}

fresh() {
	mkdir -p "$dir/lua"
	cp -f "$src"/src/store/lua/*.lua "$dir/lua"
	cp -f "$src/src/store/record.h" "$src/src/store/scripts.def" "$src/include/doorward/session.h" "$dir"
	chmod -R u+w "$dir" # in make distcheck the tree can only be read
}

fresh
embed
grep -q 'S_CREATED' "$dir/out" && { echo "a name of an offset is left"; exit 1; }
grep -q '^	"#!lua flags=allow-oom' "$dir/out"
rm "$dir/lua/stamp.lua"
refused "a missing piece" 'stamp.lua'
fresh
rm "$dir/lua/end.lua"
refused "a missing script" 'end.lua'
fresh
echo 'local x = S_NOWHERE' >> "$dir/lua/prune.lua"
refused "an unknown offset" 'S_NOWHERE'
fresh
echo 'local x = END_NOWHERE' >> "$dir/lua/prune.lua"
refused "an unknown cause" 'END_NOWHERE'
fresh
rm "$dir/record.h"
refused "a missing header" 'record.h'
fresh
echo "call('LPUSH', key, now)" >> "$dir/lua/prune.lua"
refused "a command that is not looked for" 'prune.lua calls LPUSH'
fresh
echo '--@ needs LPUSH RECORD u' >> "$dir/lua/prune.lua"
refused "a right that nothing uses" 'prune.lua needs LPUSH'
fresh
echo 'SCRIPT(MORE, more, "", 2, 11, true)' >> "$dir/scripts.def"
refused "a row without a script" 'more.lua'
fresh
sh "$src/src/store/embed.sh" rights "$dir" "$dir/session.h" > "$dir/out"
grep -q 'KEYS_RULE_OUTBOX, "+xinfo|groups", "XINFO GROUPS " KEYS_LIKE_OUTBOX, LOOK_UNTRIMMED' "$dir/out"

# the folder's README says what each script is for
sed -n 's/^SCRIPT([A-Z]*, *\([a-z]*\),.*/\1/p' "$src/src/store/scripts.def" | while read -r name; do
	grep -q "^	$name  *[a-z]" "$src/src/store/README" || { echo "src/store/README: nothing about the script $name"; exit 1; }
done
