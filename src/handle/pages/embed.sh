#!/bin/sh
# SPDX-License-Identifier: ISC
# embed.sh DIR NAME...: prints the pages NAME in the folder DIR as C strings, without indentation and empty lines. A line "{{>NAME}}"
# stands for the file NAME.
# A line that only opens or closes a section leaves no line behind.
set -eu

include() {
	while IFS= read -r line; do
		case $line in
		'{{>'*'}}')
			name=${line#'{{>'}
			include "$1" "${name%'}}'}"
			;;
		*) printf '%s\n' "$line" ;;
		esac
	done < "$1/$2"
}

dir=$1
shift
for name; do
	printf 'const char template_%s[] =\n' "$name"
	include "$dir" "$name.html" |
		sed -e 's/^[[:space:]]*//' -e '/^$/d' -e 's/\\/\\\\/g' -e 's/"/\\"/g' \
			-e '/^{{[#^/][a-z_]*}}$/!s/$/\\n/' -e 's/^/	"/' -e 's/$/"/'
	printf '\t"";\n\n'
done
