/* SPDX-License-Identifier: ISC */
/*
 * A piece of records in one round trip, judged here by the rule of session/liveness.h. To read a record costs Redis a few
 * microseconds, to run the script over it ten times as much; and of a thousand records at most a few have something to report.
 */
#include <hiredis/hiredis.h>

#include "base/arena.h"
#include "session/liveness.h"
#include "store/call.h"
#include "store/keys.h"
#include "store/reading.h"
#include "store/redis.h"

#include "store/stale.h"

static bool
has_past(const struct session_list *l, int64_t now)
{

	for (size_t i = 0; i < l->n; i++)
		if (!session_is_alive(&l->sessions[i], l->not_before, now))
			return (true);
	return (false);
}

static enum dw_result
judge(struct redis_store *s, struct call *c, struct arena *arena, bool *stale)
{
	struct session_list list = { .n = 0 };

	*stale = false;
	if (c->result != DW_OK)
		return (c->result == DW_ABSENT ? DW_FAULT : c->result);
	arena_reset(arena);
	if (reading_take_list(c->reply, arena, &list) == DW_OK)
		*stale = has_past(&list, redis_store_ops.now(s));
	return (DW_OK);
}

enum dw_result
stale_find(struct redis_store *s, uint8_t (*user_keys)[USER_KEY_LEN], size_t n, struct arena *arena, bool *stale)
{
	enum dw_result result = DW_OK, one;
	struct call calls[STALE_MAX];
	struct args args[STALE_MAX];
	char key[KEYS_RECORD_LEN + 1];

	if (n > STALE_MAX)
		return (DW_FAULT);
	for (size_t i = 0; i < n; i++) {
		keys_record(user_keys[i], key);
		args_init(&args[i], "HGETALL");
		args_copy(&args[i], key, KEYS_RECORD_LEN);
		calls[i] = (struct call){ .bucket = keys_bucket(user_keys[i]), .a = &args[i] };
	}
	call_many(s, calls, n);
	for (size_t i = 0; i < n; i++) {
		one = judge(s, &calls[i], arena, &stale[i]);
		freeReplyObject(calls[i].reply);
		if (result == DW_OK)
			result = one;
	}
	return (result);
}
