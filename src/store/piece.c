/* SPDX-License-Identifier: ISC */
/* One block of memory, as large as is asked for: the arguments of 128 questions would be too large for the stack. */
#include <stdlib.h>

#include <hiredis/hiredis.h>

#include "store/piece.h"

struct piece *
piece_new(size_t most)
{
	size_t n = most < CALLS_MAX ? most : CALLS_MAX;
	struct piece *p = malloc(sizeof(*p) + n * (sizeof(*p->calls) + sizeof(*p->args)));

	if (p == NULL)
		return (NULL);
	p->n = 0;
	p->most = n;
	p->calls = (struct call *)(p + 1);
	p->args = (struct args *)(p->calls + n);
	return (p);
}

void
piece_free(struct piece *p)
{

	if (p != NULL)
		piece_clear(p);
	free(p);
}

struct args *
piece_add(struct piece *p, unsigned bucket)
{
	struct args *a = &p->args[p->n];

	p->calls[p->n++] = (struct call){ .bucket = bucket, .a = a };
	return (a);
}

bool
piece_is_full(const struct piece *p)
{

	return (p->n == p->most);
}

void
piece_ask(struct redis_store *s, struct piece *p)
{

	call_many(s, p->calls, p->n);
}

void
piece_clear(struct piece *p)
{

	for (size_t i = 0; i < p->n; i++)
		freeReplyObject(p->calls[i].reply);
	p->n = 0;
}
