#!/bin/sh
# SPDX-License-Identifier: ISC
# Prints the scripts in the folder $1 as C strings, without comments, indentation and empty lines.
#
# In a script, a line "--@ NAME" stands for NAME.lua, and S_CREATED for what the header $2 calls RECORD_S_CREATED, counted from 1 as Lua
# does. What is missing is an error: a script that lacks a piece would be a valid one that does something else.
set -eu

awk -v dir="$1" -v header="$2" '
function fail(why) {
	print "embed.sh: " why > "/dev/stderr"
	failed = 1
	exit 1
}

function offsets(    line, n) {
	while ((n = (getline line < header)) > 0)
		while (match(line, /RECORD_[A-Z]_[A-Z]+ = [0-9]+/)) {
			split(substr(line, RSTART + 7, RLENGTH - 7), pair, " = ")
			offset[pair[1]] = pair[2] + 1
			line = substr(line, RSTART + RLENGTH)
		}
	if (n < 0)
		fail("cannot read " header)
}

function named(line,    out, name) {
	while (match(line, /[A-Za-z0-9_]+/)) {
		name = substr(line, RSTART, RLENGTH)
		out = out substr(line, 1, RSTART - 1) (name in offset ? offset[name] : name)
		if (name ~ /^[A-Z]_[A-Z]+$/ && !(name in offset))
			fail("no field has the offset " name)
		line = substr(line, RSTART + RLENGTH)
	}
	return out line
}

function put(name,    file, line, n) {
	file = dir "/" name ".lua"
	while ((n = (getline line < file)) > 0) {
		sub(/^[ \t]+/, "", line)
		if (line ~ /^--@ /) {
			put(substr(line, 5))
		} else if (line != "" && line !~ /^--/) {
			line = named(line)
			gsub(/\\/, "&&", line)
			gsub(/"/, "\\\\&", line)
			print "\t\"" line "\\n\""
		}
	}
	if (n < 0)
		fail("cannot read " file)
	close(file)
}

BEGIN {
	offsets()
	count = split("login end rotate touch revoke notify prune groups probe", scripts, " ")
	for (i = 1; i <= count; i++) {
		print "static const char lua_" scripts[i] "[] ="
		put(scripts[i])
		print "\t\"\";\n"
	}
}

END { exit failed }
'
