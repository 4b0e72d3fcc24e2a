/* SPDX-License-Identifier: ISC */
/*
 * What one sink has been given to deliver and has not delivered: in order within one user, of whom one event at a time is under
 * way, many users at once. Memory is bounded: so many events in all, and so many of one user; what has no room stays in Redis,
 * and it is kept in mind of whom there is more.
 *
 * No clock, no input or output: the caller says what time it is.
 */
#ifndef RELAY_QUEUE_H
#define RELAY_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doorward/sink.h"
#include "store/group.h"
#include "store/sink_numbers.h"

#define QUEUE_MAX 4096    /* events held for a sink */
#define QUEUE_USER_MAX 32 /* of these, of one user */

struct queue;
struct queue_user;

/* One event on its way. */
struct sink_delivery {
	void *owner; /* the caller's */
	struct sink_event *event;
	struct group_place place;
	unsigned attempts;              /* that failed */
	bool dying;                     /* to the dead letters with it, and not to the sink */
	char error[SINK_ERROR_MAX + 1]; /* of the last try */
	/* the queue's own */
	struct queue_user *user;
	struct sink_delivery *next;
	int64_t due;
	uint64_t serial;
	size_t heap; /* its place in relay/heap.h */
	bool flying;
};

enum queue_answer {
	QUEUE_TAKEN,    /* the event is the queue's now */
	QUEUE_KNOWN,    /* it holds it already */
	QUEUE_LATER,    /* no room for more of this user: it is to be asked for again, see queue_behind() */
	QUEUE_NO_MEMORY /* nor any to keep that in mind: it is to be read again */
};

/* NULL: out of memory. ${retry_max}: ms. */
struct queue *queue_new(void *owner, int64_t retry_max);
void queue_free(struct queue *q);

/* Events that still have room. */
size_t queue_room(const struct queue *q);

/* Offers ${e}, which was found at ${at}. It is freed unless the answer is TAKEN. */
enum queue_answer queue_offer(struct queue *q, const struct group_place *at, struct sink_event *e, int64_t now);

/* The next event to be delivered: from now on under way. NULL: none is due. */
struct sink_delivery *queue_next(struct queue *q, int64_t now);

/* Could not be taken by the sink just now: the first to be tried again. */
void queue_put_back(struct queue *q, struct sink_delivery *d);

/* Is over, delivered or dead: it is freed, and the user's next one follows. */
void queue_done(struct queue *q, struct sink_delivery *d, int64_t now);

/*
 * Failed: again in a second, doubled by each failure, at most retry_max; ${chance} 0 to 1023 makes it a little sooner or later.
 * One that is dying: at once. */
void queue_retry(struct queue *q, struct sink_delivery *d, int64_t now, unsigned chance);

/* The sink works again: what waits for another try is tried within ${within} ms. */
void queue_hurry(struct queue *q, int64_t now, int64_t within);

/* When queue_next() has something, INT64_MAX if never. */
int64_t queue_due(const struct queue *q);

/* Events under way. */
size_t queue_flying(const struct queue *q);

/* Forgets everything that is not under way: it is in Redis. */
void queue_drop(struct queue *q);

/*
 * A user of whom there is more in Redis, and room again: what is pending behind ${*after} is to be read. The caller offers with
 * queue_offer_behind() what he finds there, then calls queue_caught_up() if he came to the end, or says by queue_still_behind()
 * how far. NULL: none.
 */
struct queue_user *queue_behind(struct queue *q, struct group_place *after);
enum queue_answer queue_offer_behind(
    struct queue *q, struct queue_user *u, const struct group_place *at, struct sink_event *e, int64_t now);
void queue_still_behind(struct queue *q, struct queue_user *u, const struct group_place *after);
void queue_caught_up(struct queue *q, struct queue_user *u);

#endif
