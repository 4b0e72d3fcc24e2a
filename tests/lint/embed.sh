#!/bin/sh
# SPDX-License-Identifier: ISC
# The embedding of the scripts fails, and says why, where a piece or an offset is missing: a script without a piece is a valid one.
set -eu

src=${srcdir:-.}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

embed() {
	sh "$src/src/store/embed.sh" "$dir" "$dir/record.h" > "$dir/out" 2> "$dir/err"
}

refused() {
	if embed; then
		echo "embedded in spite of $1"
		exit 1
	fi
	grep -q "$2" "$dir/err" || { cat "$dir/err"; exit 1; }
}

fresh() {
	cp "$src"/src/store/lua/*.lua "$src/src/store/record.h" "$dir"
}

fresh
embed
grep -q 'S_CREATED' "$dir/out" && { echo "a name of an offset is left"; exit 1; }
grep -q '^	"#!lua flags=allow-oom' "$dir/out"
rm "$dir/stamp.lua"
refused "a missing piece" 'stamp.lua'
fresh
rm "$dir/end.lua"
refused "a missing script" 'end.lua'
fresh
echo 'local x = S_NOWHERE' >> "$dir/prune.lua"
refused "an unknown offset" 'S_NOWHERE'
fresh
rm "$dir/record.h"
refused "a missing header" 'record.h'
