#!/bin/sh
# SPDX-License-Identifier: ISC
# Which folder may know which: dependencies point one way, from main to base, as the table in src/README says. Also: a file includes
# its own header last, so that no header leans on what stands before it, and every header compiles alone. What kinds of user database
# there are is known to src/userdb only, to the header that documents the setting and to the table of options.
set -eu

srcdir=${srcdir:-.}
failed=0

# Lists the sources of the tree by their path below ${srcdir}.
sources() {
	(cd "$srcdir" && find src include -name "$1" -print) | LC_ALL=C sort
}

check_directions() {
	# shellcheck disable=SC2016 # the dollars are those of awk
	sources '*.[ch]' | (cd "$srcdir" && xargs awk '
	function allow(folder, list,   n, i, names) {
		known[folder] = 1
		n = split(list, names, " ")
		for (i = 1; i <= n; i++)
			allowed[folder, names[i]] = 1
	}
	BEGIN {
		allow("doorward", "base doorward")
		while ((getline line <"src/README") > 0)
			if (line ~ /^\t[a-z]+: +[a-z -]+$/ && split(line, row, ":") == 2) {
				sub(/^\t/, "", row[1])
				allow(row[1], row[1] " doorward " row[2])
			}

		# The kit itself knows processes and nothing of a request; one of its files opens what is below the children.
		n = split("auth/clients.h auth/password.h crypto/keyring.h geo/geo.h store/redis.h", names, " ")
		for (i = 1; i <= n; i++)
			exact["src/child/services.c", names[i]] = 1
		# A process that cannot give up its rights has become a child already: it leaves as children do.
		exact["src/master/spawn.c", "child/outcome.h"] = exact["src/redisd/private_redis.c", "child/outcome.h"] = 1
		# Handlers hand on keys and public session ids; they compute nothing with them.
		allowed["handle", "crypto/keyring.h"] = allowed["handle", "crypto/sid.h"] = 1
		# doorwardctl makes the state of a new machine as the daemon does.
		exact["src/ctl/ctl.c", "state.h"] = exact["src/ctl/userdb.c", "state.h"] = 1
		# The master knows processes, sockets and time, and nothing of a request.
		of_master["doorward/board.h"] = of_master["doorward/config.h"] = of_master["doorward/result.h"] = 1
	}
	function folder_of(path,   part) {
		split(path, part, "/")
		return (part[2])
	}
	function own_header(path,   name, found, line) {
		if (path !~ /^src\/.*\.c$/)
			return ("")
		name = substr(path, 5)
		sub(/\.c$/, ".h", name)
		found = (getline line <("src/" name)) >= 0
		close("src/" name)
		return (found ? name : "")
	}
	function end_file() {
		if (file != "" && (own = own_header(file)) != "" && last != own)
			printf "%s:%d: includes \"%s\" last, not its own header \"%s\"\n", file, last_line, last, own
	}
	FNR == 1 { end_file(); file = FILENAME; last = "nothing"; last_line = 1; folder = folder_of(file) }
	/\.def"|\/rights\.inc"/ { next } # rows in the middle of a table
	/^[ \t]*#[ \t]*include/ {
		last = $0
		sub(/^[^"<]*["<]/, "", last)
		sub(/[">].*/, "", last)
		last_line = FNR
	}
	/^[ \t]*#[ \t]*include[ \t]*"/ {
		target = last
		sub(/\/.*/, "", target)
		if (last == "config.h" || file !~ /^(src\/.*\/|include\/)/)
			next
		if (!(folder in known))
			printf "%s:%d: the folder \"%s\" has no rule in this script\n", file, FNR, folder
		else if ((folder == "master" || folder == "redisd") && (last in of_master))
			next
		else if (!((folder, target) in allowed) && !((folder, last) in allowed) && !((file, last) in exact))
			printf "%s:%d: \"%s\" may not include \"%s\"\n", file, FNR, folder, last
	}
	END { end_file() }')
}

check_headers() {
	sources '*.h' | while read -r header; do
		for skipped in ${LINT_SKIP:-}; do
			case $header in "$skipped"*) continue 2 ;; esac
		done
		# shellcheck disable=SC2086 # the flags are words
		${CC:-cc} -std=c11 -D_GNU_SOURCE -I"$srcdir/src" -I"$srcdir/include" -Isrc ${LINT_CPPFLAGS:-} \
		    -fsyntax-only -x c "$srcdir/$header" 2>&1 | sed "s|^|$header does not compile alone: |"
	done
}

# Another kind is a row of src/userdb/driver.c: nobody else asks which one it is. The spool is no user database: its file is what it is,
# and how both reach their files is in src/base/wal_vfs.c.
check_userdb() {
	(cd "$srcdir" && grep -rniE 'sqlite|postgres|pgsql' src include --include='*.[ch]') |
	    grep -vE '^(src/userdb/|src/spool/|include/doorward/(userdb|config)\.h:|src/config/table\.c:|src/base/wal_vfs\.c:)' | sed 's/$/ (only src\/userdb knows that)/'
}

directions=$(check_directions)
userdb=$(check_userdb || true)
headers=$(check_headers)
for found in "$directions" "$userdb" "$headers"; do
	if [ -n "$found" ]; then
		printf '%s\n' "$found"
		failed=1
	fi
done
exit $failed
