#!/bin/sh
# SPDX-License-Identifier: ISC
# contrib/openapi/doorward.yaml is sound, and names every route and every error code of the sources and no others.
set -eu

if ! python3 -c 'import yaml' 2>/dev/null; then
	echo "no python3-yaml here"
	exit 77
fi
exec python3 "${srcdir:-.}/tests/lint/openapi.py" "${srcdir:-.}"
