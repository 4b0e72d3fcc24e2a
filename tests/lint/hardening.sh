#!/bin/sh
# SPDX-License-Identifier: ISC
# The programs as they were linked: position independent, with full RELRO, without an executable stack.
set -eu

command -v readelf >/dev/null 2>&1 || exit 77
failed=0

for program in doorward doorwardctl; do
	[ -f "$program" ] || exit 77 # not built here
	said=$(readelf -Whdl "$program")
	for sign in 'Type: *DYN' 'GNU_RELRO' 'BIND_NOW' 'GNU_STACK .* RW '; do
		printf '%s\n' "$said" | grep -qE "$sign" && continue
		echo "$program: no $sign"
		failed=1
	done
done
exit "$failed"
