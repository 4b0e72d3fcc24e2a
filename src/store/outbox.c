/* SPDX-License-Identifier: ISC */
/*
 * How many events wait in the outboxes: XLEN of every bucket, in pieces, so that other clients of Redis get their turn in
 * between.
 */
#include <stddef.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "doorward/config.h"
#include "store/call.h"
#include "store/conn.h"
#include "store/keys.h"

#include "store/outbox.h"

#define PIECE 128 /* questions at a time: others get their turn in between */

/* The locator of any user of bucket ${b}. */
static void
locate(unsigned b, uint8_t user_key[USER_KEY_LEN])
{

	for (size_t i = 0; i < USER_KEY_LEN; i++)
		user_key[i] = 0;
	user_key[0] = (uint8_t)(b >> 2);
	user_key[1] = (uint8_t)(b << 6);
}

static bool
send_piece(struct redis_store *s, unsigned first)
{
	char key[KEYS_OUTBOX_LEN + 1];
	uint8_t user_key[USER_KEY_LEN];

	for (unsigned b = first; b < first + PIECE; b++) {
		struct args a;

		locate(b, user_key);
		keys_outbox(user_key, key);
		args_init(&a, "XLEN");
		args_text(&a, key);
		if (!conn_append(s->conn, a.n, (const char **)a.v, a.len))
			return (false);
	}
	return (true);
}

static bool
take_piece(struct redis_store *s, struct outbox_lengths *out)
{
	int64_t deadline = clock_mono_ms() + s->conf->redis_command_timeout;
	bool good = true;

	for (unsigned i = 0; i < PIECE; i++) {
		redisReply *r = conn_read(s->conn, deadline);

		if (r == NULL)
			return (false);
		if (r->type != REDIS_REPLY_INTEGER || r->integer < 0) {
			good = false; /* the rest is read all the same: later replies must be those to later questions */
		} else {
			out->events += (uint64_t)r->integer;
			if ((uint64_t)r->integer > out->longest)
				out->longest = (uint64_t)r->integer;
		}
		freeReplyObject(r);
	}
	return (good);
}

enum dw_result
outbox_lengths(struct redis_store *s, struct outbox_lengths *out)
{
	/* Connects if need be, through the breaker. */
	enum dw_result rc = redis_store_ops.ping(s);

	*out = (struct outbox_lengths){ 0 };
	for (unsigned b = 0; rc == DW_OK && b < KEYS_BUCKETS; b += PIECE) {
		if (!send_piece(s, b)) {
			conn_close(s->conn); /* half a pipeline would shift all later replies */
			return (DW_UNAVAILABLE);
		}
		if (!take_piece(s, out))
			rc = conn_is_open(s->conn) ? DW_FAULT : DW_UNAVAILABLE;
	}
	return (rc);
}
