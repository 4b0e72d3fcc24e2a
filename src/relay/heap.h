/* SPDX-License-Identifier: ISC */
/* Deliveries by the time when each is due, those that came first before others of the same time. */
#ifndef RELAY_HEAP_H
#define RELAY_HEAP_H

#include "relay/queue.h"

struct heap {
	size_t n;
	struct sink_delivery *all[QUEUE_MAX];
};

#define HEAP_NOWHERE SIZE_MAX /* ${heap} of a delivery that is in none */

/* There is room, as long as each delivery is put in once. */
void heap_push(struct heap *h, struct sink_delivery *d);

/* Takes ${d} out, which is in it. */
void heap_pull(struct heap *h, struct sink_delivery *d);

/* The first; NULL: it is empty. */
struct sink_delivery *heap_first(const struct heap *h);

/* Those that failed before are due within ${within} ms, in the order in which they would have been, spread over the time. */
void heap_hurry(struct heap *h, int64_t now, int64_t within);

#endif
