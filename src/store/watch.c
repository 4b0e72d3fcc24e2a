#include <poll.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "doorward/config.h"
#include "store/conn.h"
#include "store/keys.h"
#include "store/reply.h"

#include "store/watch.h"

#define TICK_MS 1000 /* how often the callback can end a quiet watch */

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
next(struct conn *c, const struct config *conf, redis_event_fn *event, void *arg, bool *ended)
{
	struct pollfd p = { .fd = conn_fd(c), .events = POLLIN };
	redisReply *r = conn_buffered(c);

	if (r != NULL || !conn_is_open(c))
		return (r);
	while (poll(&p, 1, TICK_MS) <= 0) { /* a signal looks like a tick: the callback may know more */
		if (!event(arg, NULL, 0)) {
			*ended = true;
			return (NULL);
		}
	}
	return (conn_read(c, clock_mono_ms() + conf->redis_command_timeout));
}

static enum dw_result
follow(struct conn *c, const struct config *conf, redis_event_fn *event, void *arg)
{
	bool ended = false;
	redisReply *r;

	if (!subscribe(c, conf))
		return (DW_UNAVAILABLE);
	if (!event(arg, NULL, 0))
		return (DW_OK);
	while (!ended && (r = next(c, conf, event, arg, &ended)) != NULL) {
		ended = !deliver(r, event, arg);
		freeReplyObject(r);
	}
	return (ended ? DW_OK : DW_UNAVAILABLE);
}

enum dw_result
watch_run(struct redis_store *s, redis_event_fn *event, void *arg)
{
	char err[128];
	struct conn *c = conn_new(s->conf, err, sizeof(err));
	enum dw_result result = DW_UNAVAILABLE;

	if (c == NULL)
		return (DW_FAULT);
	if (conn_open(c, clock_mono_ms() + s->conf->redis_connect_timeout + s->conf->redis_command_timeout))
		result = follow(c, s->conf, event, arg);
	conn_free(c);
	return (result);
}
