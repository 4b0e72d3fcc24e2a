/* SPDX-License-Identifier: ISC */
/* What waits in the outboxes, group by group; and taking away what nobody waits for. */
#ifndef STORE_BACKLOG_H
#define STORE_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doorward/config.h"
#include "doorward/result.h"
#include "store/keys.h"

struct redis_store;

#define BACKLOG_SINKS_MAX 32 /* groups that are told apart: configured ones, and some that were removed */

struct backlog_row {
	char sink[SINK_NAME_MAX + 1];
	uint64_t waiting;
	int64_t oldest; /* when the oldest of these was written, ms since the epoch by Redis' clock; 0 = none waits */
};

struct backlog {
	struct backlog_row rows[BACKLOG_SINKS_MAX];
	size_t n;
};

/*
 * Looks at every outbox, and at the streams of retries of the groups found there: all groups there are, of sinks that were
 * removed too. Some ten milliseconds of Redis' time.
 */
enum dw_result backlog_look(struct redis_store *s, struct backlog *out);

/* Sets in ${has}, which was all false, the outboxes at which the sink ${sink} has a group. */
enum dw_result backlog_places(struct redis_store *s, const char *sink, bool has[KEYS_BUCKETS]);

/* The row of ${sink}, or NULL: there is no such group. */
const struct backlog_row *backlog_find(const struct backlog *b, const char *sink);

/*
 * Takes from the outboxes marked in ${marks}, at most BACKLOG_TRIM_MAX of them from ${*from} on, what every group has
 * acknowledged and is older than ${keep} seconds. ${*from} moves on, to 0 after the last; the mark of one that is empty goes.
 */
#define BACKLOG_TRIM_MAX 128
enum dw_result backlog_trim(struct redis_store *s, int64_t keep, bool marks[KEYS_BUCKETS], unsigned *from);

#endif
