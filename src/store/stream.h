/* SPDX-License-Identifier: ISC */
/* Entries of Redis' streams, each [id, [name, value, …]]; and their ids. */
#ifndef STORE_STREAM_H
#define STORE_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "store/args.h"

struct redisReply;

/* Of one stream they only grow. */
struct stream_id {
	uint64_t ms, seq;
};

/* As qsort() wants it. */
int stream_id_compare(const struct stream_id *a, const struct stream_id *b);

/* The one right before: what is read behind it begins with ${id}. */
struct stream_id stream_id_before(struct stream_id id);

/* Appends ${before}, "" or "(", and the id: "1700000000000-3". */
void stream_id_put(struct args *a, const char *before, struct stream_id id);

/* The id of the entry ${r}, and what it holds: an array, or nil where it was taken away. NULL: ${r} is no entry. */
const struct redisReply *stream_entry(const struct redisReply *r, struct stream_id *id);

/* The value of the field ${name} of what stream_entry() returned; STR_NONE: there is none, or it is no text. */
struct str stream_field(const struct redisReply *fields, const char *name);

#endif
