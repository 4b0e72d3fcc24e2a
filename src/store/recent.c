/* SPDX-License-Identifier: ISC */
/*
 * A stream can be read from its new end only by XREVRANGE, which our Redis user need not be allowed; and there are as many
 * streams as buckets. So time is cut into pieces, the last seconds first and each four times as long as the one before, until
 * enough was found. XRANGE gives the oldest of a piece: where a stream has more in it than are wanted the piece is halved, and
 * the newer half is looked at first.
 */
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/arena.h"
#include "doorward/config.h"
#include "store/call.h"
#include "store/keys.h"
#include "store/stream.h"

#include "store/recent.h"

#define FIRST_PIECE 4000 /* ms */
#define AHEAD_MS 60000   /* our idea of Redis' time may be behind */

struct event {
	struct stream_id id;
	struct str json; /* of those that are kept: ours */
};

struct recent {
	struct redis_store *s;
	size_t most, n;
	struct event events[RECENT_MAX];
	struct call calls[CALLS_MAX];
	struct args args[CALLS_MAX];
};

static bool
is_newer(const struct event *a, const struct event *b)
{

	return (stream_id_compare(&a->id, &b->id) > 0);
}

/* Puts ${e} in its place, newest first, unless there are enough newer ones. False: out of memory. */
static bool
keep(struct recent *r, struct event e)
{
	size_t at = r->n;
	char *copy;

	while (at > 0 && is_newer(&e, &r->events[at - 1]))
		at--;
	if (at == r->most)
		return (true);
	if ((copy = strndup(e.json.p, e.json.len)) == NULL)
		return (false);
	e.json = str_of(copy);
	if (r->n < r->most)
		r->n++;
	else
		free((void *)(uintptr_t)r->events[r->n - 1].json.p);
	memmove(&r->events[at + 1], &r->events[at], (r->n - 1 - at) * sizeof(e));
	r->events[at] = e;
	return (true);
}

/* One entry: its number, and the members e and JSON. */
static bool
parse(const redisReply *r, struct event *e)
{
	const redisReply *members = stream_entry(r, &e->id);

	if (members == NULL || members->type != REDIS_REPLY_ARRAY || members->elements < 2 ||
	    members->element[1]->type != REDIS_REPLY_STRING)
		return (false);
	e->json = (struct str){ members->element[1]->str, members->element[1]->len };
	return (true);
}

static enum dw_result
take(struct recent *r, const redisReply *reply)
{
	struct event e;

	if (reply->type != REDIS_REPLY_ARRAY)
		return (call_nonsense("XRANGE"));
	for (size_t i = 0; i < reply->elements; i++) {
		if (!parse(reply->element[i], &e))
			return (call_nonsense("XRANGE"));
		if (!keep(r, e))
			return (DW_FAULT);
	}
	return (DW_OK);
}

static void
prepare(const struct recent *r, struct args *a, unsigned bucket, int64_t from, int64_t to)
{
	char key[KEYS_OUTBOX_LEN + 1];

	keys_outbox_of(bucket, key);
	args_init(a, "XRANGE");
	args_copy(a, key, KEYS_OUTBOX_LEN);
	args_int(a, from);
	args_int(a, to - 1); /* of a number without its second half the whole millisecond is meant */
	args_text(a, "COUNT");
	args_int(a, (int64_t)r->most);
}

/* Whether ${reply} may lack what is newest in its piece. Of one millisecond all are equally new. */
static bool
is_cut(const struct recent *r, const redisReply *reply, int64_t from, int64_t to)
{

	return (reply->type == REDIS_REPLY_ARRAY && reply->elements >= r->most && to - from > 1);
}

/* Whether nothing before ${at} can be among the newest any more. */
static bool
is_enough(const struct recent *r, int64_t at)
{

	return (r->n == r->most && r->events[r->n - 1].id.ms >= (uint64_t)at);
}

/* One stream's piece by halves, as deep as a piece can be halved: some twenty times. */
static enum dw_result
dig(struct recent *r, unsigned bucket, int64_t from, int64_t to)
{
	int64_t middle = from + (to - from) / 2;
	struct args a;
	redisReply *reply;
	enum dw_result rc;
	bool cut;

	prepare(r, &a, bucket, from, to);
	if ((rc = call_ask(r->s, bucket, &a, &reply)) != DW_OK)
		return (rc == DW_ABSENT ? DW_FAULT : rc);
	if (!(cut = is_cut(r, reply, from, to)))
		rc = take(r, reply);
	freeReplyObject(reply);
	if (cut && (rc = dig(r, bucket, middle, to)) == DW_OK && !is_enough(r, middle))
		rc = dig(r, bucket, from, middle);
	return (rc);
}

static enum dw_result
take_call(struct recent *r, const struct call *c, int64_t from, int64_t to)
{

	if (c->result != DW_OK)
		return (c->result == DW_ABSENT ? DW_FAULT : c->result);
	return (is_cut(r, c->reply, from, to) ? dig(r, c->bucket, from, to) : take(r, c->reply));
}

/* What ${n} buckets from ${first} on have between two times, the later one left out. */
static enum dw_result
ask(struct recent *r, unsigned first, unsigned n, int64_t from, int64_t to)
{
	enum dw_result result = DW_OK, one;

	for (unsigned i = 0; i < n; i++) {
		prepare(r, &r->args[i], first + i, from, to);
		r->calls[i] = (struct call){ .bucket = first + i, .a = &r->args[i] };
	}
	call_many(r->s, r->calls, n);
	for (unsigned i = 0; i < n; i++) {
		one = take_call(r, &r->calls[i], from, to);
		freeReplyObject(r->calls[i].reply);
		if (result == DW_OK)
			result = one;
	}
	return (result);
}

static enum dw_result
ask_all(struct recent *r, const uint8_t *user_key, int64_t from, int64_t to)
{
	enum dw_result rc = DW_OK;

	if (user_key != NULL)
		return (ask(r, keys_bucket(user_key), 1, from, to));
	for (unsigned b = 0; rc == DW_OK && b < KEYS_BUCKETS; b += CALLS_MAX)
		rc = ask(r, b, CALLS_MAX, from, to);
	return (rc);
}

static bool
give(const struct recent *r, struct arena *arena, struct str out[RECENT_MAX], size_t *n)
{

	for (; *n < r->n; (*n)++) {
		out[*n] = str_of(arena_strdup(arena, r->events[*n].json));
		if (out[*n].p == NULL)
			return (false);
	}
	return (true);
}

enum dw_result
recent_events(struct redis_store *s, int64_t seconds, const uint8_t *user_key, size_t most, struct arena *arena,
    struct str out[RECENT_MAX], size_t *n)
{
	struct recent *r = malloc(sizeof(*r)); /* too large for the stack */
	int64_t now = redis_store_ops.now(s) * 1000, oldest = now - seconds * 1000, to = now + AHEAD_MS, back = FIRST_PIECE;
	enum dw_result rc = r == NULL ? DW_FAULT : DW_OK;

	*n = 0;
	if (r != NULL)
		*r = (struct recent){ .s = s, .most = most < RECENT_MAX ? most : RECENT_MAX };
	while (rc == DW_OK && to > oldest && r->n < r->most) {
		int64_t from = now - back > oldest ? now - back : oldest;

		rc = ask_all(r, user_key, from, to);
		to = from;
		back *= 4;
	}
	if (rc == DW_OK && !give(r, arena, out, n))
		rc = DW_FAULT;
	for (size_t i = 0; r != NULL && i < r->n; i++)
		free((void *)(uintptr_t)r->events[i].json.p);
	free(r);
	return (rc);
}
