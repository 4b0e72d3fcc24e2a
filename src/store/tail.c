/* SPDX-License-Identifier: ISC */
/*
 * One turn: ask Redis for its time, ask all streams for a few entries behind the place where each was left, sort what came,
 * and give it away as far as nothing can still come before it:
 *
 * - A stream that gave as many entries as it was asked for may have more. Whatever lies behind the last of them waits for the
 *   next turn.
 * - While the streams are asked, one after the other, events are added. What is as old as the time that was asked for first,
 *   or newer, waits too: of what is older all is there. (A number far ahead of the time is one of a clock that was set back:
 *   it does not wait.)
 *
 * What waits is not kept but asked for again. Only the places are kept, one a stream: a stream is then complete by itself,
 * also when the order of two is in doubt.
 *
 * After a failover the places may be wrong: the clock of the new master may be behind, and the last events may be lost. So
 * what is young is read again; what was given away already is known (store/told.h).
 *
 * XREAD answers for many streams in one command, which costs Redis a tenth of as many commands. In a cluster each is asked for
 * by itself: a command there is about one slot.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "store/call.h"
#include "store/clocks.h"
#include "store/event_id.h"
#include "store/keys.h"
#include "store/stream.h"
#include "store/told.h"

#include "store/tail.h"

#define TOGETHER 16                  /* streams in one command; args.h has room for that */
#define PIECE 8                      /* commands at a time: their answers come within redis.command_timeout */
#define PIECE_MAX (TOGETHER * PIECE) /* where each asks for one stream */
#define COUNT_MAX 32                 /* entries of a stream at a time, halved as long as even that takes too long */
#define AHEAD_MS 60000               /* so far ahead of Redis' time is no event of just now */
#define AGAIN_MS 15000               /* as long as a server may go on numbering that is not the master any more */
#define EARLIER_MS 2000              /* an id is made by its maker's idea of Redis' time: that may be so much ahead */

struct entry {
	struct stream_id at;
	unsigned bucket;
	struct str json; /* in one of the replies */
};

struct tail {
	struct redis_store *s;
	struct stream_id read[KEYS_BUCKETS]; /* up to and with this */
	int64_t begin;                       /* what is older was not to be read, ms */
	int64_t now;                         /* Redis' time, ms; never goes back */
	struct clocks clocks;
	struct told told;
	unsigned count;
	/* of one turn */
	struct call calls[PIECE_MAX];
	struct args args[PIECE_MAX];
	struct redisReply *replies[KEYS_BUCKETS];
	size_t n_replies;
	struct entry *entries;
	size_t n, room;
	struct entry horizon; /* what lies behind it waits */
};

struct tail *
tail_new(struct redis_store *s)
{
	struct tail *t = calloc(1, sizeof(*t));

	if (t != NULL) {
		t->s = s;
		t->count = COUNT_MAX;
	}
	return (t);
}

static void
forget(struct tail *t)
{

	for (size_t i = 0; i < t->n_replies; i++)
		freeReplyObject(t->replies[i]);
	t->n_replies = t->n = 0;
}

void
tail_free(struct tail *t)
{

	if (t == NULL)
		return;
	forget(t);
	free(t->entries);
	free(t);
}

static int
compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int c = stream_id_compare(&x->at, &y->at);

	return (c != 0 ? c : (int)x->bucket - (int)y->bucket);
}

/*
 * Another server has the streams, or one with another clock: what is added now may be numbered behind what was read, and what
 * was read last may not be there any more. So what is that young is read again, as far as it was to be read at all.
 */
static void
go_back(struct tail *t, int64_t behind)
{
	int64_t to = t->now - AGAIN_MS > t->begin ? t->now - AGAIN_MS : t->begin;
	struct stream_id p = stream_id_before((struct stream_id){ to > behind ? (uint64_t)(to - behind) : 0, 0 });

	for (unsigned b = 0; b < KEYS_BUCKETS; b++)
		if (stream_id_compare(&t->read[b], &p) > 0)
			t->read[b] = p;
}

/* The earliest of all servers' times: of what is older than that, all is there. */
static enum dw_result
set_now(struct tail *t)
{
	int64_t behind;
	enum dw_result result = clocks_ask(&t->clocks, t->s, &behind);

	if (result != DW_OK)
		return (result);
	if (behind != CLOCKS_AS_BEFORE)
		go_back(t, behind);
	if (t->clocks.least > t->now)
		t->now = t->clocks.least;
	return (DW_OK);
}

/* Reading begins behind the ${ms}; nothing was given away yet. */
static void
begin_at(struct tail *t, uint64_t ms)
{

	t->begin = (int64_t)ms + 1;
	t->told.n = 0;
}

/* Everything up to ${p} counts as read. */
static void
skip_to(struct tail *t, struct stream_id p)
{

	begin_at(t, p.ms);
	for (unsigned b = 0; b < KEYS_BUCKETS; b++)
		t->read[b] = p;
}

static void
skip_to_time(struct tail *t, int64_t ms)
{

	skip_to(t, stream_id_before((struct stream_id){ ms > 0 ? (uint64_t)ms : 0, 0 }));
}

enum dw_result
tail_from_ago(struct tail *t, int64_t ms)
{
	enum dw_result result = set_now(t);

	if (result == DW_OK)
		skip_to_time(t, t->now - ms);
	return (result);
}

enum dw_result
tail_from_now(struct tail *t)
{

	return (tail_from_ago(t, 0));
}

/* Of an event that is the ${at}th of ${bucket}: streams before that one may still have an entry of the same number. */
static void
skip_to_entry(struct tail *t, unsigned bucket, struct stream_id at)
{

	begin_at(t, at.ms);
	for (unsigned b = 0; b < KEYS_BUCKETS; b++)
		t->read[b] = b <= bucket ? at : stream_id_before(at);
}

static bool
parse_entry(const redisReply *r, struct entry *out)
{
	const redisReply *fields = stream_entry(r, &out->at);

	if (fields == NULL)
		return (false);
	out->json = stream_field(fields, "e");
	if (out->json.p == NULL)
		out->json = STR_LIT("");
	return (true);
}

static bool
make_room(struct tail *t)
{
	size_t room = t->room == 0 ? COUNT_MAX : 2 * t->room;
	void *p;

	if (t->n < t->room)
		return (true);
	if ((p = reallocarray(t->entries, room, sizeof(t->entries[0]))) == NULL)
		return (false);
	t->entries = p;
	t->room = room;
	return (true);
}

static void
wait_behind(struct tail *t, const struct entry *last)
{

	if (compare(last, &t->horizon) < 0)
		t->horizon = *last;
}

/* Is it so young that others of its time may be missing? */
static bool
is_too_young(const struct tail *t, const struct entry *e)
{

	return (e->at.ms >= (uint64_t)t->now && e->at.ms < (uint64_t)t->now + AHEAD_MS);
}

/* Takes the entries of one stream: [key, [[place, [field, text]], …]]. */
static bool
take_stream(struct tail *t, const redisReply *r, bool *young)
{
	const redisReply *list;
	struct entry e;

	if (r->type != REDIS_REPLY_ARRAY || r->elements != 2 || r->element[0]->type != REDIS_REPLY_STRING ||
	    !keys_outbox_parse((struct str){ r->element[0]->str, r->element[0]->len }, &e.bucket))
		return (false);
	list = r->element[1];
	if (list->type != REDIS_REPLY_ARRAY)
		return (false);
	for (size_t i = 0; i < list->elements; i++) {
		if (!parse_entry(list->element[i], &e) || !make_room(t))
			return (false);
		if (is_too_young(t, &e)) {
			*young = true;
			return (true);
		}
		t->entries[t->n++] = e;
	}
	if (list->elements >= t->count)
		wait_behind(t, &e);
	return (true);
}

static bool
take_streams(struct tail *t, const redisReply *r, bool *young)
{

	if (r->type == REDIS_REPLY_NIL)
		return (true);
	if (r->type != REDIS_REPLY_ARRAY)
		return (false);
	for (size_t i = 0; i < r->elements; i++)
		if (!take_stream(t, r->element[i], young))
			return (false);
	return (true);
}

/* XREAD of the ${n} streams from ${bucket} on. */
static void
prepare(const struct tail *t, struct call *c, struct args *a, unsigned bucket, unsigned n)
{
	char key[KEYS_OUTBOX_LEN + 1];

	args_init(a, "XREAD");
	args_text(a, "COUNT");
	args_int(a, t->count);
	args_text(a, "STREAMS");
	for (unsigned i = 0; i < n; i++) {
		keys_outbox_of(bucket + i, key);
		args_copy(a, key, KEYS_OUTBOX_LEN);
	}
	for (unsigned i = 0; i < n; i++)
		stream_id_put(a, "", t->read[bucket + i]);
	*c = (struct call){ .bucket = bucket, .a = a };
}

/* The replies are kept until forget(): the entries lie in them. */
static enum dw_result
take_piece(struct tail *t, unsigned n, bool *young)
{
	enum dw_result result = DW_OK;

	for (size_t i = 0; i < n; i++) {
		if (t->calls[i].reply != NULL)
			t->replies[t->n_replies++] = t->calls[i].reply;
		if (result != DW_OK)
			continue;
		if (t->calls[i].result != DW_OK)
			result = t->calls[i].result == DW_ABSENT ? DW_FAULT : t->calls[i].result;
		else if (!take_streams(t, t->calls[i].reply, young))
			result = call_nonsense("XREAD");
	}
	return (result);
}

_Static_assert(KEYS_BUCKETS % PIECE_MAX == 0 && PIECE_MAX <= CALLS_MAX, "whole pieces");

static enum dw_result
read_streams(struct tail *t, bool *young)
{
	bool alone = t->s->route.cluster == NULL && t->s->route.n == 1;
	unsigned together = alone ? TOGETHER : 1, piece = PIECE_MAX / together;
	enum dw_result result = DW_OK;

	t->horizon = (struct entry){ .at = { UINT64_MAX, UINT64_MAX }, .bucket = KEYS_BUCKETS };
	for (unsigned b = 0; result == DW_OK && b < KEYS_BUCKETS; b += PIECE_MAX) {
		for (unsigned i = 0; i < piece; i++)
			prepare(t, &t->calls[i], &t->args[i], b + i * together, together);
		call_many(t->s, t->calls, piece);
		result = take_piece(t, piece, young);
	}
	return (result);
}

/* Gives away what is complete. Returns false where ${each} wants no more. */
static bool
give(struct tail *t, tail_fn *each, void *arg, bool *more)
{

	if (t->n > 1)
		qsort(t->entries, t->n, sizeof(t->entries[0]), compare);
	for (size_t i = 0; i < t->n; i++) {
		const struct entry *e = &t->entries[i];

		if (compare(e, &t->horizon) > 0) {
			*more = true;
			return (true);
		}
		t->read[e->bucket] = e->at;
		if (e->json.len > 0 && told_add(&t->told, e->json) && !each(arg, e->json))
			return (false);
	}
	*more = *more || t->horizon.bucket < KEYS_BUCKETS;
	return (true);
}

enum dw_result
tail_read(struct tail *t, tail_fn *each, void *arg, bool *more)
{
	enum dw_result result = set_now(t);

	*more = false;
	if (result == DW_OK)
		result = read_streams(t, more);
	if (result == DW_OK)
		(void)give(t, each, arg, more);
	forget(t);
	/* where the answers are too long for the time they may take, shorter ones come */
	if (result != DW_OK)
		t->count = t->count > 1 ? t->count / 2 : 1;
	else if (t->count < COUNT_MAX)
		t->count *= 2;
	return (result);
}

/* What is looked for, and where it was found. */
struct search {
	char text[EVENT_ID_MAX + sizeof("\"id\":\"\"")];
	bool found;
};

/* No other member can look like it: quotes in texts are escaped. */
static bool
is_wanted(struct search *s, struct str json)
{

	s->found = memmem(json.p, json.len, s->text, strlen(s->text)) != NULL;
	return (s->found);
}

static bool
look_on(void *arg, struct str json)
{

	return (!is_wanted(arg, json));
}

/* Looks through ${list}, entries of one stream; ${*last} is where to go on. */
static bool
search_list(struct search *s, const redisReply *list, struct stream_id *last)
{
	struct entry e;

	if (list->type != REDIS_REPLY_ARRAY)
		return (false);
	for (size_t i = 0; i < list->elements && !s->found; i++) {
		if (!parse_entry(list->element[i], &e))
			return (false);
		*last = e.at;
		(void)is_wanted(s, e.json);
	}
	return (true);
}

/* Looks through the stream of ${bucket} behind ${*at}, which becomes the place of what was found. DW_ABSENT: it is not there.
 */
static enum dw_result
search_bucket(struct tail *t, unsigned bucket, struct search *s, struct stream_id *at)
{
	enum dw_result result;
	struct call c;
	struct args a;
	size_t n;
	redisReply *r;
	bool good;

	do {
		t->read[bucket] = *at;
		prepare(t, &c, &a, bucket, 1);
		if ((result = call_ask(t->s, bucket, &a, &r)) != DW_OK)
			return (result == DW_ABSENT ? DW_FAULT : result);
		n = 0;
		good = r->type == REDIS_REPLY_NIL;
		if (r->type == REDIS_REPLY_ARRAY && r->elements == 1 && r->element[0]->type == REDIS_REPLY_ARRAY &&
		    r->element[0]->elements == 2) {
			good = search_list(s, r->element[0]->element[1], at);
			n = r->element[0]->element[1]->elements;
		}
		freeReplyObject(r);
		if (!good)
			return (call_nonsense("XREAD"));
	} while (!s->found && n > 0);
	return (s->found ? DW_OK : DW_ABSENT);
}

/* An id of an older version says nothing of its bucket: all of them are looked through. */
static enum dw_result
search_all(struct tail *t, struct search *s)
{
	enum dw_result result = DW_OK;
	bool more = true;

	skip_to(t, (struct stream_id){ 0, 0 });
	while (result == DW_OK && more && !s->found)
		result = tail_read(t, look_on, s, &more);
	return (result != DW_OK || s->found ? result : DW_ABSENT);
}

enum dw_result
tail_from_id(struct tail *t, struct str id)
{
	struct search s = { .found = false };
	struct stream_id at = { 0, 0 };
	enum dw_result result;
	unsigned bucket;
	int64_t second;

	if (!event_id_parse(id, &bucket, &second) || (result = set_now(t)) == DW_FAULT)
		return (DW_FAULT);
	if (result != DW_OK)
		return (result);
	snprintf(s.text, sizeof(s.text), "\"id\":\"%.*s\"", (int)id.len, id.p);
	if ((result = search_bucket(t, bucket, &s, &at)) == DW_OK)
		skip_to_entry(t, bucket, at);
	else if (result == DW_ABSENT && (result = search_all(t, &s)) == DW_ABSENT)
		skip_to_time(t, second * 1000 <= t->now ? second * 1000 - EARLIER_MS : 0);
	return (result);
}
