#!/bin/sh
# SPDX-License-Identifier: ISC
# usage: embed.sh texts|rights FOLDER SESSION.H
#
# texts: prints the scripts that FOLDER/scripts.def lists as C strings, without comments, indentation and empty lines.
# rights: prints what they may need to do in Redis, as rows of the table in FOLDER/look.c.
#
# In a script, a line "--@ NAME" stands for lua/NAME.lua, and S_CREATED for what record.h calls RECORD_S_CREATED, counted from 1 as Lua
# does; END_USER, POLICY_FIXED, SESSION_REMEMBER and the like stand for what doorward/session.h says. "--@ needs COMMAND KEY ARGUMENT…" says that the file calls COMMAND on a key like keys.h's KEYS_LIKE_KEY; "--@ wants FAULT COMMAND …"
# that it can do without, which a look at the server calls LOOK_FAULT. What is missing is an error, and so is a call that no line speaks
# of: a script that lacks a piece would be a valid one that does something else, one that lacks a right would stop half-way.
set -eu

awk -v print_what="$1" -v dir="$2" -v session="$3" '
function fail(why) {
	print "embed.sh: " why > "/dev/stderr"
	failed = 1
	exit 1
}

function offsets(    file, line, n, pair) {
	file = dir "/record.h"
	while ((n = (getline line < file)) > 0)
		while (match(line, /RECORD_[A-Z]_[A-Z]+ = [0-9]+/)) {
			split(substr(line, RSTART + 7, RLENGTH - 7), pair, " = ")
			offset[pair[1]] = pair[2] + 1
			line = substr(line, RSTART + RLENGTH)
		}
	if (n < 0)
		fail("cannot read " file)
}

# The numbers of the domain: members of enums, and flags, which are one hexadecimal digit.
function numbers(    line, n, pair) {
	while ((n = (getline line < session)) > 0)
		if (match(line, /(END|POLICY)_[A-Z]+ = [0-9]+/)) {
			split(substr(line, RSTART, RLENGTH), pair, " = ")
			offset[pair[1]] = pair[2]
		} else if (match(line, /(SESSION|FAMILY)_[A-Z_]+ 0x0[0-9]/)) {
			split(substr(line, RSTART, RLENGTH), pair, " 0x0")
			offset[pair[1]] = pair[2]
		}
	if (n < 0)
		fail("cannot read " session)
}

# The name and the flags of every row.
function scripts(    file, line, n, part) {
	file = dir "/scripts.def"
	while ((n = (getline line < file)) > 0)
		if (line ~ /^SCRIPT\(/) {
			split(line, part, /[(), \t]+/)
			name[++count] = part[3]
			gsub(/"/, "", part[4])
			first[count] = "#!lua" (part[4] == "" ? "" : " flags=" part[4])
		}
	if (n < 0)
		fail("cannot read " file)
	if (count == 0)
		fail("no script in " file)
}

function named(line,    out, word) {
	while (match(line, /[A-Za-z0-9_]+/)) {
		word = substr(line, RSTART, RLENGTH)
		out = out substr(line, 1, RSTART - 1) (word in offset ? offset[word] : word)
		if (word ~ /^([A-Z]|END|POLICY|SESSION|FAMILY)_[A-Z_]+$/ && !(word in offset))
			fail("no header has " word)
		line = substr(line, RSTART + RLENGTH)
	}
	return out line
}

# Keeps one right, the first time it is spoken of: as a row, under its weight and key so that rows of one key stand together.
function need(file, fault, word, from,    command, key, row, i, n) {
	command = word[from]
	row = "\"+" tolower(command) "\", \""
	gsub(/\|/, " ", command)
	row = row command
	key = word[from + 1]
	row = (key == "" ? "NULL, " row "\"" : "KEYS_RULE_" key ", " row " \" KEYS_LIKE_" key)
	for (i = from + 2; i in word; i++)
		row = row " \" " word[i] "\""
	sub(/ .*/, "", command)
	spoken[file, command] = 1
	if (row in known)
		return
	known[row] = 1
	if (!((fault, key) in rows))
		group[++groups] = fault SUBSEP key
	rows[fault, key] = rows[fault, key] "\t{ " row ", LOOK_" fault " },\n"
}

# What the line calls, or asks whether it may.
function calls(file, line) {
	while (match(line, /(call|may|check_cmd)\(\047[A-Z]+/)) {
		line = substr(line, RSTART)
		sub(/^[^\047]*\047/, "", line)
		match(line, /^[A-Z]+/)
		called[file, substr(line, 1, RLENGTH)] = 1
	}
}

function take(name,    file, line, n, word) {
	file = dir "/lua/" name ".lua"
	while ((n = (getline line < file)) > 0) {
		sub(/^[ \t]+/, "", line)
		if (line ~ /^--@ (needs|wants) /) {
			split("", word)
			split(line, word, " ")
			need(name, word[2] == "needs" ? "DENIED" : word[3], word, word[2] == "needs" ? 3 : 4)
		} else if (line ~ /^--@ /) {
			take(substr(line, 5))
		} else if (line != "" && line !~ /^--/) {
			calls(name, line)
			put(named(line))
		}
	}
	if (n < 0)
		fail("cannot read " file)
	close(file)
}

function put(line) {
	gsub(/\\/, "&&", line)
	gsub(/"/, "\\\\&", line)
	text = text "\t\"" line "\\n\"\n"
}

BEGIN {
	offsets()
	numbers()
	scripts()
	for (i = 1; i <= count; i++) {
		text = text "static const char lua_" name[i] "[] =\n"
		put(first[i])
		take(name[i])
		text = text "\t\"\";\n\n"
	}
	for (pair in called)
		if (!(pair in spoken)) {
			sub(SUBSEP, ".lua calls ", pair)
			fail(pair " without a line that it needs to")
		}
	for (pair in spoken)
		if (!(pair in called)) {
			sub(SUBSEP, ".lua needs ", pair)
			fail(pair " and does not call it")
		}
	if (print_what == "texts")
		printf "%s", text
	for (pass = 0; print_what == "rights" && pass < 2; pass++)
		for (i = 1; i <= groups; i++)
			if ((group[i] ~ /^DENIED/) == (pass == 0))
				printf "%s", rows[group[i]]
}

END { exit failed }
'
