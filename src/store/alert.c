/* SPDX-License-Identifier: ISC */
/*
 * The counter lies in the bucket of the outbox that the alert goes to, so one script can change both: there is no state in
 * which the alert was raised and its event is not there, or there twice. All of it is in lua/alert.lua. What was counted in a
 * step has a key of its own, so that it is forgotten by itself.
 */
#include <stdio.h>

#include <hiredis/hiredis.h>

#include "store/keys.h"
#include "store/mutation.h"
#include "store/writing.h"

#include "store/alert.h"

#define STEP_KEY_MAX (KEYS_COUNTER_LEN + sizeof(":-9223372036854775808"))
#define KIND 'w' /* of its counters, beside those of guesses */

static void
put_keys(struct args *a, const struct alert_count *c, int64_t step)
{
	char key[STEP_KEY_MAX];
	int n;

	mutation_keys(a, SCRIPT_ALERT, c->counter);
	keys_counter(KIND, c->counter, key);
	args_copy(a, key, KEYS_COUNTER_LEN);
	n = snprintf(key + KEYS_COUNTER_LEN, sizeof(key) - KEYS_COUNTER_LEN, ":%lld", (long long)step);
	args_copy(a, key, KEYS_COUNTER_LEN + (size_t)n);
}

static enum dw_result
run(struct redis_store *s, const struct alert_count *c, const char *event_id, int64_t step, int64_t *at, int64_t *in)
{
	char head[NOTICE_HEAD_MAX], tail[NOTICE_TAIL_MAX];
	struct buf h, t;
	struct reply p;
	struct args a;
	redisReply *r;
	enum dw_result result;

	buf_init(&h, head, sizeof(head));
	buf_init(&t, tail, sizeof(tail));
	writing_notice(s, c->notice, &h, &t);
	if (h.overflow || t.overflow)
		return (DW_FAULT);
	put_keys(&a, c, step);
	(void)mutation_common(s, &a, c->counter, NULL, &c->notice->actor, NULL);
	args_text(&a, event_id);
	args_int(&a, step);
	args_int(&a, c->steps);
	args_int(&a, c->count);
	args_int(&a, c->keep);
	args_int(&a, c->kept);
	args_text(&a, c->act ? "1" : "0");
	args_put(&a, h.p, h.len);
	args_put(&a, t.p, t.len);
	if ((result = mutation_run(s, SCRIPT_ALERT, &a, 3, &r, &p)) != DW_OK)
		return (result);
	mutation_lost(s, reply_int(&p));
	*at = reply_int(&p);
	*in = reply_int(&p);
	return (mutation_done(SCRIPT_ALERT, r, &p, true));
}

enum dw_result
alert_count(struct redis_store *s, struct alert_count *c)
{

	c->raised_at = c->raised_in = 0;
	return (run(s, c, c->event_id, c->step, &c->raised_at, &c->raised_in));
}

enum dw_result
alert_done(struct redis_store *s, const struct alert_count *c)
{
	int64_t at, in;

	return (run(s, c, "", c->raised_in, &at, &in));
}
