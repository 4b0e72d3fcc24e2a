/* SPDX-License-Identifier: ISC */
/*
 * An outbox is dirty when something may be new in it: by a hint, by a sweep, or because there was more than was asked for. A
 * sweep is to find nothing; where it does, a hint was lost, as others may have been, and everything is looked through. What
 * was read and is not acknowledged is "pending" in Redis. It is read again, before anything new of that outbox, when the sink's
 * lease is taken, and after an answer of Redis that was lost: it may have named events as read that nobody here has seen.
 *
 * One turn asks for many outboxes in one piece, going round, and for so many entries of each that all have room: what Redis has
 * given must not be forgotten. When nothing more is known of, it may rest for a moment, so that of many events in a row several
 * are read together; the first one after a while is read at once.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "relay/event.h"
#include "store/redis.h"

#include "relay/reader.h"

#define READ_MAX 2048 /* entries in one turn */
#define LATE_MS 2000
#define PAGE 128 /* pending entries read at a time for a user who is behind */

struct outbox {
	bool dirty;               /* something may be new */
	bool told;                /* with that: and that would be no wonder */
	bool pending;             /* what was read before is to be read again first */
	bool missed;              /* for want of memory an entry of the last answer, with all that follow it there */
	struct group_place after; /* behind this one */
};

struct reader {
	struct reader_env env;
	bool *marks;           /* of the turn */
	unsigned next;         /* where the next turn begins to look */
	int64_t rest_until;    /* mono, ms: nothing new is read before */
	size_t dirty, pending; /* outboxes */
	struct outbox outboxes[GROUP_STREAMS];
};

struct reader *
reader_new(const struct reader_env *env)
{
	struct reader *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return (NULL);
	r->env = *env;
	reader_begin(r);
	return (r);
}

void
reader_free(struct reader *r)
{

	free(r);
}

static void
set_dirty(struct reader *r, struct outbox *o, bool dirty)
{

	r->dirty += (size_t)dirty - (size_t)o->dirty;
	o->dirty = dirty;
}

static void
set_pending(struct reader *r, struct outbox *o, bool pending)
{

	r->pending += (size_t)pending - (size_t)o->pending;
	o->pending = pending;
}

/* What was read of ${o}, or should have been, is read again. */
static void
look_back(struct reader *r, struct outbox *o)
{

	set_dirty(r, o, true);
	set_pending(r, o, true);
	o->told = true;
	o->after.id = (struct stream_id){ 0, 0 };
}

void
reader_begin(struct reader *r)
{

	for (unsigned i = 0; i < GROUP_STREAMS; i++) {
		r->outboxes[i].after.stream = i;
		look_back(r, &r->outboxes[i]);
	}
	r->rest_until = 0;
}

void
reader_hint(struct reader *r, unsigned bucket)
{

	set_dirty(r, &r->outboxes[bucket], true);
	r->outboxes[bucket].told = true;
}

void
reader_hint_all(struct reader *r)
{

	for (unsigned i = 0; i < GROUP_STREAMS; i++)
		reader_hint(r, i);
}

void
reader_sweep(struct reader *r, unsigned first, unsigned n)
{

	for (unsigned i = 0; i < n; i++)
		set_dirty(r, &r->outboxes[(first + i) % KEYS_BUCKETS], true);
	reader_hint(r, GROUP_RETRY); /* of which there are no hints */
}

bool
reader_looks_back(const struct reader *r)
{
	struct group_place at;

	return (r->pending > 0 || queue_behind(r->env.queue, &at) != NULL);
}

int64_t
reader_due(const struct reader *r)
{
	struct group_place at;

	if (queue_behind(r->env.queue, &at) != NULL)
		return (0);
	if (r->dirty + r->pending == 0 || queue_room(r->env.queue) == 0)
		return (INT64_MAX);
	return (r->pending > 0 ? 0 : r->rest_until);
}

/* The event at ${at} if the sink is to have it; else it is acknowledged, and NULL. ${*missed}: nor that, for want of memory. */
static struct sink_event *
wanted_event(struct reader *r, const struct group_place *at, struct str json, bool *missed)
{
	static int64_t said;
	struct sink_event *e = event_parse(json);

	if ((*missed = e == NULL && errno == ENOMEM)) {
		if (log_due(&said))
			log_warn("there is no memory for an event, it is read again sink=%s", r->env.sink);
		return (NULL);
	}
	if (e == NULL && json.p != NULL)
		log_warn("an entry in an outbox is no event, it is left out sink=%s stream=%u id=%" PRIu64 "-%" PRIu64,
		    r->env.sink, at->stream, at->id.ms, at->id.seq);
	if (e != NULL && r->env.wants(r->env.filter, e))
		return (e);
	free(e);
	acks_add(r->env.acks, at);
	return (NULL);
}

static void
take_entry(void *arg, const struct group_place *at, struct str json)
{
	struct reader *r = arg;
	struct outbox *o = &r->outboxes[at->stream];
	struct sink_event *e = o->missed ? NULL : wanted_event(r, at, json, &o->missed);

	if (at->stream < KEYS_BUCKETS)
		r->marks[at->stream] = true;
	if (e != NULL)
		o->missed = queue_offer(r->env.queue, at, e, clock_mono_ms()) == QUEUE_NO_MEMORY;
}

/* Long enough in its outbox for its hint to have come. */
static bool
is_late(const struct reader *r, const struct group_place *at)
{

	return (redis_store_ops.now(r->env.store) * 1000 - (int64_t)at->id.ms >= LATE_MS);
}

static void
take_new(struct reader *r, struct outbox *o, const struct group_read *answer)
{

	if (answer->got > 0 && !o->told && is_late(r, &answer->after))
		reader_hint_all(r);
	set_dirty(r, o, answer->got == answer->count);
	o->told = o->dirty;
}

/* False: Redis could not be asked, and may have given what we did not get; or that was more than there is memory for. */
static bool
take_answer(struct reader *r, const struct group_read *answer)
{
	struct outbox *o = &r->outboxes[answer->after.stream];

	if (answer->result == DW_ABSENT) /* FLUSHALL, or an operator: it begins anew */
		return (group_create(r->env.store, r->env.sink, answer->after.stream, 1) == DW_OK);
	if (answer->result != DW_OK || o->missed) {
		o->missed = false;
		look_back(r, o);
		return (false);
	}
	if (answer->pending) {
		o->after = answer->after;
		set_pending(r, o, answer->got == answer->count);
	} else {
		take_new(r, o, answer);
	}
	return (true);
}

/* The next outboxes that something is to be read from, going round. */
static size_t
choose(struct reader *r, struct group_read *reads)
{
	size_t n = 0;

	for (unsigned i = 0; i < GROUP_STREAMS && n < GROUP_READS_MAX; i++) {
		unsigned stream = (r->next + i) % GROUP_STREAMS;
		const struct outbox *o = &r->outboxes[stream];

		if (!o->dirty && !o->pending)
			continue;
		reads[n] = (struct group_read){ .after = o->after, .pending = o->pending };
		reads[n++].after.stream = stream;
	}
	if (n > 0)
		r->next = (reads[n - 1].after.stream + 1) % GROUP_STREAMS;
	return (n);
}

static size_t
share_room(const struct reader *r, struct group_read *reads, size_t n)
{
	size_t room = queue_room(r->env.queue), acks = acks_room(r->env.acks);

	room = room < acks ? room : acks;
	room = room < READ_MAX ? room : READ_MAX;
	n = n < room ? n : room;
	for (size_t i = 0; i < n; i++)
		reads[i].count = (unsigned)(room / n);
	return (n);
}

bool
reader_run(struct reader *r, bool marks[KEYS_BUCKETS])
{
	struct group_read reads[GROUP_READS_MAX];
	bool good = true;
	size_t n;

	if (r->dirty + r->pending == 0 || (r->pending == 0 && clock_mono_ms() < r->rest_until))
		return (true);
	if ((n = share_room(r, reads, choose(r, reads))) == 0)
		return (true);
	r->marks = marks;
	group_read(r->env.store, r->env.sink, reads, n, take_entry, r);
	for (size_t i = 0; i < n; i++)
		good &= take_answer(r, &reads[i]);
	if (r->dirty + r->pending == 0)
		r->rest_until = clock_mono_ms() + r->env.rest;
	return (good);
}

/* One user of whom there is more in Redis than was held: some of it. */
struct catching_up {
	struct reader *reader;
	struct queue_user *user;
	bool later, missed;
};

static void
catch_entry(void *arg, const struct group_place *at, struct str json)
{
	struct catching_up *c = arg;
	struct sink_event *e = c->later || c->missed ? NULL : wanted_event(c->reader, at, json, &c->missed);

	if (e != NULL)
		c->later = queue_offer_behind(c->reader->env.queue, c->user, at, e, clock_mono_ms()) == QUEUE_LATER;
}

bool
reader_catch_up(struct reader *r)
{
	struct group_read page = { .pending = true, .count = PAGE };
	struct catching_up c = { .reader = r, .user = queue_behind(r->env.queue, &page.after) };

	if (c.user == NULL || acks_room(r->env.acks) < PAGE)
		return (true);
	group_read(r->env.store, r->env.sink, &page, 1, catch_entry, &c);
	if (page.result != DW_OK || c.missed)
		return (false);
	if (!c.later && page.got < PAGE)
		queue_caught_up(r->env.queue, c.user);
	else if (!c.later)
		queue_still_behind(r->env.queue, c.user, &page.after);
	return (true);
}
