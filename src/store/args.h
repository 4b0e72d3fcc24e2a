/* SPDX-License-Identifier: ISC */
/* The arguments of one command. Bytes are borrowed; numbers and short texts that have no other home are kept in ${mem}. */
#ifndef STORE_ARGS_H
#define STORE_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define ARGS_MAX 64
#define ARGS_MEM                                                                                                               \
	2560 /* an address, a trace id, an id, a name and a reason as JSON, six bytes for each at worst, and a few numbers */

struct args {
	int n;
	const char *v[ARGS_MAX];
	size_t len[ARGS_MAX];
	char mem[ARGS_MEM];
	size_t used;
	bool overflow; /* an argument had no room: the command must not be sent */
};

/* Begins with command ${name}, a literal. */
void args_init(struct args *a, const char *name);

/* Append borrowed bytes; a NUL-terminated string (NULL = ""); a number in decimal; ${s} as a JSON string, null if empty or no
 * UTF-8. */
void args_put(struct args *a, const void *p, size_t n);
void args_text(struct args *a, const char *s);
void args_int(struct args *a, int64_t v);
void args_json(struct args *a, const char *s);

/* Appends a time as RFC 3339. */
void args_time(struct args *a, int64_t t);

/* Appends a copy of ${n} bytes. */
void args_copy(struct args *a, const void *p, size_t n);

#endif
