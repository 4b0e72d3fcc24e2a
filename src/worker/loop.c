#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "worker/fcgi.h"
#include "worker/peek.h"
#include "worker/signals.h"
#include "worker/wear.h"

#include "worker/loop.h"

#define CONNECTIONS_MAX 1024 /* a worker holds; a front keeps some tens, the rest is for a burst */
#define EVENTS_MAX 64
/*
 * What is only looked at stays in the socket, and small pieces use up its room long before their bytes do, so that the rest of a body could
 * never be sent: after so many looks, or at so many pieces, it is read as it comes.
 */
#define LOOKS_MAX 32
#define PIECES_MAX 32
#define TICK_MS 250          /* how exactly deadlines are kept while something is pending */

/* What an epoll event is about: an index into the connections, or one of these. */
#define ABOUT_MASTER UINT32_MAX
#define ABOUT_LISTEN (UINT32_MAX - CHILD_LISTEN_MAX)

struct connection {
	FCGX_Request request;
	int fd;            /* -1 = free */
	uint32_t next;     /* of the free list */
	bool watched;      /* in the epoll set */
	unsigned looks;    /* at the body of the request that is coming */
	bool answered;     /* at least once: a peer that does not read could have filled the socket */
	bool timed;        /* reading and writing have an end */
	bool kept;         /* is between requests */
	int64_t since;     /* mono ms: when the front began to owe us a request */
};

struct loop {
	struct app *app;
	struct child *child;
	const struct loop_options *o;
	int ep;
	bool leaving, listening;
	uint32_t free_list, open, limit;
	uint64_t served;
	int64_t checked; /* mono ms: when the deadlines were last looked at */
	struct wear wear;
	struct connection connections[CONNECTIONS_MAX];
};

static void
watch(struct loop *l, int op, int fd, uint32_t events, uint32_t about)
{
	struct epoll_event ev = { .events = events, .data.u32 = about };

	if (epoll_ctl(l->ep, op, fd, &ev) != 0)
		log_error("epoll_ctl failed op=%d fd=%d errno=%d", op, fd, errno);
}

/* EPOLLEXCLUSIVE: a connection wakes one worker, not all. */
static void
listen_on(struct loop *l, bool on)
{

	if (l->listening == on)
		return;
	l->listening = on;
	for (uint32_t i = 0; i < l->child->n_listen; i++)
		watch(l, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, l->child->listen_fds[i], on ? EPOLLIN | EPOLLEXCLUSIVE : 0, ABOUT_LISTEN + i);
}

static struct connection *
take_slot(struct loop *l, int fd)
{
	struct connection *c = &l->connections[l->free_list];

	l->free_list = c->next;
	l->open++;
	c->fd = fd;
	c->watched = c->answered = c->timed = c->kept = false;
	c->looks = 0;
	c->since = clock_mono_ms();
	atomic_store_explicit(&l->app->slot->connections, l->open, memory_order_relaxed);
	return (c);
}

/* The descriptor is closed by now: by libfcgi, or by drop(). */
static void
give_slot(struct loop *l, struct connection *c)
{

	c->fd = -1;
	c->next = l->free_list;
	l->free_list = (uint32_t)(c - l->connections);
	l->open--;
	atomic_store_explicit(&l->app->slot->connections, l->open, memory_order_relaxed);
}

static void
drop(struct loop *l, struct connection *c)
{

	close(c->fd);
	give_slot(l, c);
}

static void
keep_waiting(struct loop *l, struct connection *c)
{

	if (c->watched)
		return;
	/* Edge-triggered: what has been looked at and found incomplete wakes us only when more has come. */
	watch(l, EPOLL_CTL_ADD, c->fd, EPOLLIN | EPOLLRDHUP | EPOLLET, (uint32_t)(c - l->connections));
	c->watched = true;
}

static void
serve_one(struct loop *l, struct connection *c, bool large, bool poisoned)
{
	struct fcgi_visit v = { .fd = c->fd, .may_keep = !l->o->single && !l->leaving, .poisoned = poisoned, .deadline = l->o->deadline };

	if (large || (c->answered && !c->timed)) { /* a first, small answer fits an empty socket: most connections need no more */
		fcgi_set_timeouts(c->fd, l->o->deadline);
		c->timed = true;
	}
	l->served++;
	c->looks = 0;
	if (!fcgi_serve(l->app, &c->request, &v)) {
		give_slot(l, c);
		return;
	}
	c->kept = c->answered = true;
	c->since = clock_mono_ms();
	keep_waiting(l, c);
}

/* Something has happened on ${c}: serve it, wait on, or let it go. ${gone}: the peer will send no more. */
static void
look_at(struct loop *l, struct connection *c, bool gone)
{
	struct peek_found found;

	switch (peek(c->fd, &found)) {
	case PEEK_COMPLETE:
		serve_one(l, c, false, found.poisoned);
		break;
	case PEEK_LARGE:
		serve_one(l, c, true, found.poisoned);
		break;
	case PEEK_BODY:
		if (!gone && (++c->looks >= LOOKS_MAX || found.pieces >= PIECES_MAX)) {
			serve_one(l, c, true, found.poisoned);
			break;
		}
		/* FALLTHROUGH */
	case PEEK_PARTIAL:
		if (gone) { /* what is missing will never come, and nobody would read an answer */
			drop(l, c);
			break;
		}
		if (c->kept) {
			c->kept = false; /* a next request has begun: from now on there is a deadline */
			c->since = clock_mono_ms();
		}
		keep_waiting(l, c);
		break;
	case PEEK_NOTHING:
		if (gone)
			drop(l, c);
		else
			keep_waiting(l, c);
		break;
	case PEEK_BROKEN:
		log_warn("a connection was closed: what it sent is no FastCGI request");
		drop(l, c);
		break;
	case PEEK_CLOSED:
		drop(l, c);
		break;
	}
}

/* One at a time: a second accept would mostly find nothing, and a burst wakes the siblings. */
static void
take_connection(struct loop *l, int listen_fd)
{
	int fd;

	if (l->open >= l->limit || l->leaving)
		return;
	if ((fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC)) < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			log_error("accept failed errno=%d", errno);
		return;
	}
	board_count(l->app->slot, COUNT_ACCEPTED, 1);
	look_at(l, take_slot(l, fd), false);
}

/* Lets go what is between requests; what has begun is finished first. A connection nothing has come on may be about to begin. */
static void
begin_leaving(struct loop *l)
{

	l->leaving = true;
	listen_on(l, false);
	atomic_store(&l->app->slot->state, BOARD_LEAVING);
	for (uint32_t i = 0; i < CONNECTIONS_MAX; i++) {
		struct connection *c = &l->connections[i];
		struct peek_found found;

		if (c->fd >= 0 && c->kept && peek(c->fd, &found) == PEEK_NOTHING)
			drop(l, c);
		else if (c->fd >= 0)
			look_at(l, c, false);
	}
}

/* A front that owes us the rest of a request for too long is let go; an idle kept connection may rest for ever. */
static void
enforce_deadlines(struct loop *l)
{
	int64_t now = clock_mono_ms();

	if (now - l->checked < TICK_MS)
		return;
	l->checked = now;
	for (uint32_t i = 0; i < CONNECTIONS_MAX && l->open > 0; i++) {
		struct connection *c = &l->connections[i];

		if (c->fd < 0 || c->kept)
			continue;
		if (now - c->since < l->o->deadline)
			continue;
		log_debug("a connection was closed: its request did not arrive in time");
		drop(l, c);
	}
}

static void
handle_event(struct loop *l, uint32_t about, bool gone)
{

	if (about == ABOUT_MASTER) {
		log_info("the master is gone, leaving");
		close(l->child->master_fd);
		l->child->master_fd = -1;
		begin_leaving(l);
	} else if (about >= ABOUT_LISTEN) {
		take_connection(l, l->child->listen_fds[about - ABOUT_LISTEN]);
	} else if (l->connections[about].fd >= 0) {
		look_at(l, &l->connections[about], gone);
	}
}

/* Asks the master for a successor, who tells us to leave when it is ready; where there is no master, leaves. */
static void
look_at_wear(struct loop *l)
{
	struct board_slot *s = l->app->slot;

	if (l->leaving || s->worn != 0 || !wear_is_due(&l->wear, &l->o->wear, l->served, clock_mono_ms()))
		return;
	if (l->child->master_fd < 0)
		begin_leaving(l);
	else
		atomic_store(&s->worn, 1);
}

static void
after_wait(struct loop *l)
{

	if (signals_reopen() && log_reopen() != 0)
		log_error("the log could not be opened again errno=%d", errno);
	if (!l->leaving && signals_leave())
		begin_leaving(l);
	look_at_wear(l);
	if (!l->leaving)
		listen_on(l, l->open < l->limit);
	if (l->open > 0)
		enforce_deadlines(l);
}

static int
longest_wait(const struct loop *l)
{

	if (l->open > 0)
		return (TICK_MS);
	return (l->app->slot->worn != 0 ? -1 : wear_wait(&l->wear, &l->o->wear, clock_mono_ms()));
}

static int
wait_and_serve(struct loop *l)
{
	struct epoll_event events[EVENTS_MAX];

	while (!l->leaving || l->open > 0) {
		int n = epoll_pwait(l->ep, events, EVENTS_MAX, longest_wait(l), l->o->open);

		if (n < 0 && errno != EINTR) {
			log_error("epoll_pwait failed errno=%d", errno);
			return (EXIT_RUNTIME);
		}
		for (int i = 0; i < n; i++)
			handle_event(l, events[i].data.u32, (events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
		after_wait(l);
	}
	return (EXIT_RETIRED);
}

static struct loop *
new_loop(struct app *app, struct child *c, const struct loop_options *o)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (l == NULL || (l->ep = epoll_create1(EPOLL_CLOEXEC)) < 0) {
		free(l);
		return (NULL);
	}
	l->app = app;
	l->child = c;
	l->o = o;
	l->wear = (struct wear){ .born = clock_mono_ms() };
	l->limit = o->single ? 1 : CONNECTIONS_MAX;
	for (uint32_t i = 0; i < CONNECTIONS_MAX; i++) {
		l->connections[i].fd = -1;
		l->connections[i].next = i + 1;
		fcgi_prepare(&l->connections[i].request);
	}
	return (l);
}

int
loop_run(struct app *app, struct child *c, const struct loop_options *o)
{
	struct loop *l = new_loop(app, c, o);
	int rc;

	if (l == NULL) {
		log_error("no memory or descriptors for the event loop errno=%d", errno);
		return (EXIT_RESOURCE);
	}
	listen_on(l, true);
	if (c->master_fd >= 0)
		watch(l, EPOLL_CTL_ADD, c->master_fd, EPOLLIN, ABOUT_MASTER);
	child_ready(c);
	rc = wait_and_serve(l);
	close(l->ep);
	free(l);
	return (rc);
}
