/* SPDX-License-Identifier: ISC */
/*
 * Reads an array reply element by element. The first element that is missing or of another type marks the whole reply as bad;
 * callers read on and ask once at the end.
 */
#include <hiredis/hiredis.h>

#include "store/reply.h"

static const redisReply *
next(struct reply *p)
{

	if (p->bad || p->at >= p->r->elements) {
		p->bad = true;
		return (NULL);
	}
	return (p->r->element[p->at++]);
}

struct reply
reply_open(const struct redisReply *r, size_t min)
{

	return ((struct reply){ .r = r, .bad = r == NULL || r->type != REDIS_REPLY_ARRAY || r->elements < min });
}

struct str
reply_str(struct reply *p)
{
	const redisReply *e = next(p);

	if (e == NULL || e->type == REDIS_REPLY_NIL)
		return (STR_NONE);
	if (e->type != REDIS_REPLY_STRING) {
		p->bad = true;
		return (STR_NONE);
	}
	return ((struct str){ e->str, e->len });
}

int64_t
reply_int(struct reply *p)
{
	const redisReply *e = next(p);

	if (e != NULL && e->type == REDIS_REPLY_INTEGER)
		return (e->integer);
	p->bad = true;
	return (0);
}

void
reply_text(struct reply *p, char *out, size_t cap)
{

	if (!str_copy(out, cap, reply_str(p)))
		p->bad = true;
}

size_t
reply_left(const struct reply *p)
{

	return (p->bad ? 0 : p->r->elements - p->at);
}
