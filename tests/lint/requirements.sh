#!/bin/sh
# SPDX-License-Identifier: ISC
# The list of tests/requirements is true: each test it names is there, each number is there once, and no comment names another one.
set -eu

srcdir=${srcdir:-.}
list=$srcdir/tests/requirements
failed=0

wrong() {
	echo "tests/requirements: $*"
	failed=1
}

# Prints the file that ${1} means: a system test, the unit test of a source file, or a path below tests/.
file_of() {
	for file in "$srcdir/tests/system/$1" "$srcdir/tests/unit/$1.c" "$srcdir/tests/$1"; do
		if [ -f "$file" ]; then
			printf '%s\n' "$file"
			return
		fi
	done
}

check_test() {
	number=$1 name=${2%%:*} function=${2#*:}
	file=$(file_of "$name")
	if [ -z "$file" ]; then
		wrong "$number: there is no test $name"
	elif [ "$function" != "$2" ] && ! grep -qE "^( *def )?$function\(" "$file"; then
		wrong "$number: $name has no $function"
	fi
}

while read -r number rest; do
	case $number in
	'#' | '') continue ;;
	R[0-9][0-9][0-9]) ;;
	*)
		wrong "a line begins with $number"
		continue
		;;
	esac
	tests=${rest##* | }
	[ "$tests" != "$rest" ] || wrong "$number: neither a test nor a reason"
	case $tests in later:*) continue ;; esac
	for one in $tests; do
		check_test "$number" "$one"
	done
done <"$list"

sed -n 's/^\(R[0-9]*\) .*/\1/p' "$list" | LC_ALL=C sort >requirements.listed
for number in $(uniq -d requirements.listed); do
	wrong "$number is there twice"
done
for number in $(cd "$srcdir" && grep -rhoE '\bR[0-9]{3}\b' src include tests/unit tests/system tests/lib | LC_ALL=C sort -u); do
	grep -qx "$number" requirements.listed || wrong "a comment names $number, which is not listed"
done
rm -f requirements.listed
exit "$failed"
