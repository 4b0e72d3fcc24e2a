/* SPDX-License-Identifier: ISC */
/*
 * One question: breaker, connection, the question itself, and what the answer comes to.
 *
 * Once a second the question for the role goes out in front of the command, in the same piece: if the server has become a
 * replica in the meantime, what it answered is thrown away, everybody's connections are void, and the question is asked once
 * more over a new one. A script is only sent where the look at this connection said that all it does is allowed: what Redis
 * refuses in its middle would leave half a login behind.
 */
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "base/log.h"
#include "doorward/board.h"
#include "doorward/cache.h"
#include "doorward/config.h"
#include "store/conn.h"
#include "store/look.h"
#include "store/warn.h"

#include "store/call.h"

#define HOLD_MS 200        /* until a server that was no master is tried again: the new one is to be found within a second */
#define LOOK_AGAIN_MS 1000 /* until rights that lacked are looked for again */

/* What the first word of an error says. */
enum meaning {
	MEANS_DOWN,   /* the server cannot be asked at present: counts for the breaker */
	MEANS_NO,     /* it refuses this write, and would answer others: does not count */
	MEANS_MOVED,  /* it is not the master any more: the next call connects anew */
	MEANS_SCRIPT, /* it does not know the script */
	MEANS_FAULT   /* our own mistake, or foreign data under our key */
};

static const struct {
	const char *word;
	enum meaning meaning;
} meanings[] = {
	{ "NOSCRIPT", MEANS_SCRIPT },
	{ "READONLY", MEANS_MOVED },
	{ "LOADING", MEANS_DOWN },
	{ "MASTERDOWN", MEANS_DOWN },
	{ "CLUSTERDOWN", MEANS_DOWN },
	{ "BUSY", MEANS_DOWN },
	{ "NOAUTH", MEANS_DOWN },
	{ "NOPERM", MEANS_DOWN },
	{ "OOM", MEANS_NO },
	{ "MISCONF", MEANS_NO },
	{ "NOREPLICAS", MEANS_NO },
};

static struct str
first_word(const redisReply *r)
{
	struct str s = { r->str, r->len };

	return (str_cut(&s, ' '));
}

static enum meaning
meaning_of(const redisReply *r)
{
	struct str word = first_word(r);

	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (str_is(word, meanings[i].word))
			return (meanings[i].meaning);
	return (MEANS_FAULT);
}

/* It is the master no more: nothing that this host keeps of it counts. */
static void
leave(struct redis_store *s)
{

	conn_void(s->conn);
	conn_close(s->conn);
	cache_lease(s->cache, 0);
	cache_flush(s->cache);
}

static bool
take_role(struct redis_store *s, int64_t deadline)
{
	redisReply *r = conn_read(s->conn, deadline);
	bool good = r != NULL && conn_take_role(s->conn, r);

	if (r != NULL && !good)
		leave(s);
	freeReplyObject(r);
	return (good);
}

/*
 * Sends ${a}, the question for the role before it and that for the clock behind it where they are due; returns the reply to
 * ${a}.
 */
static redisReply *
exchange(struct redis_store *s, const struct args *a, int64_t now, int64_t deadline)
{
	bool roled = conn_role_is_old(s->conn, now), timed = conn_time_is_old(s->conn, now);
	redisReply *r, *t;

	if ((roled && !conn_ask_role(s->conn)) || !conn_append(s->conn, a->n, (const char **)a->v, a->len) ||
	    (timed && !conn_ask_time(s->conn))) {
		conn_close(s->conn); /* half a pipeline would shift all later replies */
		return (NULL);
	}
	if (roled && !take_role(s, deadline))
		return (NULL);
	if ((r = conn_read(s->conn, deadline)) != NULL && timed) {
		t = conn_read(s->conn, deadline);
		conn_take_time(s->conn, t);
		freeReplyObject(t);
	}
	return (r);
}

/* May ${a} be sent? Looks again where that is not known, or where the answer may have become another. */
static bool
is_allowed(struct redis_store *s, const struct args *a, int64_t deadline)
{
	const struct look *l = conn_seen(s->conn);
	bool bad = (l->faults & LOOK_NO_SCRIPTS) != 0;

	if (strcmp(a->v[0], "EVALSHA") != 0)
		return (true);
	if (l->at == 0 || (bad && clock_mono_ms() - l->at >= LOOK_AGAIN_MS)) {
		if (!conn_look(s->conn, deadline))
			return (true); /* the connection is closed: that is what is found next */
		bad = (l->faults & LOOK_NO_SCRIPTS) != 0;
	}
	s->denied = bad;
	return (!bad);
}

/* Over the open connection. NULL: try another one, unless this one kept silent or the server may not be sent this. */
static redisReply *
ask_open(struct redis_store *s, const struct args *a, int64_t now, int64_t deadline)
{
	redisReply *r;

	if (!is_allowed(s, a, deadline) || (r = exchange(s, a, now, deadline)) == NULL)
		return (NULL);
	if (r->type != REDIS_REPLY_ERROR || meaning_of(r) != MEANS_MOVED)
		return (r);
	leave(s);
	freeReplyObject(r);
	return (NULL);
}

/*
 * One connection attempt at most: if there is no connection, if the one there is was closed by the other side while it lay
 * idle, or if its server turned out to be no master. A connection that keeps silent is not tried again: the caller would wait
 * twice.
 */
static redisReply *
ask(struct redis_store *s, const struct args *a)
{
	int64_t now = clock_mono_ms(), wait = s->conf->redis_connect_timeout;
	int64_t command = now + s->conf->redis_command_timeout, all;
	redisReply *r = NULL;

	s->denied = false;
	all = now + (wait > s->conf->redis_command_timeout ? wait : s->conf->redis_command_timeout);
	if (!conn_is_current(s->conn))
		conn_close(s->conn);
	if (conn_is_open(s->conn)) {
		r = ask_open(s, a, now, command);
		if (r != NULL || s->denied || conn_was_slow(s->conn))
			return (r);
	}
	if (conn_open(s->conn, all))
		r = ask_open(s, a, now, clock_mono_ms() + s->conf->redis_command_timeout);
	return (r);
}

static void
show(struct redis_store *s, bool failed)
{

	if (s->slot == NULL)
		return;
	atomic_store_explicit(&s->slot->breaker, s->breaker.state, memory_order_relaxed);
	if (failed)
		board_count(s->slot, COUNT_STORE_ERRORS, 1);
}

static enum dw_result
down(struct redis_store *s)
{

	if ((conn_seen(s->conn)->faults & LOOK_UNUSABLE) != 0)
		breaker_hold(&s->breaker, clock_mono_ms(), HOLD_MS);
	else if (breaker_failure(&s->breaker, clock_mono_ms()))
		log_warn("Redis does not answer, not asking it for a while failures=%d open_ms=%d", (int)s->breaker.failures,
		    (int)s->breaker.open_ms);
	show(s, true);
	return (DW_UNAVAILABLE);
}

static void
answered(struct redis_store *s, bool failed)
{

	if (breaker_success(&s->breaker))
		log_info("Redis answers again");
	show(s, failed);
}

/* Logs the error without what Redis may have repeated of our arguments. */
static void
complain(const char *command, const redisReply *r)
{
	struct str text = { r->str, r->len };
	const char *args = memmem(text.p, text.len, ", with args", strlen(", with args"));

	if (args != NULL)
		text.len = (size_t)(args - text.p);
	if (warn_due(WARN_FAULT))
		log_error("Redis error command=%s error=%s", command, log_text(text));
}

/* Takes the error ${r} and says what it comes to. */
static enum dw_result
refused(struct redis_store *s, const char *command, redisReply *r)
{
	enum meaning m = meaning_of(r);

	if (m == MEANS_SCRIPT) {
		answered(s, false);
		return (DW_ABSENT);
	}
	if (m == MEANS_FAULT)
		complain(command, r);
	else if (warn_due(WARN_REFUSED))
		log_warn("Redis refuses command=%s error=%s", command, log_text(first_word(r)));
	if (str_is(first_word(r), "NOPERM"))
		conn_close(s->conn); /* our rights have changed: the next one looks */
	if (m == MEANS_DOWN)
		return (down(s));
	answered(s, true);
	return (m == MEANS_FAULT ? DW_FAULT : DW_UNAVAILABLE);
}

static enum dw_result
settle(struct redis_store *s, const char *command, redisReply *r, redisReply **out)
{
	enum dw_result result;

	*out = NULL;
	if (s->denied) {
		answered(s, true);
		return (DW_UNAVAILABLE);
	}
	if (r == NULL)
		return (down(s));
	if (r->type == REDIS_REPLY_ERROR) {
		result = refused(s, command, r);
		freeReplyObject(r);
		return (result);
	}
	answered(s, false);
	*out = r;
	return (DW_OK);
}

enum dw_result
call_ask(struct redis_store *s, const struct args *a, struct redisReply **out)
{
	enum dw_result result;
	uint32_t stage;

	*out = NULL;
	if (a->overflow)
		return (DW_FAULT);
	if (!breaker_allows(&s->breaker, clock_mono_ms())) {
		show(s, true);
		return (DW_UNAVAILABLE);
	}
	if (s->slot == NULL)
		return (settle(s, a->v[0], ask(s, a), out));
	stage = atomic_load_explicit(&s->slot->stage, memory_order_relaxed);
	board_stage(s->slot, STAGE_REDIS);
	result = settle(s, a->v[0], ask(s, a), out);
	board_stage(s->slot, (enum board_stage)stage);
	return (result);
}

enum dw_result
call_script(struct redis_store *s, enum script_id id, const struct args *a, struct redisReply **out)
{
	enum dw_result result;
	struct args load;

	*out = NULL;
	if (!script_fits(id, a))
		return (call_nonsense(script_name(id)));
	if ((result = call_ask(s, a, out)) != DW_ABSENT)
		return (result);
	args_init(&load, "SCRIPT");
	args_text(&load, "LOAD");
	args_text(&load, script_text(id));
	if ((result = call_ask(s, &load, out)) != DW_OK)
		return (result == DW_ABSENT ? DW_FAULT : result);
	freeReplyObject(*out);
	result = call_ask(s, a, out);
	return (result == DW_ABSENT ? DW_FAULT : result);
}

enum dw_result
call_nonsense(const char *command)
{

	if (warn_due(WARN_FAULT))
		log_error("Redis record or reply makes no sense command=%s", command);
	return (DW_FAULT);
}
