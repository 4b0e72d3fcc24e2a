/* SPDX-License-Identifier: ISC */
/* From what the server says of the address to the path that is routed: decoded once, normalised once, without the mount. */
#ifndef HTTP_PATH_H
#define HTTP_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/*
 * Writes the routed path to ${out} of ${cap} bytes. ${route} (DOORWARD_ROUTE), if present, is taken as it is; else
 * ${script}${info}, which servers have decoded already; else the path of ${uri}, which is decoded here. "." and ".." segments
 * and doubled slashes are resolved; a NUL, a control character, a backslash, a malformed escape or a climb above the root leave
 * no path at all: false, which is 404. The address of RFC 8414
 * section 3.1, with the mount at its end, is that of the same document below the mount.
 */
bool path_route(struct str route, struct str script, struct str info, struct str uri, const char *mount, char *out, size_t cap);

#endif
