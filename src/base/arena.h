/* SPDX-License-Identifier: ISC */
/*
 * One request's memory: a fixed block handed out from the front and taken back whole. Nothing is freed singly. Running
 * out is reported as NULL; the request is then answered with an error, and the next one starts with an empty arena.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/str.h"

struct arena {
	char *block;
	size_t size;
	size_t used;
};

/* Makes ${a} hand out the ${size} bytes at ${block}, which the caller owns and keeps alive. */
void arena_init(struct arena *a, void *block, size_t size);

/* Returns ${n} zeroed bytes aligned for any type, or NULL if they are not there. */
void *arena_alloc(struct arena *a, size_t n);

/* Returns a NUL-terminated copy of ${s} in the arena, or NULL. */
char *arena_strdup(struct arena *a, struct str s);

/* Wipes and takes back what was handed out since ${a}->used was ${used}. */
void arena_rewind(struct arena *a, size_t used);

/* Wipes what was handed out (bodies hold passwords) and starts over. */
void arena_reset(struct arena *a);

#endif
