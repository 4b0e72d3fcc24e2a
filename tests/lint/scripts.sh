#!/bin/sh
# The scripts of the tree: shellcheck on those of the shell, those in Python at least parse, and all are distributed.
set -eu

srcdir=${srcdir:-.}
cd "$srcdir"

scripts() {
	find contrib tests src -type f \( -name "*.sh" -o -perm -u+x \) -exec grep -lE "^#!/bin/(ba)?sh" {} + | LC_ALL=C sort
}

for file in tests/lib/dwtest/*.py tests/system/[0-9]*; do
	python3 -c 'import ast, sys; ast.parse(open(sys.argv[1], encoding="utf-8").read(), sys.argv[1])' "$file"
done
for file in tests/lib/dwtest/*.py tests/system/[0-9]* contrib/[a-z]* contrib/*/[a-z]*; do
	if [ -f "$file" ] && ! grep -qF "$file" Makefile.am; then
		echo "$file would be missing from the distribution: see EXTRA_DIST in Makefile.am"
		exit 1
	fi
done
if ! command -v shellcheck >/dev/null; then
	echo "no shellcheck here"
	exit 77
fi
scripts | xargs shellcheck
