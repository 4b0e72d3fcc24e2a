/* SPDX-License-Identifier: ISC */
/*
 * One block of memory that is handed out from front to back and given back all at once, at the end of a request. Nothing is
 * freed singly, so nothing can be freed twice or forgotten; the block never grows, which bounds what one request can make us
 * use.
 */
#include <stdint.h>
#include <string.h>

#include "base/arena.h"

#define ALIGN 16

void
arena_init(struct arena *a, void *block, size_t size)
{

	a->block = block;
	a->size = size;
	a->used = 0;
}

/* Rounds up to ALIGN; the first comparison catches the wrap-around of a size near SIZE_MAX. */
void *
arena_alloc(struct arena *a, size_t n)
{
	size_t need = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	void *p;

	if (need < n || need > a->size - a->used)
		return (NULL);
	p = a->block + a->used;
	a->used += need;
	memset(p, 0, need);
	return (p);
}

char *
arena_strdup(struct arena *a, struct str s)
{
	char *p;

	if (s.len == SIZE_MAX || (p = arena_alloc(a, s.len + 1)) == NULL)
		return (NULL);
	if (s.len > 0)
		memcpy(p, s.p, s.len);
	return (p);
}

/* Passwords and tokens were copied here, so what was used is wiped before it is used again. */
void
arena_rewind(struct arena *a, size_t used)
{

	explicit_bzero(a->block + used, a->used - used);
	a->used = used;
}

void
arena_reset(struct arena *a)
{

	arena_rewind(a, 0);
}
