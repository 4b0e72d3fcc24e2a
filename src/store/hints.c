/* SPDX-License-Identifier: ISC */
/*
 * A connection that is subscribed to the channel of events. An event's id names its bucket. What is published in a cluster is
 * told by every one of its nodes, so one connection is enough. A PING every few seconds finds out that the other side has gone
 * without a word; a server that was made a replica goes on telling, late or not at all, which is what the sweep of the outboxes
 * is for.
 */
#include <sys/epoll.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "doorward/config.h"
#include "store/conn.h"
#include "store/event_id.h"
#include "store/keys.h"
#include "store/reply.h"

#include "store/hints.h"

#define RETRY_MS 1000
#define PING_MS 5000
#define MESSAGES_MAX 1024 /* in one turn */

struct hints {
	const struct config *conf;
	struct conn *conn;
	hint_fn *hint;
	void *arg;
	int set;     /* epoll */
	int fd;      /* of the connection, while it is in there; -1 = not */
	int64_t at;  /* mono, ms: next try, next ping */
	bool silent; /* nothing came since the last ping */
};

struct hints *
hints_new(const struct config *c, hint_fn *hint, void *arg, char *err, size_t errlen)
{
	struct hints *h = calloc(1, sizeof(*h));

	if (h == NULL || (h->set = epoll_create1(EPOLL_CLOEXEC)) < 0) {
		snprintf(err, errlen, "out of memory or descriptors");
		free(h);
		return (NULL);
	}
	*h = (struct hints){ .conf = c, .hint = hint, .arg = arg, .set = h->set, .fd = -1 };
	if ((h->conn = conn_new(c, c->redis_url, err, errlen)) != NULL) {
		conn_set_node(h->conn, NULL); /* what lacks there is said by the store's connections */
		return (h);
	}
	close(h->set);
	free(h);
	return (NULL);
}

void
hints_free(struct hints *h)
{

	if (h == NULL)
		return;
	conn_free(h->conn);
	close(h->set);
	free(h);
}

int
hints_fd(const struct hints *h)
{

	return (h->set);
}

bool
hints_are_heard(const struct hints *h)
{

	return (h->fd >= 0);
}

int64_t
hints_due(const struct hints *h)
{
	int64_t now = clock_mono_ms();

	return (h->at <= now ? 0 : h->at - now);
}

static void
lose(struct hints *h)
{

	/* a descriptor that was closed has left the set by itself */
	conn_close(h->conn);
	h->fd = -1;
	h->at = clock_mono_ms() + RETRY_MS;
}

static void
subscribe(struct hints *h)
{
	static const char *const argv[] = { "SUBSCRIBE", KEYS_EVENTS };
	struct epoll_event e = { .events = EPOLLIN };
	int64_t now = clock_mono_ms();

	h->at = now + RETRY_MS;
	if (!conn_open(h->conn, now + h->conf->redis_connect_timeout + h->conf->redis_command_timeout))
		return;
	h->fd = conn_fd(h->conn);
	if (!conn_append(h->conn, 2, (const char **)argv, NULL) || !conn_flush(h->conn) ||
	    epoll_ctl(h->set, EPOLL_CTL_ADD, h->fd, &e) != 0) {
		lose(h);
		return;
	}
	h->at = now + PING_MS;
	h->silent = false;
}

/* Its id is the first member of an event, which is what scripts write; any other event is found by the sweep. */
static void
take_event(struct hints *h, struct str json)
{
	static const char first[] = "{\"id\":\"";
	struct str id = json;
	unsigned bucket;
	int64_t at;

	if (!str_starts(json, first))
		return;
	id.p += sizeof(first) - 1;
	id.len -= sizeof(first) - 1;
	if (event_id_parse(str_cut(&id, '"'), &bucket, &at))
		h->hint(h->arg, (int)bucket);
}

static void
take(struct hints *h, const redisReply *r)
{
	struct reply p = reply_open(r, 2);
	struct str kind = reply_str(&p), channel = reply_str(&p);

	h->silent = false;
	if (!p.bad && str_is(kind, "subscribe"))
		h->hint(h->arg, -1);
	else if (!p.bad && str_is(kind, "message") && str_is(channel, KEYS_EVENTS))
		take_event(h, reply_str(&p));
}

static void
take_all(struct hints *h)
{
	redisReply *r = conn_read(h->conn, clock_mono_ms() + h->conf->redis_command_timeout);

	if (r == NULL) {
		lose(h);
		return;
	}
	for (int i = 0; r != NULL; i++) {
		take(h, r);
		freeReplyObject(r);
		r = i < MESSAGES_MAX || !conn_is_open(h->conn) ? conn_buffered(h->conn) : NULL;
	}
}

static void
ping(struct hints *h)
{
	static const char *const argv[] = { "PING" };

	if (h->silent || !conn_append(h->conn, 1, (const char **)argv, NULL) || !conn_flush(h->conn)) {
		lose(h);
		return;
	}
	h->silent = true;
	h->at = clock_mono_ms() + PING_MS;
}

void
hints_run(struct hints *h)
{
	struct epoll_event e;

	if (h->fd >= 0 && epoll_wait(h->set, &e, 1, 0) > 0)
		take_all(h);
	if (hints_due(h) > 0)
		return;
	if (h->fd < 0)
		subscribe(h);
	else
		ping(h);
}
