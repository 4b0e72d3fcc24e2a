/* SPDX-License-Identifier: ISC */
/* How many events are kept for the relay and for watch --since: a question to every outbox stream, for the operators' process.
 */
#ifndef STORE_OUTBOX_H
#define STORE_OUTBOX_H

#include <stdint.h>

#include "doorward/result.h"

struct redis_store;

struct outbox_lengths {
	uint64_t events;  /* in all outboxes */
	uint64_t longest; /* in one */
};

/* Asks for all of them in a few pipelined pieces: about a millisecond of Redis' time. Results as in store.h. */
enum dw_result outbox_lengths(struct redis_store *s, struct outbox_lengths *out);

#endif
