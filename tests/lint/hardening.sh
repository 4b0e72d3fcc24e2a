#!/bin/sh
# SPDX-License-Identifier: ISC
# The programs as they were linked: position independent, with full RELRO, without an executable stack, with guards on the stack; those
# without sanitizers, which do that themselves, also with the checked forms of functions that copy. So are the modules.
set -eu

command -v readelf >/dev/null 2>&1 || exit 77
[ -f doorward ] || exit 77 # not built here
failed=0

checked='_chk@'
./doorward -V | grep -q 'sanitizers=yes' && checked=__asan_

for program in doorward doorwardctl lib/doorward/*.so; do
	[ -f "$program" ] || continue
	said=$(readelf -Whdl --dyn-syms "$program")
	for sign in 'Type: *DYN' 'GNU_RELRO' 'BIND_NOW' 'GNU_STACK .* RW ' '__stack_chk_fail' "$checked"; do
		printf '%s\n' "$said" | grep -qE "$sign" && continue
		echo "$program: no $sign"
		failed=1
	done
done
exit "$failed"
