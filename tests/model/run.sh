#!/bin/sh
# SPDX-License-Identifier: ISC
# Checks the models beside it with Spin: each as it is, which must show no fault and reach every statement; then with each of the
# rules left out that its head lists as "MUTATION", which must show one, or the model could not fail. usage: run.sh [MODEL...]
set -eu

dir=$(cd "$(dirname "$0")" && pwd)
command -v spin >/dev/null || { echo "skipped: there is no spin"; exit 77; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
failed=0

# Prints what was found in model ${1}, compiled with ${2}; the rest are arguments of spin.
explore() {
	model=$1 optimise=$2
	shift 2
	rm -rf "$tmp/pan" && mkdir "$tmp/pan" && cd "$tmp/pan"
	spin -a "$@" "$dir/$model.pml" && ${CC:-cc} "$optimise" -w -DSAFETY -DCOLLAPSE -DMEMLIM=1024 -o pan pan.c && ./pan -m100000
}

complain() {
	echo "$*"
	sed -n '/^pan:[0-9]*:/p; /^spin:/p; /error/p' "$tmp/out"
	failed=1
}

# Explored to the end, without a fault, and nothing but the ends of processes that have none was not reached.
check_model() {
	explore "$1" -O1 >"$tmp/out" || true
	states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' "$tmp/out")
	if ! grep -q ' errors: 0$' "$tmp/out" || grep -q 'search not completed\|max search depth too small' "$tmp/out"; then
		complain "$1: a fault, or too much to explore"
	elif grep 'state [0-9]*, "' "$tmp/out" | grep -v -e '"-end-"'; then
		complain "$1: this is never reached"
	else
		echo "$1: no fault in $states states, $(sed -n 's/^pan: elapsed time //p' "$tmp/out")"
	fi
}

check_mutation() {
	explore "$1" -O0 "-D$2" >"$tmp/out" || true
	if grep -q ' errors: 1$' "$tmp/out"; then
		echo "$1 with $2: $(sed -n 's/^pan:[0-9]*: //p' "$tmp/out" | head -n 1)"
	else
		complain "$1 with $2: no fault is found, though a rule was left out"
	fi
}

# What a model can find is shown where it is changed, in a clone; what is unpacked from a tarball has not changed it.
check() {
	check_model "$1"
	[ -e "$dir/../../.git" ] || return 0
	sed -n 's/^ \* MUTATION \([A-Z_]*\).*/\1/p' "$dir/$1.pml" >"$tmp/mutations"
	while read -r mutation; do
		check_mutation "$1" "$mutation"
	done <"$tmp/mutations"
}

if [ "$#" -gt 0 ]; then
	for one in "$@"; do
		check "$one"
	done
else
	for file in "$dir"/*.pml; do
		check "$(basename "$file" .pml)"
	done
fi
exit "$failed"
