/* SPDX-License-Identifier: ISC */
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

void
arena_reset(struct arena *a)
{

	explicit_bzero(a->block, a->used);
	a->used = 0;
}
