/* SPDX-License-Identifier: ISC */
/*
 * XREADGROUP, XACK and XGROUP for many streams at once, by call_many(): node by node, each answer on its own. A group is made
 * at the beginning of its stream, so that nothing that happened before it is lost; MKSTREAM makes the outbox, too, where
 * nothing has happened yet.
 */
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "store/backlog.h"
#include "store/piece.h"
#include "store/reply.h"

#include "store/group.h"

#define CONSUMER "relay"
#define FIELD "e"   /* of an entry: the event */
#define ACKS_MAX 48 /* entries of one XACK */

_Static_assert(GROUP_READS_MAX <= CALLS_MAX, "one piece");

static void
put_stream(struct args *a, const char *sink, unsigned stream)
{
	char key[KEYS_SINK_LEN + 1];

	if (stream == GROUP_RETRY)
		keys_sink(sink, KEYS_RETRY, key);
	else
		keys_outbox_of(stream, key);
	args_copy(a, key, strlen(key));
}

static unsigned
place_of(const char *sink, unsigned stream)
{

	return (stream == GROUP_RETRY ? keys_sink_place(sink, KEYS_RETRY) : stream);
}

/* One more command of the piece, about ${stream} of ${sink}. */
static struct args *
add(struct piece *p, const char *command, const char *sink, unsigned stream)
{
	struct args *a = piece_add(p, place_of(sink, stream));

	args_init(a, command);
	return (a);
}

static void
put_read(struct piece *p, const char *sink, const struct group_read *r)
{
	struct args *a = add(p, "XREADGROUP", sink, r->after.stream);

	args_text(a, "GROUP");
	args_text(a, sink);
	args_text(a, CONSUMER);
	args_text(a, "COUNT");
	args_int(a, r->count);
	args_text(a, "STREAMS");
	put_stream(a, sink, r->after.stream);
	if (r->pending)
		stream_id_put(a, "", r->after.id);
	else
		args_text(a, ">");
}

/* The entries of the one stream in the reply: [[key, [[id, fields], …]]]. False: it is something else. */
static bool
take_entries(struct group_read *r, const redisReply *list, group_entry_fn *each, void *arg)
{

	if (list->type != REDIS_REPLY_ARRAY)
		return (false);
	for (size_t i = 0; i < list->elements; i++) {
		const redisReply *fields = stream_entry(list->element[i], &r->after.id);

		if (fields == NULL)
			return (false);
		r->got++;
		each(arg, &r->after, stream_field(fields, FIELD));
	}
	return (true);
}

/* No stream in the answer: nothing new. */
static void
take_read(struct group_read *r, const struct call *c, group_entry_fn *each, void *arg)
{
	const redisReply *streams = c->reply;

	r->got = 0;
	if ((r->result = c->result) != DW_OK || streams->type == REDIS_REPLY_NIL)
		return;
	if (streams->type != REDIS_REPLY_ARRAY || streams->elements != 1 || streams->element[0]->type != REDIS_REPLY_ARRAY ||
	    streams->element[0]->elements != 2 || !take_entries(r, streams->element[0]->element[1], each, arg))
		r->result = call_nonsense("XREADGROUP");
}

void
group_read(struct redis_store *s, const char *sink, struct group_read *reads, size_t n, group_entry_fn *each, void *arg)
{
	struct piece *p = piece_new(n);

	for (size_t i = 0; i < n; i++) {
		reads[i].result = DW_FAULT;
		reads[i].got = 0;
		if (p != NULL)
			put_read(p, sink, &reads[i]);
	}
	if (p == NULL)
		return;
	piece_ask(s, p);
	for (size_t i = 0; i < n; i++)
		take_read(&reads[i], &p->calls[i], each, arg);
	piece_free(p);
}

static int
by_stream(const void *a, const void *b)
{
	const struct group_place *x = a, *y = b;

	return ((x->stream > y->stream) - (x->stream < y->stream));
}

/* As many of ${at} as are of one stream and have room in one command. */
static size_t
span(const struct group_place *at, size_t n)
{
	size_t k = 1;

	while (k < n && k < ACKS_MAX && at[k].stream == at[0].stream)
		k++;
	return (k);
}

static void
put_places(struct args *a, const struct group_place *at, size_t n)
{

	for (size_t i = 0; i < n; i++)
		stream_id_put(a, "", at[i].id);
}

/* Adds what acknowledges ${at}; of a retry, what takes it out of its stream, too. */
static void
put_ack(struct piece *p, const char *sink, const struct group_place *at, size_t n)
{
	struct args *a = add(p, "XACK", sink, at->stream);

	put_stream(a, sink, at->stream);
	args_text(a, sink);
	put_places(a, at, n);
	if (at->stream != GROUP_RETRY)
		return;
	a = add(p, "XDEL", sink, at->stream);
	put_stream(a, sink, at->stream);
	put_places(a, at, n);
}

/* One piece from the front of ${at}. Returns how many of it were acknowledged: up to the first that was not. */
static size_t
ack_piece(struct redis_store *s, const char *sink, struct piece *p, const struct group_place *at, size_t n)
{
	size_t spans[CALLS_MAX], k = 0, sent = 0, done = 0, call = 0;

	piece_clear(p);
	while (sent < n && p->n + 2 <= p->most) {
		spans[k] = span(at + sent, n - sent);
		put_ack(p, sink, at + sent, spans[k]);
		sent += spans[k++];
	}
	piece_ask(s, p);
	for (size_t i = 0; i < k; i++) { /* a group that is not there has nothing to acknowledge */
		size_t calls = at[done].stream == GROUP_RETRY ? 2 : 1;

		if (p->calls[call].result != DW_OK && p->calls[call].result != DW_ABSENT)
			break;
		call += calls;
		done += spans[i];
	}
	return (done);
}

size_t
group_ack(struct redis_store *s, const char *sink, struct group_place *at, size_t n)
{
	struct piece *p = piece_new(2 * n);
	size_t done = 0, k = 1;

	qsort(at, n, sizeof(*at), by_stream);
	while (p != NULL && done < n && k > 0)
		done += k = ack_piece(s, sink, p, at + done, n - done);
	piece_free(p);
	memmove(at, at + done, (n - done) * sizeof(*at));
	return (n - done);
}

static void
put_create(struct piece *p, const char *sink, unsigned stream)
{
	struct args *a = add(p, "XGROUP", sink, stream);

	args_text(a, "CREATE");
	put_stream(a, sink, stream);
	args_text(a, sink);
	args_text(a, "0");
	args_text(a, "MKSTREAM");
}

static void
put_destroy(struct piece *p, const char *sink, unsigned stream)
{
	struct args *a = add(p, "XGROUP", sink, stream);

	args_text(a, "DESTROY");
	put_stream(a, sink, stream);
	args_text(a, sink);
}

/* Runs what ${put} makes for ${n} streams from ${first} on, piece by piece. ${*counted}: answers of 1. */
static enum dw_result
each_stream(struct redis_store *s, const char *sink, unsigned first, size_t n,
    void (*put)(struct piece *, const char *, unsigned), size_t *counted)
{
	struct piece *p = piece_new(n);
	enum dw_result result = p == NULL ? DW_FAULT : DW_OK;

	for (size_t i = 0; i < n && result == DW_OK; i += p->n) {
		piece_clear(p);
		while (!piece_is_full(p) && i + p->n < n)
			put(p, sink, first + (unsigned)(i + p->n));
		piece_ask(s, p);
		for (size_t k = 0; k < p->n; k++) {
			const struct call *c = &p->calls[k];

			if (c->result == DW_OK)
				*counted += c->reply->type == REDIS_REPLY_INTEGER && c->reply->integer == 1;
			else if (c->result != DW_REFUSED && c->result != DW_ABSENT) /* it is there, or was not */
				result = c->result;
		}
	}
	piece_free(p);
	return (result);
}

enum dw_result
group_create(struct redis_store *s, const char *sink, unsigned first, size_t n)
{
	size_t counted = 0;

	return (each_stream(s, sink, first, n, put_create, &counted));
}

static enum dw_result
remove_keys(struct redis_store *s, const char *sink, size_t *counted)
{
	static const enum keys_of_sink all[] = { KEYS_DEAD, KEYS_RETRY, KEYS_LEASE, KEYS_NUMBERS };
	enum dw_result result = DW_OK;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && result == DW_OK; i++) {
		char key[KEYS_SINK_LEN + 1];
		struct args a;
		redisReply *r;

		keys_sink(sink, all[i], key);
		args_init(&a, "DEL");
		args_text(&a, key);
		if ((result = call_ask(s, keys_sink_place(sink, all[i]), &a, &r)) != DW_OK)
			break;
		*counted += r->type == REDIS_REPLY_INTEGER && r->integer == 1;
		freeReplyObject(r);
	}
	return (result);
}

/* XGROUP DESTROY of a stream that is not there is an error, so only the outboxes with such a group are asked. */
static enum dw_result
destroy(struct redis_store *s, const char *sink, size_t *counted)
{
	bool has[KEYS_BUCKETS] = { false };
	enum dw_result result = backlog_places(s, sink, has);

	for (unsigned first = 0, n; first < KEYS_BUCKETS && result == DW_OK; first += n + 1) {
		for (n = 0; first + n < KEYS_BUCKETS && has[first + n]; n++)
			;
		if (n > 0)
			result = each_stream(s, sink, first, n, put_destroy, counted);
	}
	return (result);
}

enum dw_result
group_forget(struct redis_store *s, const char *sink, bool *found)
{
	size_t counted = 0;
	enum dw_result result = destroy(s, sink, &counted);

	if (result == DW_OK)
		result = remove_keys(s, sink, &counted);
	*found = counted > 0;
	return (result);
}
