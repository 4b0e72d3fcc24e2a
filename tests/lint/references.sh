#!/bin/sh
# SPDX-License-Identifier: ISC
# What comments and documents refer to is in the tree: a file name with .md, or a path below one of our directories.
set -eu

srcdir=${srcdir:-.}
failed=0
cd "$srcdir"

names() {
	grep -rhoE '\b[A-Za-z0-9_.-]+\.md\b' README ChangeLog src include tests conf contrib 2>/dev/null
	grep -rhoE '(^|[ "(])(src|include|tests|conf|contrib)/[A-Za-z0-9_./-]+\.(c|h|sh|py|lua|def|conf)\b' README src include tests contrib |
		tr -d ' "('
}

for name in $(names | grep -v FILE | LC_ALL=C sort -u); do
	[ -e "$name" ] && continue
	[ -n "$(find src include tests conf contrib -path "*/$name" -print -quit)" ] && continue
	echo "$name is referred to, and is not in the tree:"
	grep -rnF "$name" README src include tests conf contrib | head -n 3
	failed=1
done
exit "$failed"
