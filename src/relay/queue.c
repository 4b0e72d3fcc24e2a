/* SPDX-License-Identifier: ISC */
/*
 * A list a user, in a table by user and stream; and a heap (heap.c) of the first event of each list that is not under way, by
 * the time when it is due. Events that wait for their turn behind another of their user are in no heap, so a receiver that
 * hangs for one user costs the others nothing.
 *
 * A user with QUEUE_USER_MAX events here is "behind" when one more comes: that one and all later ones are refused, so that
 * none of them overtakes another, and the place of the first is kept. When half of his events are gone he is read from there.
 *
 * What belongs to no user is ordered by the name that was tried, else by its outbox.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "doorward/session.h"

#include "relay/heap.h"

#include "relay/queue.h"

#define TABLE 1024
#define FIRST_RETRY 1000 /* ms */

struct queue_user {
	struct queue_user *link;    /* in the table */
	struct queue_user *waiting; /* in the list of those behind */
	struct sink_delivery *first, *last;
	size_t n;
	unsigned stream;
	bool behind;
	struct group_place after; /* with that: where to go on */
	char name[USERNAME_MAX + 2];
};

struct queue {
	void *owner;
	int64_t retry_max;
	size_t n, flying;
	uint64_t serial;
	struct queue_user *behind; /* the list of those, in no order */
	struct queue_user *table[TABLE];
	struct heap heap;
};

struct queue *
queue_new(void *owner, int64_t retry_max)
{
	struct queue *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return (NULL);
	q->owner = owner;
	q->retry_max = retry_max;
	return (q);
}

static size_t
slot_of(unsigned stream, const char *name)
{

	return ((str_hash(STR_HASH ^ stream, name, strlen(name)) >> 8) % TABLE);
}

/* What orders the event: a user's id, else "=" and a name, which no id begins with, else nothing. */
static void
name_of(const struct sink_event *e, char out[USERNAME_MAX + 2])
{

	out[0] = '\0';
	if (e->user_id != NULL)
		(void)str_copy(out, USERNAME_MAX + 2, str_of(e->user_id));
	else if (e->username != NULL && str_copy(out + 1, USERNAME_MAX + 1, str_of(e->username)))
		out[0] = '=';
}

/* The user of ${e} in ${stream}; NULL: there is none, and no memory to ${make} one. */
static struct queue_user *
user_of(struct queue *q, unsigned stream, const struct sink_event *e, bool make)
{
	char name[USERNAME_MAX + 2];
	struct queue_user *u;
	size_t slot;

	name_of(e, name);
	slot = slot_of(stream, name);
	for (u = q->table[slot]; u != NULL; u = u->link)
		if (u->stream == stream && strcmp(u->name, name) == 0)
			return (u);
	if (!make || (u = calloc(1, sizeof(*u))) == NULL)
		return (NULL);
	u->stream = stream;
	memcpy(u->name, name, sizeof(name));
	u->link = q->table[slot];
	q->table[slot] = u;
	return (u);
}

/* One of whom nothing is here, and nothing elsewhere, is forgotten. */
static void
release(struct queue *q, struct queue_user *u)
{
	struct queue_user **at = &q->table[slot_of(u->stream, u->name)];

	if (u->n > 0 || u->behind)
		return;
	while (*at != u)
		at = &(*at)->link;
	*at = u->link;
	free(u);
}

size_t
queue_room(const struct queue *q)
{

	return (QUEUE_MAX - q->n);
}

static bool
holds(const struct queue_user *u, const struct group_place *at)
{

	for (const struct sink_delivery *d = u->first; d != NULL; d = d->next)
		if (stream_id_compare(&d->place.id, &at->id) == 0)
			return (true);
	return (false);
}

/* At the end of his list. False: no memory. */
static bool
append(struct queue *q, struct queue_user *u, const struct group_place *at, struct sink_event *e, int64_t now)
{
	struct sink_delivery *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return (false);
	*d = (struct sink_delivery){
		.owner = q->owner, .event = e, .place = *at, .user = u, .due = now, .serial = q->serial++, .heap = HEAP_NOWHERE
	};
	if (u->last != NULL)
		u->last->next = d;
	else
		u->first = d;
	u->last = d;
	u->n++;
	q->n++;
	if (u->first == d)
		heap_push(&q->heap, d);
	return (true);
}

static void
fall_behind(struct queue *q, struct queue_user *u, const struct group_place *at)
{

	u->after = (struct group_place){ at->stream, stream_id_before(at->id) };
	if (u->behind)
		return;
	u->behind = true;
	u->waiting = q->behind;
	q->behind = u;
}

/* To a user who is not behind, or is just being caught up with. */
static enum queue_answer
give(struct queue *q, struct queue_user *u, const struct group_place *at, struct sink_event *e, int64_t now)
{

	if (u->n < QUEUE_USER_MAX && q->n < QUEUE_MAX && append(q, u, at, e, now))
		return (QUEUE_TAKEN);
	fall_behind(q, u, at);
	free(e);
	return (QUEUE_LATER);
}

enum queue_answer
queue_offer(struct queue *q, const struct group_place *at, struct sink_event *e, int64_t now)
{
	struct queue_user *u = user_of(q, at->stream, e, true);

	if (u != NULL && !u->behind && !holds(u, at))
		return (give(q, u, at, e, now));
	free(e);
	if (u == NULL)
		return (QUEUE_NO_MEMORY);
	return (holds(u, at) ? QUEUE_KNOWN : QUEUE_LATER);
}

enum queue_answer
queue_offer_behind(struct queue *q, struct queue_user *u, const struct group_place *at, struct sink_event *e, int64_t now)
{

	if (user_of(q, at->stream, e, false) == u && !holds(u, at))
		return (give(q, u, at, e, now));
	free(e);
	return (QUEUE_KNOWN);
}

struct queue_user *
queue_behind(struct queue *q, struct group_place *after)
{

	for (struct queue_user *u = q->behind; u != NULL && queue_room(q) >= QUEUE_USER_MAX; u = u->waiting)
		if (u->n <= QUEUE_USER_MAX / 2) {
			*after = u->after;
			return (u);
		}
	return (NULL);
}

void
queue_still_behind(struct queue *q, struct queue_user *u, const struct group_place *after)
{

	(void)q;
	u->after = *after;
}

static void
unlist(struct queue *q, struct queue_user *u)
{
	struct queue_user **at = &q->behind;

	while (*at != u)
		at = &(*at)->waiting;
	*at = u->waiting;
	u->behind = false;
}

void
queue_caught_up(struct queue *q, struct queue_user *u)
{

	unlist(q, u);
	release(q, u);
}

struct sink_delivery *
queue_next(struct queue *q, int64_t now)
{
	struct sink_delivery *d = heap_first(&q->heap);

	if (d == NULL || d->due > now)
		return (NULL);
	heap_pull(&q->heap, d);
	d->flying = true;
	q->flying++;
	return (d);
}

static void
land(struct queue *q, struct sink_delivery *d)
{

	q->flying -= d->flying;
	d->flying = false;
}

void
queue_put_back(struct queue *q, struct sink_delivery *d)
{

	land(q, d);
	heap_push(&q->heap, d);
}

/* Takes the first of a list out of it. */
static void
take_out(struct queue *q, struct sink_delivery *d)
{
	struct queue_user *u = d->user;

	if (d->heap != HEAP_NOWHERE)
		heap_pull(&q->heap, d);
	u->first = d->next;
	if (u->first == NULL)
		u->last = NULL;
	u->n--;
	q->n--;
	free(d->event);
	free(d);
}

void
queue_done(struct queue *q, struct sink_delivery *d, int64_t now)
{
	struct queue_user *u = d->user;

	land(q, d);
	take_out(q, d);
	if (u->first != NULL) {
		u->first->due = now;
		heap_push(&q->heap, u->first);
	}
	release(q, u);
}

/* Nine tenths to eleven tenths of it, but never more than the most. */
static int64_t
jittered(int64_t ms, int64_t most, unsigned chance)
{

	ms = ms * 9 / 10 + ms * (int64_t)(chance % 1024) / (1024 * 5);
	return (ms < most ? ms : most);
}

void
queue_retry(struct queue *q, struct sink_delivery *d, int64_t now, unsigned chance)
{
	int64_t pause = FIRST_RETRY;

	for (unsigned i = 0; i < d->attempts && pause < q->retry_max; i++)
		pause *= 2;
	if (d->attempts < UINT32_MAX)
		d->attempts++;
	land(q, d);
	d->due = now;
	if (!d->dying)
		d->due += jittered(pause < q->retry_max ? pause : q->retry_max, q->retry_max, chance);
	heap_push(&q->heap, d);
}

/* Spread over the time: the sink may be only just well. */
void
queue_hurry(struct queue *q, int64_t now, int64_t within)
{

	heap_hurry(&q->heap, now, within);
}

int64_t
queue_due(const struct queue *q)
{
	const struct sink_delivery *first = heap_first(&q->heap);

	return (first != NULL ? first->due : INT64_MAX);
}

size_t
queue_flying(const struct queue *q)
{

	return (q->flying);
}

/* All but the one that is under way, which is the first if there is one. */
static void
drop_user(struct queue *q, struct queue_user *u)
{
	struct sink_delivery *d = u->first, *rest;

	if (d != NULL && !d->flying) {
		take_out(q, d);
		drop_user(q, u);
		return;
	}
	rest = d == NULL ? NULL : d->next;
	if (d != NULL)
		d->next = NULL;
	u->last = d;
	for (struct sink_delivery *next; rest != NULL; rest = next) {
		next = rest->next;
		u->n--;
		q->n--;
		free(rest->event);
		free(rest);
	}
}

void
queue_drop(struct queue *q)
{
	struct queue_user *u, *next;

	while (q->behind != NULL)
		unlist(q, q->behind);
	for (size_t i = 0; i < TABLE; i++)
		for (u = q->table[i]; u != NULL; u = next) {
			next = u->link;
			drop_user(q, u);
			release(q, u);
		}
}

void
queue_free(struct queue *q)
{
	struct queue_user *u, *next;

	if (q == NULL)
		return;
	for (size_t i = 0; i < TABLE; i++)
		for (u = q->table[i]; u != NULL; u = next) {
			next = u->link;
			if (u->first != NULL)
				land(q, u->first);
		}
	queue_drop(q);
	free(q);
}
