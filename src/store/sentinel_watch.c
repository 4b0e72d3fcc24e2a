/* SPDX-License-Identifier: ISC */
/*
 * A subscription to each sentinel. What they publish is taken as a reason to ask, never as the answer: so it does not matter
 * which of them says it first, or twice, and what one could not say while its connection was down is made up for by asking once
 * it stands. The sentinel that leads a failover says +switch-master only when it is through with all replicas; the new master
 * is one since +promoted-slave.
 */
#include <sys/epoll.h>

#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "base/redis_url.h"
#include "base/resolve.h"
#include "base/str.h"
#include "store/sentinel_link.h"

#include "store/sentinel_watch.h"

#define RETRY_MS 1000   /* between two tries to connect */
#define RESOLVING_MS 50 /* until its name may have been resolved */
#define PING_MS 2000    /* after this long without a word it is asked for one; and after as long again it is lost */
#define MESSAGES_MAX 64 /* in one turn */

struct ear {
	struct sentinel_link link;
	int64_t at;     /* mono, ms: next try, or next ping */
	unsigned tries; /* to connect; each with another address of its name */
	bool silent;    /* since the last ping */
	bool told;      /* something, since it was asked about last */
};

struct sentinel_watch {
	const struct config *conf;
	const struct redis_url *url;
	struct ear ears[REDIS_HOSTS_MAX];
	int set; /* epoll */
};

struct sentinel_watch *
sentinel_watch_new(const struct config *c, const struct redis_url *url)
{
	struct sentinel_watch *w = calloc(1, sizeof(*w));

	if (w == NULL || (w->set = epoll_create1(EPOLL_CLOEXEC)) < 0) {
		free(w);
		return (NULL);
	}
	w->conf = c;
	w->url = url;
	return (w);
}

void
sentinel_watch_free(struct sentinel_watch *w)
{

	if (w == NULL)
		return;
	for (size_t i = 0; i < w->url->n; i++)
		sentinel_link_close(&w->ears[i].link);
	close(w->set);
	free(w);
}

int
sentinel_watch_fd(const struct sentinel_watch *w)
{

	return (w->set);
}

/* POLLIN and POLLOUT are EPOLLIN and EPOLLOUT on Linux, but nobody says so. */
static void
want(const struct sentinel_watch *w, struct ear *e, int op)
{
	short events = sentinel_link_events(&e->link);
	struct epoll_event event = { .events = EPOLLIN | ((events & POLLOUT) != 0 ? EPOLLOUT : 0), .data.ptr = e };

	if (epoll_ctl(w->set, op, sentinel_link_fd(&e->link), &event) != 0)
		sentinel_link_close(&e->link);
}

static void
open_ear(const struct sentinel_watch *w, struct ear *e, int64_t now)
{
	static const char *const subscribe[] = { "SUBSCRIBE", "+switch-master", "+promoted-slave" };

	const struct redis_host *h = &w->url->hosts[e - w->ears];
	struct resolved list;

	if (resolve(h->name, 0, &list) != 0) {
		e->at = now + RESOLVING_MS;
		return;
	}
	e->at = now + RETRY_MS;
	if (!sentinel_link_open(&e->link, list.address[e->tries++ % list.n], h->port) ||
	    !sentinel_link_ask(&e->link, 3, (const char **)subscribe))
		return;
	e->silent = false;
	e->at = now + PING_MS;
	want(w, e, EPOLL_CTL_ADD);
}

static void
ping(const struct sentinel_watch *w, struct ear *e, int64_t now)
{
	static const char *const argv[] = { "PING" };

	e->at = now + PING_MS;
	if (e->silent || !sentinel_link_ask(&e->link, 1, (const char **)argv)) {
		sentinel_link_close(&e->link);
		return;
	}
	e->silent = true;
	want(w, e, EPOLL_CTL_MOD);
}

/* "+switch-master": name, old host, … "+promoted-slave": kind, name, host, port, "@", master, … One word of it is the name. */
static bool
is_about(const struct sentinel_watch *w, struct str message)
{

	while (message.p != NULL)
		if (str_is(str_cut(&message, ' '), w->url->master))
			return (true);
	return (false);
}

static struct str
text_of(const redisReply *r)
{

	return (r->type == REDIS_REPLY_STRING ? (struct str){ r->str, r->len } : STR_NONE);
}

/* A subscription that stands now has missed what was said before. */
static void
take(const struct sentinel_watch *w, struct ear *e, const redisReply *r)
{
	bool triple = r->type == REDIS_REPLY_ARRAY && r->elements == 3;

	e->silent = false;
	if (triple && (str_is(text_of(r->element[0]), "subscribe") ||
			  (str_is(text_of(r->element[0]), "message") && is_about(w, text_of(r->element[2])))))
		e->told = true;
}

static void
take_all(const struct sentinel_watch *w, struct ear *e)
{
	redisReply *r;

	for (int i = 0; i < MESSAGES_MAX && (r = sentinel_link_reply(&e->link)) != NULL; i++) {
		take(w, e, r);
		freeReplyObject(r);
	}
	if (sentinel_link_fd(&e->link) >= 0)
		want(w, e, EPOLL_CTL_MOD);
}

static void
take_ready(struct sentinel_watch *w)
{
	struct epoll_event events[REDIS_HOSTS_MAX];
	int n = epoll_wait(w->set, events, REDIS_HOSTS_MAX, 0);

	for (int i = 0; i < n; i++) {
		struct ear *e = events[i].data.ptr;
		uint32_t ready = events[i].events;

		if (sentinel_link_step(&e->link, w->conf,
			(short)(((ready & EPOLLOUT) != 0 ? POLLOUT : 0) | ((ready & ~(uint32_t)EPOLLOUT) != 0 ? POLLIN : 0))))
			take_all(w, e);
	}
}

bool
sentinel_watch_run(struct sentinel_watch *w)
{
	int64_t now = clock_mono_ms();
	bool told = false;

	take_ready(w);
	for (size_t i = 0; i < w->url->n; i++) {
		struct ear *e = &w->ears[i];

		if (now >= e->at && sentinel_link_fd(&e->link) < 0)
			open_ear(w, e, now);
		else if (now >= e->at)
			ping(w, e, now);
		told |= e->told;
		e->told = false;
	}
	return (told);
}
