/* SPDX-License-Identifier: ISC */
/*
 * The consumer group of one sink: its place in every outbox, and in the stream of what is to be tried again. What was read and
 * not acknowledged is pending; Redis gives it again to who asks for it.
 *
 * A group has one consumer of a fixed name, since one relay at a time is active for a sink (store/lease.h): what its
 * predecessor left pending is its own.
 */
#ifndef STORE_GROUP_H
#define STORE_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "doorward/result.h"
#include "store/keys.h"
#include "store/stream.h"

struct redis_store;

#define GROUP_RETRY KEYS_BUCKETS         /* the number of the stream of what is to be tried again */
#define GROUP_STREAMS (KEYS_BUCKETS + 1) /* the outboxes' numbers are those of their buckets */
#define GROUP_READS_MAX 128              /* streams of one call */

/* Where an entry is. */
struct group_place {
	unsigned stream;
	struct stream_id id;
};

/* One stream to be read. */
struct group_read {
	struct group_place after; /* with ${pending}: behind this one */
	bool pending;             /* what was read before and is not acknowledged; else what is new */
	unsigned count;           /* at most so many */
	enum dw_result result;    /* DW_OK, or as in store.h; DW_ABSENT: the group or the stream is not there */
	size_t got;               /* fewer than ${count}: there is no more at present */
};

/* Called with one entry; ${json} is STR_NONE where the entry is pending and was taken away, or is none of ours. */
typedef void group_entry_fn(void *arg, const struct group_place *at, struct str json);

/* Reads ${n} streams, at most GROUP_READS_MAX, and gives their entries to ${each}, those of one stream in order. */
void group_read(struct redis_store *s, const char *sink, struct group_read *reads, size_t n, group_entry_fn *each, void *arg);

/*
 * Acknowledges the ${n} entries at ${at}, which are sorted on the way. Returns how many at the front of ${at} it could not:
 * the caller keeps those. What lay in the stream of retries is taken out of it.
 */
size_t group_ack(struct redis_store *s, const char *sink, struct group_place *at, size_t n);

/* Makes the group on ${n} streams from ${first} on, where it is not there: before everything that the stream holds. */
enum dw_result group_create(struct redis_store *s, const char *sink, unsigned first, size_t n);

/* Takes the group and all that belongs to the sink out of Redis. ${*found}: there was something. */
enum dw_result group_forget(struct redis_store *s, const char *sink, bool *found);

#endif
