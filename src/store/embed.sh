#!/bin/sh
# Prints the scripts in the folder $1 as C strings: the prelude and one file each, without comments, indentation and empty lines.
set -eu

dir=$1
for name in login end rotate touch revoke notify prune; do
	printf 'static const char lua_%s[] =\n' "$name"
	sed -e 's/^[[:space:]]*//' -e '/^--/d' -e '/^$/d' -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/	"/' -e 's/$/\\n"/' \
		"$dir/prelude.lua" "$dir/$name.lua"
	printf '\t"";\n\n'
done
