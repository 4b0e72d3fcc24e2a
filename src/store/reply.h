/* SPDX-License-Identifier: ISC */
/* Reading an array reply from front to back. What is not of the expected type or size sets ${bad}, once and for all: check it
 * at the end. */
#ifndef STORE_REPLY_H
#define STORE_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct redisReply;

struct reply {
	const struct redisReply *r;
	size_t at;
	bool bad;
};

/* Starts reading ${r}, which must be an array of at least ${min} elements. */
struct reply reply_open(const struct redisReply *r, size_t min);

/* The next element: a string, STR_NONE for nil; an integer. */
struct str reply_str(struct reply *p);
int64_t reply_int(struct reply *p);

/* The next element copied into ${out} and terminated; nil gives "". */
void reply_text(struct reply *p, char *out, size_t cap);

/* Elements not yet read. */
size_t reply_left(const struct reply *p);

#endif
