#!/bin/sh
# SPDX-License-Identifier: ISC
# The systemd units: without errors, and exposed no more than was decided.
set -eu

srcdir=${srcdir:-.}
most=1.5 # of 10, as systemd-analyze security counts
command -v systemd-analyze >/dev/null 2>&1 || exit 77

said=$(systemd-analyze security --offline=true "$srcdir/conf/doorward.service" 2>/dev/null | tail -n 1) || exit 77
score=$(printf '%s\n' "$said" | sed -n 's/.*doorward.service: \([0-9.]*\).*/\1/p')
[ -n "$score" ] || exit 77
if ! awk "BEGIN { exit !($score <= $most) }"; then
	echo "conf/doorward.service scores $score, at most $most was decided"
	exit 1
fi
