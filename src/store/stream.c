/* SPDX-License-Identifier: ISC */
/* Reads what XREAD, XREADGROUP and XRANGE answer. Whatever does not look like an entry is none: Redis is not trusted to be
 * ours. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "store/stream.h"

#define TEXT_MAX 43 /* a parenthesis, two numbers of 64 bits, a hyphen, the terminator */

int
stream_id_compare(const struct stream_id *a, const struct stream_id *b)
{

	if (a->ms != b->ms)
		return (a->ms < b->ms ? -1 : 1);
	return (a->seq < b->seq ? -1 : a->seq > b->seq);
}

struct stream_id
stream_id_before(struct stream_id id)
{

	if (id.seq > 0)
		return ((struct stream_id){ id.ms, id.seq - 1 });
	return (id.ms > 0 ? (struct stream_id){ id.ms - 1, UINT64_MAX } : id);
}

void
stream_id_put(struct args *a, const char *before, struct stream_id id)
{
	char text[TEXT_MAX];
	int n = snprintf(text, sizeof(text), "%s%" PRIu64 "-%" PRIu64, before, id.ms, id.seq);

	args_copy(a, text, (size_t)n);
}

static bool
read_id(struct str text, struct stream_id *out)
{
	struct str ms = str_cut(&text, '-');

	return (str_to_u64(ms, UINT64_MAX, &out->ms) && text.p != NULL && str_to_u64(text, UINT64_MAX, &out->seq));
}

static struct str
text_of(const redisReply *r)
{

	return (r->type == REDIS_REPLY_STRING ? (struct str){ r->str, r->len } : STR_NONE);
}

const redisReply *
stream_entry(const redisReply *r, struct stream_id *id)
{

	if (r->type != REDIS_REPLY_ARRAY || r->elements != 2 || !read_id(text_of(r->element[0]), id))
		return (NULL);
	return (r->element[1]);
}

struct str
stream_field(const redisReply *fields, const char *name)
{

	for (size_t i = 0; fields->type == REDIS_REPLY_ARRAY && i + 1 < fields->elements; i += 2)
		if (str_is(text_of(fields->element[i]), name))
			return (text_of(fields->element[i + 1]));
	return (STR_NONE);
}
