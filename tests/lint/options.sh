#!/bin/sh
# SPDX-License-Identifier: ISC
# The sample file and the manual page name every option of src/config/table.c, in its order and with its default, and
# nothing else; the sample also says what each is for in the words of the table.
set -eu

srcdir=${srcdir:-.}
sample=$srcdir/conf/doorward.conf
manual=$srcdir/conf/doorward.conf.5
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tab=$(printf '\t')

# name, default, comment of every option in the sample, commented out or not
read_sample() {
	awk '
	/^[a-z_]+: \{$/ { group = $1; sub(":", ".", group); doc = ""; next }
	/^[a-z]+ = \($/ { group = $1 "[]."; doc = ""; next }
	/^[})];$|^$/ { if ($0 != "") group = ""; doc = ""; next }
	{ line = $0; gsub(/^[#\t ]+/, "", line) }
	line ~ /^[a-z0-9_]+ = .*;$/ {
		name = group line; sub(/ = .*/, "", name)
		value = line; sub(/^[a-z0-9_]+ = /, "", value); sub(/;$/, "", value)
		if (name == "clients[].id" || name == "sinks[].name" || name == "sinks[].type" || name ~ /^alerts\[\]\.(name|event|count)$/)
			value = "-" # a row has to say it
		printf "%s\t%s\t%s\n", name, value, doc
		doc = ""
		next
	}
	line ~ /^[{}]/ { doc = ""; next }
	{ doc = doc (doc == "" ? "" : " ") line }' "$sample"
}

read_manual() {
	sed -n -e 's/\\&//g' -e 's/\\(dq/"/g' -e 's/^\.It Ic //p' "$manual" |
	    awk '{ name = $1; sub(/^[^ ]+/, ""); sub(/^ = /, ""); printf "%s\t%s\n", name, $0 == "" ? "-" : $0 }'
}

failed=0
compare() {
	if ! diff -u "$2" "$3" >"$work/diff"; then
		echo "$1 and src/config/table.c disagree (-: the table, +: the file):"
		sed 1,2d "$work/diff"
		failed=1
	fi
}

./tests/lint/optiontable >"$work/table"
cut -d "$tab" -f 1,2 "$work/table" >"$work/defaults"
read_sample >"$work/sample"
read_manual >"$work/manual"
compare conf/doorward.conf "$work/table" "$work/sample"
compare conf/doorward.conf.5 "$work/defaults" "$work/manual"

if command -v mandoc >/dev/null 2>&1; then
	# Our own other pages are not installed yet.
	mandoc -T lint -W style "$manual" >"$work/lint" 2>&1 || true
	if grep -v -e 'referenced manual not found' -e 'outdated mandoc.db' "$work/lint"; then
		failed=1
	fi
fi
exit $failed
