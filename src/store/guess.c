/* SPDX-License-Identifier: ISC */
/*
 * A counter is a hash of its own, dwt:{bbb}KCCCCCCCCCCCC, which expires; all of its rules are in lua/guess.lua, one script a
 * step. Those of an account and of an address lie in different slots: two calls, sent together, with two results. Nothing here
 * is in a user's record, so no guess makes a cache forget anybody.
 */
#include <hiredis/hiredis.h>

#include "doorward/store.h"
#include "store/call.h"
#include "store/keys.h"
#include "store/reply.h"

#include "store/guess.h"

#define TOGETHER_MAX 2

static void
put_limits(struct args *a, const struct guess *g)
{
	static const struct guess_limits none = { .reset = 1 };
	const struct guess_limits *l = g->limits == NULL ? &none : g->limits;

	args_int(a, l->free);
	args_int(a, l->delay);
	args_int(a, l->delay_max);
	args_int(a, l->most);
	args_int(a, l->device_most);
	args_int(a, l->reset);
	args_text(a, l->window ? "1" : "");
	args_int(a, g->report_every);
}

static void
put_step(struct args *a, const struct guess *g)
{
	char key[KEYS_COUNTER_LEN + 1];

	keys_counter(g->kind, g->counter, key);
	script_begin(SCRIPT_GUESS, a);
	args_copy(a, key, KEYS_COUNTER_LEN);
	args_int(a, g->step);
	args_put(a, g->id, sizeof(g->id));
	args_put(a, g->device == NULL ? (const uint8_t *)"" : g->device, g->device == NULL ? 0 : DEVICE_KEY_LEN);
	args_int(a, g->life);
	put_limits(a, g);
}

static void
take(struct guess *g, redisReply *r)
{
	struct reply p = reply_open(r, g->step == GUESS_RESERVE ? 3 : 1);
	int64_t first = reply_int(&p);

	g->cleared = g->step == GUESS_CLEAR && first > 0;
	g->failures = g->step == GUESS_SUCCEEDED || g->step == GUESS_LOOK ? first : 0;
	if (g->step == GUESS_RESERVE) {
		p.bad |= first < GUESS_GRANTED || first > GUESS_UNDECIDED;
		g->verdict = first == GUESS_GRANTED ? GUESS_GRANTED : first == GUESS_WAIT ? GUESS_WAIT : GUESS_UNDECIDED;
		g->wait_ms = reply_int(&p);
		g->report = reply_int(&p) == 1;
	}
	freeReplyObject(r);
	if (p.bad)
		g->rc = call_nonsense(script_name(SCRIPT_GUESS));
}

/* One that Redis did not know is loaded, and sent again by itself. */
static void
settle(struct redis_store *s, struct guess *g, struct call *c)
{

	if (c->result == DW_ABSENT)
		c->result = call_script(s, c->bucket, SCRIPT_GUESS, c->a, &c->reply);
	if ((g->rc = c->result) == DW_OK)
		take(g, c->reply);
}

void
guess_steps(void *store, struct guess *guesses, size_t n)
{
	struct args args[TOGETHER_MAX];
	struct call calls[TOGETHER_MAX];

	for (size_t done = 0; done < n; done += TOGETHER_MAX) {
		size_t k = n - done < TOGETHER_MAX ? n - done : TOGETHER_MAX;

		for (size_t i = 0; i < k; i++) {
			put_step(&args[i], &guesses[done + i]);
			calls[i] = (struct call){ .bucket = keys_bucket(guesses[done + i].counter), .a = &args[i] };
		}
		call_many(store, calls, k);
		for (size_t i = 0; i < k; i++)
			settle(store, &guesses[done + i], &calls[i]);
	}
}
