#!/bin/sh
# SPDX-License-Identifier: ISC
# Every source file says at its head, below the licence, what it is for and how it works.
set -eu

srcdir=${srcdir:-.}
failed=0

cd "$srcdir"
for file in $(find src -name '*.c' | LC_ALL=C sort); do
	case $(sed -n 2p "$file") in
	'/*'*) ;;
	*)
		echo "$file: the line below the licence begins no comment that says what the file is for"
		failed=1
		;;
	esac
done
exit "$failed"
