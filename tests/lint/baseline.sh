#!/bin/sh
# SPDX-License-Identifier: ISC
# The rules of src/config/baseline_rules.c and the section SECURITY BASELINE of doorward.conf(5) name the same options, in one
# order, and every rule but those of files is tested.
set -eu

srcdir=${srcdir:-.}
rules=$(sed -n 's/^	\(NO\|NO_CLIENT\|AT_MOST\)("\([^"]*\)".*/\2/p' "$srcdir/src/config/baseline_rules.c")
manual=$(sed -n '/^\.Sh SECURITY BASELINE$/,/^\.Sh FILES$/s/^\.It Cm //p' "$srcdir/conf/doorward.conf.5")
failed=0

if [ -z "$rules" ] || [ "$rules" != "$manual" ]; then
	echo "src/config/baseline_rules.c and conf/doorward.conf.5 disagree:"
	printf 'rules:\n%s\nmanual:\n%s\n' "$rules" "$manual"
	failed=1
fi
for option in $rules; do
	if ! grep -q "t.conf[:0-9]*: ${option}[|\"]" "$srcdir/tests/unit/config/baseline.c"; then
		echo "tests/unit/config/baseline.c has no row that deviates in $option"
		failed=1
	fi
done
exit $failed
