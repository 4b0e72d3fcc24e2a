/* SPDX-License-Identifier: ISC */
/*
 * How many events are kept in the outboxes: XLEN of every bucket, in pieces, so that other clients of Redis get their turn in
 * between. They go through call.c like every other question: nodes, breakers and lost connections are seen to there.
 */
#include <stdlib.h>

#include <hiredis/hiredis.h>

#include "store/call.h"
#include "store/keys.h"

#include "store/outbox.h"

struct piece {
	struct call calls[CALLS_MAX];
	struct args args[CALLS_MAX];
};

_Static_assert(KEYS_BUCKETS % CALLS_MAX == 0, "whole pieces");

static void
prepare(struct piece *p, unsigned first)
{
	char key[KEYS_OUTBOX_LEN + 1];

	for (unsigned i = 0; i < CALLS_MAX; i++) {
		keys_outbox_of(first + i, key);
		args_init(&p->args[i], "XLEN");
		args_copy(&p->args[i], key, KEYS_OUTBOX_LEN);
		p->calls[i] = (struct call){ .bucket = first + i, .a = &p->args[i] };
	}
}

static enum dw_result
take(struct call *c, struct outbox_lengths *out)
{
	uint64_t length;

	if (c->result != DW_OK)
		return (c->result == DW_ABSENT ? DW_FAULT : c->result);
	if (c->reply->type != REDIS_REPLY_INTEGER || c->reply->integer < 0)
		return (call_nonsense("XLEN"));
	length = (uint64_t)c->reply->integer;
	out->events += length;
	if (length > out->longest)
		out->longest = length;
	return (DW_OK);
}

/* The result of a piece is that of the first bucket that could not be asked. */
static enum dw_result
ask_piece(struct redis_store *s, struct piece *p, unsigned first, struct outbox_lengths *out)
{
	enum dw_result result = DW_OK, one;

	prepare(p, first);
	call_many(s, p->calls, CALLS_MAX);
	for (size_t i = 0; i < CALLS_MAX; i++) {
		one = take(&p->calls[i], out);
		freeReplyObject(p->calls[i].reply);
		if (result == DW_OK)
			result = one;
	}
	return (result);
}

enum dw_result
outbox_lengths(struct redis_store *s, struct outbox_lengths *out)
{
	struct piece *p = malloc(sizeof(*p)); /* too large for the stack */
	enum dw_result result = p == NULL ? DW_FAULT : DW_OK;

	*out = (struct outbox_lengths){ 0 };
	for (unsigned b = 0; result == DW_OK && b < KEYS_BUCKETS; b += CALLS_MAX)
		result = ask_piece(s, p, b, out);
	free(p);
	return (result);
}
