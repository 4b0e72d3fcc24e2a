/* SPDX-License-Identifier: ISC */
/*
 * The counter lies in the bucket of the outbox that the alert goes to, so one script can change both: there is no state in
 * which the alert was raised and its event is not there, or there twice. All of it is in lua/alert.lua.
 */
#include <hiredis/hiredis.h>

#include "store/keys.h"
#include "store/mutation.h"
#include "store/writing.h"

#include "store/alert.h"

#define KIND 'w' /* of its counters, beside those of guesses */

static enum dw_result
run(struct redis_store *s, const struct alert_count *c, const char *event_id, int64_t step, int64_t *at, int64_t *in)
{
	char key[KEYS_COUNTER_LEN + 1], head[NOTICE_HEAD_MAX], tail[NOTICE_TAIL_MAX];
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
	keys_counter(KIND, c->counter, key);
	mutation_begin(s, &a, SCRIPT_ALERT, c->counter, NULL, &c->notice->actor, NULL);
	args_copy(&a, key, KEYS_COUNTER_LEN);
	args_text(&a, event_id);
	args_int(&a, step);
	args_int(&a, c->steps);
	args_int(&a, c->count);
	args_int(&a, c->keep);
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
