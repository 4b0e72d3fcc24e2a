#!/bin/bash
# SPDX-License-Identifier: ISC
# The completions for bash and zsh offer what the programs that were just built know, and nothing at places where a name is due.
# shellcheck disable=SC2317,SC1091  # functions called by name, and the file under test
set -u

srcdir=$(cd "${srcdir:-.}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for name in doorward doorwardctl; do
	printf '#!/bin/sh\nexec "%s/%s" "$@"\n' "$PWD" "$name" >"$work/$name"
	chmod +x "$work/$name"
done
PATH=$work:$PATH
failed=0

# What is offered after these words, the last of which is being typed.
in_bash() {
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
	"_$1"
	echo "${COMPREPLY[*]}"
}

# The real function in a real zsh; only the editor's own part is replaced by one that prints.
in_zsh() {
	zsh -f -c 'src=$1; shift
		compadd() { while [[ $1 == -[a-z-]* && $1 != -- ]]; do if [[ $1 == -a ]]; then set -- -- ${(P)2}; break; fi; shift; done
			[[ $1 == -- ]] && shift
			print -r -- ${(o)${(M)@:#${PREFIX}*}} }
		_files() { print files }
		complete_it() { local service=$1; local -a words=("$@"); local CURRENT=$# PREFIX=${@[$#]}; source $src }
		complete_it "$@"' zsh "$srcdir/contrib/completion/_doorward" "$@"
}

expect() { # offered words…
	local wanted=$1 got
	shift
	for shell in "${shells[@]}"; do
		got=$("in_$shell" "$@")
		if [ "$got" != "$wanted" ]; then
			echo "$shell: after '$*' it offers '$got', not '$wanted'"
			failed=1
		fi
	done
}

shells=(bash)
# shellcheck source=contrib/completion/doorward.bash
. "$srcdir/contrib/completion/doorward.bash"
if command -v zsh >/dev/null; then shells+=(zsh); fi

expect "kick list show" doorwardctl session ""
expect "list" doorwardctl session l
expect "user userdb" doorwardctl us
expect "list" doorwardctl -c /some/file session li
expect "--json --limit --user" doorwardctl session list --
expect "--json" doorwardctl user show alice --
expect "" doorwardctl user show alice ""
expect "--strict" doorward --s
exit $failed
