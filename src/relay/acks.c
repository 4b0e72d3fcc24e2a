/* SPDX-License-Identifier: ISC */
/* A list of places; store/group.h sorts it by outbox and sends it in few commands. */
#include <stdlib.h>

#include "base/clock.h"
#include "relay/queue.h"

#include "relay/acks.h"

#define ROOM (2 * QUEUE_MAX)
#define GATHER_MS 50
#define MANY 512 /* these are acknowledged at once */

bool
acks_open(struct acks *a)
{

	*a = (struct acks){ .places = calloc(ROOM, sizeof(*a->places)) };
	return (a->places != NULL);
}

void
acks_close(struct acks *a)
{

	free(a->places);
	a->places = NULL;
}

void
acks_add(struct acks *a, const struct group_place *at)
{

	if (a->n == 0)
		a->at = clock_mono_ms() + GATHER_MS;
	if (a->n < ROOM)
		a->places[a->n++] = *at;
}

size_t
acks_room(const struct acks *a)
{

	return (ROOM - a->n);
}

int64_t
acks_due(const struct acks *a)
{

	return (a->n == 0 ? INT64_MAX : a->n >= MANY ? 0 : a->at);
}

bool
acks_send(struct acks *a, struct redis_store *s, const char *sink)
{

	if (a->n > 0)
		a->n = group_ack(s, sink, a->places, a->n);
	return (a->n == 0);
}
