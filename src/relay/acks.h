/* SPDX-License-Identifier: ISC */
/*
 * What one sink has, or does not want, and Redis is to be told of: gathered for a moment and acknowledged together. What is
 * killed meanwhile is delivered twice.
 */
#ifndef RELAY_ACKS_H
#define RELAY_ACKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/group.h"

struct acks {
	struct group_place *places;
	size_t n;
	int64_t at; /* mono, ms; with some: when they are due */
};

/* False: no memory. */
bool acks_open(struct acks *a);
void acks_close(struct acks *a);

/* Adds ${at}. Where there is no room for it, it is forgotten: it will be read again, and delivered twice. */
void acks_add(struct acks *a, const struct group_place *at);
size_t acks_room(const struct acks *a);

/* When they are to be sent; INT64_MAX: there are none. */
int64_t acks_due(const struct acks *a);

/* Acknowledges all of them for ${sink}. False: some were not, and stay. */
bool acks_send(struct acks *a, struct redis_store *s, const char *sink);

#endif
