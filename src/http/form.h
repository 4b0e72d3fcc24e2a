/* SPDX-License-Identifier: ISC */
/* application/x-www-form-urlencoded: bodies and queries. */
#ifndef HTTP_FORM_H
#define HTTP_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"
#include "doorward/request.h"

#define FORM_FIELDS_MAX 64 /* members of a form; ours have half a dozen */

/* Decodes ${in} ('+' is a space) into the arena. False: malformed escape, NUL, bad UTF-8, or no memory. */
bool form_decode(struct arena *a, struct str in, struct str *out);

/* Parses a whole body into ${*fields}. False: malformed, a name twice, or too many. */
bool form_parse(struct arena *a, struct str body, struct field **fields, size_t *n);

#endif
