/* SPDX-License-Identifier: ISC */
/*
 * The events as Redis publishes them, over one connection that waits for nothing else. It cannot ask for the role; a server
 * that has become a replica would keep silent for ever, or tell late. So a second connection looks, as often as the callback
 * is given its turn.
 */
#include <poll.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "doorward/config.h"
#include "doorward/node.h"
#include "store/conn.h"
#include "store/keys.h"
#include "store/look.h"
#include "store/reply.h"

#include "store/watch.h"

#define TICK_MS 1000 /* how often the callback can end a quiet watch */

struct watcher {
	struct conn *conn, *looking;
	const struct config *conf;
	int64_t looked_at; /* mono, ms */
	redis_event_fn *event;
	void *arg;
};

/* Is it still the master? One that cannot be asked just now is not known to be another. */
static bool
is_master(struct watcher *w)
{
	int64_t now = clock_mono_ms(), wait = w->conf->redis_connect_timeout + w->conf->redis_command_timeout;

	if (now - w->looked_at < TICK_MS)
		return (true);
	w->looked_at = now;
	if (conn_is_open(w->looking) ? conn_look(w->looking, now + wait) : conn_open(w->looking, now + wait))
		return (conn_is_current(w->conn));
	return ((conn_seen(w->looking)->faults & LOOK_UNUSABLE) == 0);
}

/* Subscribes and waits for the confirmation. */
static bool
subscribe(struct conn *c, const struct config *conf)
{
	static const char *const argv[] = { "SUBSCRIBE", KEYS_EVENTS };
	redisReply *r;
	bool good;

	if (!conn_append(c, 2, (const char **)argv, NULL))
		return (false);
	if ((r = conn_read(c, clock_mono_ms() + conf->redis_command_timeout)) == NULL)
		return (false);
	good = r->type == REDIS_REPLY_ARRAY;
	freeReplyObject(r);
	return (good);
}

/* Hands on one message; anything else on this connection is nothing to us. Returns what the callback says. */
static bool
deliver(const redisReply *r, redis_event_fn *event, void *arg)
{
	struct reply p = reply_open(r, 3);
	struct str kind = reply_str(&p), channel = reply_str(&p), text;

	if (p.bad || !str_is(kind, "message") || !str_is(channel, KEYS_EVENTS))
		return (true);
	text = reply_str(&p);
	return (text.p == NULL || event(arg, text.p, text.len));
}

/* The next message, or NULL: with ${*ended} set if the callback wanted to end, else the connection is lost. */
static redisReply *
next(struct watcher *w, bool *ended)
{
	struct pollfd p = { .fd = conn_fd(w->conn), .events = POLLIN };
	redisReply *r = conn_buffered(w->conn);

	if (r != NULL || !conn_is_open(w->conn))
		return (r);
	for (;;) {
		int n = poll(&p, 1, TICK_MS);

		if (!is_master(w))
			return (NULL);
		if (n > 0)
			return (conn_read(w->conn, clock_mono_ms() + w->conf->redis_command_timeout));
		if (!w->event(w->arg, NULL, 0)) { /* a signal looks like a tick: the callback may know more */
			*ended = true;
			return (NULL);
		}
	}
}

static enum dw_result
follow(struct watcher *w)
{
	bool ended = false;
	redisReply *r;

	if (!subscribe(w->conn, w->conf))
		return (DW_UNAVAILABLE);
	if (!w->event(w->arg, NULL, 0))
		return (DW_OK);
	while (!ended && (r = next(w, &ended)) != NULL) {
		ended = !deliver(r, w->event, w->arg);
		freeReplyObject(r);
	}
	return (ended ? DW_OK : DW_UNAVAILABLE);
}

/* One node is enough for any number of them: what is published in a cluster is told by every one of its nodes. */
enum dw_result
watch_run(struct redis_store *s, redis_event_fn *event, void *arg)
{
	char err[128];
	struct node node = { .epoch = 0 };
	struct watcher w = { .conf = s->conf,
		.event = event,
		.arg = arg,
		.conn = conn_new(s->conf, s->conf->redis_url, err, sizeof(err)),
		.looking = conn_new(s->conf, s->conf->redis_url, err, sizeof(err)) };
	enum dw_result result = DW_FAULT;

	if (w.conn != NULL && w.looking != NULL) {
		conn_set_node(w.conn, &node);
		conn_set_node(w.looking, &node); /* another server that answers there ends the watch of this one */
		result = DW_UNAVAILABLE;
		if (conn_open(w.conn, clock_mono_ms() + s->conf->redis_connect_timeout + s->conf->redis_command_timeout))
			result = follow(&w);
	}
	conn_free(w.conn);
	conn_free(w.looking);
	return (result);
}
