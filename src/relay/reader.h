/* SPDX-License-Identifier: ISC */
/*
 * What one sink is still to be given: reads its consumer group, of every outbox of which something new is known or suspected,
 * into its queue.
 */
#ifndef RELAY_READER_H
#define RELAY_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "relay/acks.h"
#include "relay/queue.h"
#include "store/keys.h"

struct reader;

/* What it works with, all of which the caller keeps. */
struct reader_env {
	struct redis_store *store;
	const char *sink;
	struct queue *queue;
	struct acks *acks; /* of what the sink does not want */
	bool (*wants)(const void *filter, const struct sink_event *e);
	const void *filter;
	int64_t rest; /* ms: so long it waits for more, when it has read all there is */
};

/* NULL: no memory. */
struct reader *reader_new(const struct reader_env *env);
void reader_free(struct reader *r);

/* Begins anew: with what was read before, by whomever, and was not acknowledged, and then with everything that is new. */
void reader_begin(struct reader *r);

/* Something may be new in ${bucket}; in all of them. */
void reader_hint(struct reader *r, unsigned bucket);
void reader_hint_all(struct reader *r);

/* Looks into ${n} outboxes from ${first} on though nobody has heard of anything new there, and into what is to be tried again.
 */
void reader_sweep(struct reader *r, unsigned first, unsigned n);

/* Is it about to read what was read before? What is to be acknowledged would come again if it was not before. */
bool reader_looks_back(const struct reader *r);

/* When there is something to be read and room for it: ms, mono; INT64_MAX: not before a hint, or before there is room. */
int64_t reader_due(const struct reader *r);

/* One bounded piece of it; ${marks}: the outboxes in which it found something. False: Redis could not be asked. */
bool reader_run(struct reader *r, bool marks[KEYS_BUCKETS]);

/* The same of one user of whom there is more in Redis than the queue held. */
bool reader_catch_up(struct reader *r);

#endif
