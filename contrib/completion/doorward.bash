# Completion in bash for doorward and doorwardctl. What can be typed is asked of the programs themselves (--help), so that this
# file knows no command and no option by name.

# The lines of --help that begin with the words typed so far; of each the next word, and the options once a command is whole.
_doorwardctl() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} typed='' i lines words
	COMPREPLY=()
	case $before in
	-c) mapfile -t COMPREPLY < <(compgen -f -- "$word") && return ;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-c) i=$((i + 1)) ;;
		-*) ;;
		*) typed+="${COMP_WORDS[i]} " ;;
		esac
	done
	lines=$(doorwardctl --help 2>/dev/null | sed -n 's/^  \([a-z]\)/\1/p')
	# After a command and its argument, the command alone says what may follow.
	while [ -n "$typed" ] && ! grep -q "^$typed" <<<"$lines " && ! grep -q "^${typed% }\$" <<<"$lines"; do
		typed=${typed% }
		case $typed in *' '*) typed="${typed% *} " ;; *) typed='' ;; esac
	done
	if [[ $word == -* ]]; then
		words=$(grep "^${typed}" <<<"$lines" | grep -oE -e '--[a-z-]+')
		[ -n "$typed" ] || words='-c --help --version'
	else
		words=$(grep "^${typed}" <<<"$lines" | sed "s/^${typed}//" | awk '$1 ~ /^[a-z][a-z-]*$/ { print $1 }')
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word" | sort -u)
}

_doorward() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	if [ "$before" = -c ]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
	fi
	mapfile -t COMPREPLY < <(compgen -W "$(doorward --help 2>/dev/null | grep -oE -e '(^|[ [|])--?[A-Za-z0-9][a-z-]*' | tr -d ' [|')" -- "$word" | sort -u)
}

complete -F _doorwardctl doorwardctl
complete -F _doorward doorward
