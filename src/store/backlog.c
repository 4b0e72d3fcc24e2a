/* SPDX-License-Identifier: ISC */
/* Two scripts, run on outbox after outbox in pieces: waiting.lua and trim.lua. */
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "store/piece.h"
#include "store/reply.h"

#include "store/backlog.h"

_Static_assert(BACKLOG_TRIM_MAX <= CALLS_MAX, "one piece");
_Static_assert(KEYS_BUCKETS % CALLS_MAX == 0, "whole pieces");

static struct args *
add(struct piece *p, enum script_id id, unsigned bucket)
{
	struct args *a = piece_add(p, bucket);
	char key[KEYS_OUTBOX_LEN + 1];

	keys_outbox_of(bucket, key);
	script_begin(id, a);
	args_copy(a, key, KEYS_OUTBOX_LEN);
	return (a);
}

/* Asks the piece; where a server did not know the script, by itself, which loads it. */
static enum dw_result
ask(struct redis_store *s, struct piece *p, enum script_id id)
{
	enum dw_result result = DW_OK;

	piece_ask(s, p);
	for (size_t i = 0; i < p->n; i++) {
		struct call *c = &p->calls[i];

		if (c->result == DW_ABSENT)
			c->result = call_script(s, c->bucket, id, c->a, &c->reply);
		if (result == DW_OK)
			result = c->result;
	}
	return (result);
}

static struct backlog_row *
row_of(struct backlog *b, struct str name)
{

	for (size_t i = 0; i < b->n; i++)
		if (str_is(name, b->rows[i].sink))
			return (&b->rows[i]);
	if (b->n == BACKLOG_SINKS_MAX || !str_copy(b->rows[b->n].sink, sizeof(b->rows[0].sink), name))
		return (NULL); /* a group of somebody else's */
	b->rows[b->n].waiting = 0;
	b->rows[b->n].oldest = 0;
	return (&b->rows[b->n++]);
}

/* name, waiting, oldest, … of one stream. */
static bool
take(struct backlog *b, const redisReply *r)
{
	struct reply p = reply_open(r, 0);

	while (reply_left(&p) > 0) {
		struct backlog_row *row = row_of(b, reply_str(&p));
		int64_t waiting = reply_int(&p), oldest = reply_int(&p);

		if (row == NULL || p.bad)
			continue;
		row->waiting += waiting > 0 ? (uint64_t)waiting : 0;
		if (oldest > 0 && (row->oldest == 0 || oldest < row->oldest))
			row->oldest = oldest;
	}
	return (!p.bad);
}

static bool
take_any(void *arg, unsigned bucket, const redisReply *r)
{

	(void)bucket;
	return (take(arg, r));
}

/* ${each} takes the answer about one outbox; false if that is none. */
static enum dw_result
look_at_outboxes(
    struct redis_store *s, struct piece *p, bool (*each)(void *arg, unsigned bucket, const redisReply *r), void *arg)
{
	enum dw_result result = DW_OK;

	for (unsigned first = 0; first < KEYS_BUCKETS && result == DW_OK; first += CALLS_MAX) {
		for (unsigned i = 0; i < CALLS_MAX; i++)
			(void)add(p, SCRIPT_WAITING, first + i);
		result = ask(s, p, SCRIPT_WAITING);
		for (size_t i = 0; i < p->n && result == DW_OK; i++)
			if (!each(arg, first + (unsigned)i, p->calls[i].reply))
				result = call_nonsense(script_name(SCRIPT_WAITING));
		piece_clear(p);
	}
	return (result);
}

/* What waits for another try has an outbox of the sink's own. */
static enum dw_result
look_at_retries(struct redis_store *s, struct backlog *out)
{
	char key[KEYS_SINK_LEN + 1];
	enum dw_result result = DW_OK;
	struct args a;
	redisReply *r;

	for (size_t i = 0, n = out->n; i < n && result == DW_OK; i++) {
		keys_sink(out->rows[i].sink, KEYS_RETRY, key);
		script_begin(SCRIPT_WAITING, &a);
		args_text(&a, key);
		if ((result = call_script(s, keys_sink_place(out->rows[i].sink, KEYS_RETRY), SCRIPT_WAITING, &a, &r)) ==
			DW_OK &&
		    !take(out, r))
			result = call_nonsense(script_name(SCRIPT_WAITING));
		freeReplyObject(r);
	}
	return (result);
}

enum dw_result
backlog_look(struct redis_store *s, struct backlog *out)
{
	struct piece *p = piece_new(CALLS_MAX);
	enum dw_result result;

	out->n = 0;
	if (p == NULL)
		return (DW_FAULT);
	if ((result = look_at_outboxes(s, p, take_any, out)) == DW_OK)
		result = look_at_retries(s, out);
	piece_free(p);
	return (result);
}

struct places {
	const char *sink;
	bool *has; /* by bucket */
};

static bool
take_place(void *arg, unsigned bucket, const redisReply *r)
{
	const struct places *places = arg;
	struct reply p = reply_open(r, 0);

	while (reply_left(&p) > 0 && !p.bad) {
		places->has[bucket] |= str_is(reply_str(&p), places->sink);
		(void)reply_int(&p); /* what waits */
		(void)reply_int(&p); /* since when */
	}
	return (!p.bad);
}

enum dw_result
backlog_places(struct redis_store *s, const char *sink, bool has[KEYS_BUCKETS])
{
	struct places places = { .sink = sink, .has = has };
	struct piece *p = piece_new(CALLS_MAX);
	enum dw_result result = p == NULL ? DW_FAULT : look_at_outboxes(s, p, take_place, &places);

	piece_free(p);
	return (result);
}

const struct backlog_row *
backlog_find(const struct backlog *b, const char *sink)
{

	for (size_t i = 0; i < b->n; i++)
		if (strcmp(b->rows[i].sink, sink) == 0)
			return (&b->rows[i]);
	return (NULL);
}

/* How many are left, -1 = that is not an answer. */
static int64_t
left(const redisReply *r)
{
	struct reply p = reply_open(r, 2);
	int64_t n;

	(void)reply_int(&p);
	n = reply_int(&p);
	return (p.bad ? -1 : n);
}

static enum dw_result
trim_piece(struct redis_store *s, struct piece *p, bool *marks)
{
	enum dw_result result = ask(s, p, SCRIPT_TRIM);

	for (size_t i = 0; i < p->n; i++) {
		int64_t n = p->calls[i].result == DW_OK ? left(p->calls[i].reply) : 1;

		if (n == 0)
			marks[p->calls[i].bucket] = false;
		else if (n < 0)
			result = call_nonsense(script_name(SCRIPT_TRIM));
	}
	return (result);
}

enum dw_result
backlog_trim(struct redis_store *s, int64_t keep, bool marks[KEYS_BUCKETS], unsigned *from)
{
	struct piece *p = piece_new(BACKLOG_TRIM_MAX);
	enum dw_result result = DW_OK;

	if (p == NULL)
		return (DW_FAULT);
	for (; *from < KEYS_BUCKETS && !piece_is_full(p); (*from)++)
		if (marks[*from])
			args_int(add(p, SCRIPT_TRIM, *from), keep);
	if (*from == KEYS_BUCKETS)
		*from = 0;
	if (p->n > 0)
		result = trim_piece(s, p, marks);
	piece_free(p);
	return (result);
}
