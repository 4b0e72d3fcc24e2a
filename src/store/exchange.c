/* SPDX-License-Identifier: ISC */
/*
 * One piece of questions over one link, and their replies: the connection, the look at its server, and one second try.
 *
 * Once a second the question for the role goes out in front of the commands, in the same piece: if the server has become a
 * replica in the meantime, what it answered is thrown away, everybody's connections are void, and everything is asked once
 * more over a new one. A script is only sent where the look at this connection said that all it does is allowed: what Redis
 * refuses in its middle would leave half a login behind.
 */
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "doorward/cache.h"
#include "doorward/config.h"
#include "store/call.h"
#include "store/conn.h"
#include "store/durable.h"
#include "store/look.h"
#include "store/meaning.h"

#include "store/exchange.h"

#define LOOK_AGAIN_MS 1000 /* until rights that lacked are looked for again */

/* The server is no longer the master: all that this host has cached from it is void. */
static void
leave(struct redis_store *s, struct link *l)
{

	conn_void(l->conn);
	conn_close(l->conn);
	cache_lease(s->cache, 0);
	cache_flush(s->cache);
}

static bool
take_role(struct redis_store *s, struct link *l, int64_t deadline)
{
	redisReply *r = conn_read(l->conn, deadline);
	bool good = r != NULL && conn_take_role(l->conn, r);

	if (r != NULL && !good)
		leave(s, l);
	freeReplyObject(r);
	return (good);
}

/* Forgets what was answered: it counts together or not at all. Returns false. */
static bool
drop(struct call *const *calls, size_t n)
{

	for (size_t i = 0; i < n; i++) {
		freeReplyObject(calls[i]->reply);
		calls[i]->reply = NULL;
	}
	return (false);
}

static bool
append(const struct redis_store *s, struct link *l, struct call *const *calls, size_t n)
{
	const char *asking[] = { "ASKING" };

	for (size_t i = 0; i < n; i++)
		if ((calls[i]->asking && !conn_append(l->conn, 1, asking, NULL)) ||
		    !conn_append(l->conn, calls[i]->a->n, (const char **)calls[i]->a->v, calls[i]->a->len) ||
		    (calls[i]->keep && !durable_ask(s, l->conn)))
			return (false);
	return (true);
}

/* The answer to ASKING: that it was of no use is said by the next one. */
static bool
skip(struct conn *c, int64_t deadline)
{
	redisReply *r = conn_read(c, deadline);
	bool good = r != NULL;

	freeReplyObject(r);
	return (good);
}

static bool
read_all(struct redis_store *s, struct link *l, struct call *const *calls, size_t n, int64_t deadline)
{

	for (size_t i = 0; i < n; i++)
		if ((calls[i]->asking && !skip(l->conn, deadline)) ||
		    (calls[i]->reply = conn_read(l->conn, deadline)) == NULL ||
		    (calls[i]->keep && !durable_take(s, l->conn, deadline, &calls[i]->kept)))
			return (drop(calls, n));
	return (true);
}

/*
 * Sends ${calls}, the question for the role before them and that for the clock behind them where they are due, and reads the
 * replies.
 */
static bool
exchange(struct redis_store *s, struct link *l, struct call *const *calls, size_t n, int64_t now, int64_t deadline)
{
	bool roled = conn_role_is_old(l->conn, now), timed = conn_time_is_old(l->conn, now);
	redisReply *t;

	s->sent = true;
	if ((roled && !conn_ask_role(l->conn)) || !append(s, l, calls, n) || (timed && !conn_ask_time(l->conn))) {
		conn_close(l->conn); /* half a pipeline would shift all later replies */
		return (false);
	}
	if ((roled && !take_role(s, l, deadline)) || !read_all(s, l, calls, n, deadline))
		return (false);
	if (timed) {
		t = conn_read(l->conn, deadline);
		conn_take_time(l->conn, t);
		freeReplyObject(t);
	}
	return (true);
}

/* The faults of a server that ${calls} are not sent to: none where there is no script among them. */
static uint32_t
refused_by(struct call *const *calls, size_t n)
{
	uint32_t faults = 0;

	for (size_t i = 0; i < n; i++)
		if (strcmp(calls[i]->a->v[0], "EVALSHA") == 0)
			faults |= LOOK_NO_SCRIPTS |
				  (script_fits(SCRIPT_GUESS, calls[i]->a) || script_fits(SCRIPT_ALERT, calls[i]->a)
					  ? LOOK_BIT(LOOK_UNCOUNTED)
					  : 0);
	return (faults);
}

/* May ${calls} be sent? Looks again where that is not known, or where the answer may have become another. */
static bool
is_allowed(struct link *l, struct call *const *calls, size_t n, int64_t deadline)
{
	const struct look *seen = conn_seen(l->conn);
	uint32_t faults = refused_by(calls, n);
	bool bad = (seen->faults & faults) != 0;

	if (faults == 0)
		return (true);
	if (seen->at == 0 || (bad && clock_mono_ms() - seen->at >= LOOK_AGAIN_MS)) {
		if (!conn_look(l->conn, deadline))
			return (true); /* the connection is closed: that is what is found next */
		bad = (seen->faults & faults) != 0;
	}
	l->denied = bad;
	return (!bad);
}

/* Replicas may take their time on top of that of the command. */
static bool
exchange_patiently(struct redis_store *s, struct link *l, struct call *const *calls, size_t n, int64_t now, int64_t deadline)
{
	int64_t more = n == 1 && calls[0]->keep ? durable_begin(s, l->conn) : 0;
	bool good;

	if (more == 0)
		return (exchange(s, l, calls, n, now, deadline));
	conn_patience(l->conn, more);
	good = exchange(s, l, calls, n, now, deadline + more);
	conn_patience(l->conn, 0);
	return (good);
}

/* Over the open connection. False: try another one, unless this one kept silent or the server may not be sent this. */
static bool
ask_open(struct redis_store *s, struct link *l, struct call *const *calls, size_t n, int64_t now, int64_t deadline)
{

	if (!is_allowed(l, calls, n, deadline) || !exchange_patiently(s, l, calls, n, now, deadline))
		return (false);
	for (size_t i = 0; i < n; i++)
		if (calls[i]->reply->type == REDIS_REPLY_ERROR && meaning_of(calls[i]->reply) == MEANS_DEMOTED) {
			leave(s, l);
			return (drop(calls, n));
		}
	return (true);
}

/*
 * One connection attempt at most: if there is no connection, if the one there is was closed by the other side while it lay
 * idle, or if its server turned out to be no master. A connection that keeps silent is not tried again: the caller would wait
 * twice.
 */
bool
exchange_ask(struct redis_store *s, struct link *l, struct call *const *calls, size_t n)
{
	int64_t now = clock_mono_ms(), wait = s->conf->redis_connect_timeout;
	int64_t command = clock_earlier(now + s->conf->redis_command_timeout, s->until), all;

	l->denied = false;
	all = clock_earlier(now + (wait > s->conf->redis_command_timeout ? wait : s->conf->redis_command_timeout), s->until);
	if (!conn_is_current(l->conn))
		conn_close(l->conn);
	if (conn_is_open(l->conn)) {
		if (ask_open(s, l, calls, n, now, command))
			return (true);
		if (l->denied || conn_was_slow(l->conn))
			return (false);
	}
	return (conn_open(l->conn, all) &&
		ask_open(s, l, calls, n, now, clock_earlier(clock_mono_ms() + s->conf->redis_command_timeout, s->until)));
}
