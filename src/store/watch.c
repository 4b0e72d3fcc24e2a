/* SPDX-License-Identifier: ISC */
/*
 * Two connections: the store's own, over which the streams are read, and one that is subscribed to the channel of the events.
 * What comes there is thrown away: it says that there is something to read, a moment after it happened and without asking all
 * the time. It may be silent for any reason (a server that became a replica, a right that lacks): the streams are looked at
 * once a second anyway, and when they had something of which it said nothing, it is made anew.
 */
#include <poll.h>
#include <stdlib.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "doorward/config.h"
#include "doorward/node.h"
#include "store/call.h"
#include "store/conn.h"
#include "store/keys.h"
#include "store/tail.h"

#include "store/watch.h"

#define TICK_MS 1000 /* the longest time between two looks, and between two calls that can end a quiet watch */
#define REST_MS 20   /* the shortest time between two looks: 1024 streams cost Redis a few tenths of a millisecond */
#define SOON_MS 2    /* till what was too young to be told is old enough */

struct watch {
	const struct config *conf;
	struct tail *tail;
	struct conn *hint;
	struct node node;  /* what is known of the server behind ${hint} */
	int64_t hinted_at; /* mono, ms: when it was last tried to connect */
	watch_fn *event;
	void *arg;
	uint64_t given; /* events */
	bool ended;
};

struct watch *
watch_new(struct redis_store *s)
{
	struct watch *w = calloc(1, sizeof(*w));
	char err[128];

	if (w == NULL)
		return (NULL);
	w->conf = s->conf;
	w->tail = tail_new(s);
	w->hint = conn_new(s->conf, s->conf->redis_url, err, sizeof(err));
	if (w->tail == NULL || w->hint == NULL) {
		watch_free(w);
		return (NULL);
	}
	conn_set_node(w->hint, &w->node);
	w->node.hushed = 1; /* the connection that reads says what is wrong with the server */
	return (w);
}

void
watch_free(struct watch *w)
{

	if (w == NULL)
		return;
	conn_free(w->hint);
	tail_free(w->tail);
	free(w);
}

enum dw_result
watch_from_now(struct watch *w)
{

	return (tail_from_now(w->tail));
}

enum dw_result
watch_from_ago(struct watch *w, int64_t ms)
{

	return (tail_from_ago(w->tail, ms));
}

enum dw_result
watch_from_id(struct watch *w, struct str id)
{

	return (tail_from_id(w->tail, id));
}

/* Subscribes if that has not been tried for a moment; without it everything works, a second later. */
static void
subscribe(struct watch *w)
{
	static const char *const argv[] = { "SUBSCRIBE", KEYS_EVENTS };
	int64_t now = clock_mono_ms();
	redisReply *r;

	if (conn_is_open(w->hint) || now - w->hinted_at < TICK_MS)
		return;
	w->hinted_at = now;
	if (!conn_open(w->hint, now + w->conf->redis_connect_timeout + w->conf->redis_command_timeout))
		return;
	r = conn_append(w->hint, 2, (const char **)argv, NULL)
		? conn_read(w->hint, clock_mono_ms() + w->conf->redis_command_timeout)
		: NULL;
	if (r == NULL || r->type != REDIS_REPLY_ARRAY)
		conn_close(w->hint);
	freeReplyObject(r);
}

/* Throws away what the channel said. */
static void
drain(struct watch *w)
{
	redisReply *r = conn_read(w->hint, clock_mono_ms() + w->conf->redis_command_timeout);

	while (r != NULL) {
		freeReplyObject(r);
		r = conn_buffered(w->hint);
	}
}

/* Waits for a hint. Returns false where there was none in ${ms}. */
static bool
wait(struct watch *w, int ms)
{
	struct pollfd p = { .fd = conn_fd(w->hint), .events = POLLIN };
	int n = poll(&p, 1, ms);

	if (n > 0)
		drain(w);
	return (n > 0);
}

static bool
take(void *arg, struct str json)
{
	struct watch *w = arg;

	w->given++;
	w->ended = !w->event(w->arg, json);
	return (!w->ended);
}

/* One look at the streams, and the wait for the next. */
static enum dw_result
turn(struct watch *w, bool *hinted)
{
	uint64_t before = w->given;
	enum dw_result result;
	bool more;

	subscribe(w);
	if ((result = tail_read(w->tail, take, w, &more)) != DW_OK || w->ended)
		return (result);
	if (!*hinted && w->given > before)
		conn_close(w->hint); /* it is deaf */
	if (more) {
		*hinted = wait(w, SOON_MS) || *hinted;
		return (DW_OK);
	}
	w->ended = !w->event(w->arg, STR_NONE);
	if (w->ended)
		return (DW_OK);
	if (poll(NULL, 0, *hinted ? REST_MS : 0) == 0) /* else a signal, of which the callback knows more */
		*hinted = wait(w, TICK_MS);
	return (DW_OK);
}

enum dw_result
watch_run(struct watch *w, watch_fn *event, void *arg)
{
	enum dw_result result = DW_OK;
	bool hinted = true; /* the first look needs none */

	w->event = event;
	w->arg = arg;
	w->ended = false;
	while (result == DW_OK && !w->ended)
		result = turn(w, &hinted);
	if (result != DW_OK)
		conn_close(w->hint);
	return (result);
}
