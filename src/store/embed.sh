#!/bin/sh
# Prints the scripts in the folder $1 as C strings, without comments, indentation and empty lines. A line "--@ NAME" stands for NAME.lua.
set -eu

dir=$1
for name in login end rotate touch revoke notify prune groups probe; do
	printf 'static const char lua_%s[] =\n' "$name"
	while read -r line; do
		case $line in
		'--@ '*) cat "$dir/${line#--@ }.lua" ;;
		*) printf '%s\n' "$line" ;;
		esac
	done < "$dir/$name.lua" |
		sed -e 's/^[[:space:]]*//' -e '/^--/d' -e '/^$/d' -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/	"/' -e 's/$/\\n"/'
	printf '\t"";\n\n'
done
