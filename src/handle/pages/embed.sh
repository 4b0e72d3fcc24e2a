#!/bin/sh
# SPDX-License-Identifier: ISC
# Prints the pages in the folder $1 as C strings, without indentation and empty lines. A line "{{>NAME}}" stands for the file NAME.
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

for name in login signed_in sign_out signed_out one_out others_out error; do
	printf 'static const char template_%s[] =\n' "$name"
	include "$1" "$name.html" |
		sed -e 's/^[[:space:]]*//' -e '/^$/d' -e 's/\\/\\\\/g' -e 's/"/\\"/g' \
			-e '/^{{[#^/][a-z_]*}}$/!s/$/\\n/' -e 's/^/	"/' -e 's/$/"/'
	printf '\t"";\n\n'
done
