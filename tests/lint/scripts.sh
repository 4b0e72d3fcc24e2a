#!/bin/sh
# SPDX-License-Identifier: ISC
# The scripts of the tree: shellcheck on those of the shell, and those in Python at least parse.
set -eu

srcdir=${srcdir:-.}
cd "$srcdir"

scripts() {
	find contrib tests src -type f \( -name "*.sh" -o -perm -u+x \) -exec grep -lE "^#!/bin/(ba)?sh" {} + | LC_ALL=C sort
}

for file in tests/lib/dwtest/*.py tests/system/[0-9]*; do
	python3 -c 'import ast, sys; ast.parse(open(sys.argv[1], encoding="utf-8").read(), sys.argv[1])' "$file"
done
if ! command -v shellcheck >/dev/null; then
	echo "no shellcheck here"
	exit 77
fi
scripts | xargs shellcheck
