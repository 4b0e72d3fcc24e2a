#!/bin/sh
# SPDX-License-Identifier: ISC
# Every source names its licence, by the line that tools look for (SPDX). usage: licence.sh [--fix]: adds the line where it is missing.
set -eu

srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
cd "$srcdir"
line="SPDX-License-Identifier: ISC"

sources() {
	find src include tests contrib -type f \( -name '*.[ch]' -o -name '*.py' -o -name '*.sh' -o -name '*.go' \)
	find tests contrib -type f -perm -u+x -exec grep -lE '^#!/' {} +
}

missing() {
	sources | LC_ALL=C sort -u | while read -r file; do
		head -n 3 "$file" | grep -qF "$line" || echo "$file"
	done
}

add() { # file: after the line that says what runs it, or as the first
	case $1 in
	*.[ch]) sed -i "1i /* $line */" "$1" ;;
	*.go) sed -i "1i // $line" "$1" ;;
	*) if head -n 1 "$1" | grep -q '^#!'; then sed -i "1a # $line" "$1"; else sed -i "1i # $line" "$1"; fi ;;
	esac
}

if [ "${1-}" = --fix ]; then
	missing | while read -r file; do if [ -s "$file" ]; then add "$file"; else echo "# $line" >"$file"; fi; done
fi
found=$(missing)
[ -z "$found" ] || { echo "no \"$line\" in:"; echo "$found"; exit 1; }
