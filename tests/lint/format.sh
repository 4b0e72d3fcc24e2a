#!/bin/sh
# SPDX-License-Identifier: ISC
# C as .clang-format has it. usage: format.sh [--fix]
set -eu

cd "${srcdir:-$(dirname "$0")/../..}"
command -v clang-format >/dev/null 2>&1 || exit 77
if [ "${1-}" = --fix ]; then
	find src include tests -name '*.[ch]' -exec clang-format -i {} +
fi
find src include tests -name '*.[ch]' -exec clang-format --dry-run -Werror {} +
