/* SPDX-License-Identifier: ISC */
/*
 * The event loop of a worker. What comes on a connection is taken into its buffer (incoming.c) until a request is whole, then
 * it is served, one at a time. A peer that is slow, silent or hostile can hold up nobody but itself: which connection waits for
 * what, and who has to go, is in places.c. A worker of the login pool ("single") closes each connection after its answer.
 */
#include <sys/epoll.h>
#include <sys/socket.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "child/services.h"
#include "child/wait.h"
#include "worker/fcgi.h"
#include "worker/incoming.h"
#include "worker/places.h"
#include "worker/recycle.h"

#include "worker/loop.h"

#define EVENTS_MAX 64
#define WIRE_BYTES (64 * 1024) /* taken from a socket at once: most requests are one or two thousand */

#define STORE_AGAIN_MS 1000  /* between two looks at whether Redis answers again */
#define SAID_AGAIN_MS 60000  /* between two lines about the same want */
#define BROKEN_AGAIN_MS 1000 /* between two about peers that send no FastCGI: whoever can connect could fill the log */

/* What an epoll event is about: an index into the connections, or one of these. */
#define ABOUT_MASTER UINT32_MAX
#define ABOUT_LISTEN (UINT32_MAX - CHILD_LISTEN_MAX)

enum news { NEWS_PLACES, NEWS_ACCEPT, NEWS_BROKEN, NEWS };

struct loop {
	struct app *app;
	struct child *child;
	const struct loop_options *o;
	int ep;
	bool leaving, listening;
	int64_t said[NEWS]; /* mono ms: when the log was told of it; 0 = never */
	uint64_t served;
	int64_t asked; /* mono ms: when we last looked whether Redis answers again */
	int look_in;   /* ms until a look at the accounts is due; -1 = never */
	int64_t now;   /* mono ms: after the last wait, or the last answer */
	struct recycle recycle;
	struct places places;
};

/* True if the log has not been told of ${what} for ${ms}. */
static bool
may_say(struct loop *l, enum news what, int64_t ms)
{

	if (l->said[what] != 0 && l->now - l->said[what] < ms)
		return (false);
	l->said[what] = l->now;
	return (true);
}

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
		watch(l, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, l->child->listen_fds[i], on ? EPOLLIN | EPOLLEXCLUSIVE : 0,
		    ABOUT_LISTEN + i);
}

static void
keep_waiting(struct loop *l, struct connection *c)
{

	if (c->watched)
		return;
	watch(l, EPOLL_CTL_ADD, c->fd, EPOLLIN, (uint32_t)(c - l->places.connections));
	c->watched = true;
}

/* ${more}: the front has sent something behind the request, before it could know our answer. No honest one does; the connection
 * ends. */
static void
serve_one(struct loop *l, struct connection *c, bool more)
{
	struct fcgi_visit v = { .fd = c->fd,
		.in = &c->in,
		.may_keep = !l->o->single && !l->leaving && !more && !c->in.cut,
		.deadline = l->o->deadline };
	bool kept;

	if (c->answered && !c->timed) { /* a first, small answer fits an empty socket: most connections need no more */
		fcgi_set_timeout(c->fd, l->o->deadline);
		c->timed = true;
	}
	l->served++;
	kept = fcgi_serve(l->app, &v);
	l->now = clock_mono_ms();
	if (!kept) {
		places_give(&l->places, c);
		return;
	}
	places_keep(&l->places, c, l->now);
	keep_waiting(l, c);
}

/* A request has begun and is not whole. */
static void
wait_for_the_rest(struct loop *l, struct connection *c)
{

	if (incoming_keep(&c->in) != 0) {
		places_drop(&l->places, c);
		return;
	}
	places_owe(&l->places, c, l->now);
	keep_waiting(l, c);
	places_bound_memory(&l->places, c);
}

/* What the parser says decides about the connection: serve, wait, or close. */
static void
take_in(struct loop *l, struct connection *c, const unsigned char *p, size_t n)
{
	size_t used;

	switch (incoming_take(&c->in, p, n, &used)) {
	case INCOMING_WHOLE:
		serve_one(l, c, used < n);
		return;
	case INCOMING_MORE:
		wait_for_the_rest(l, c);
		return;
	case INCOMING_BROKEN:
		if (may_say(l, NEWS_BROKEN, BROKEN_AGAIN_MS))
			log_warn("a connection was closed: what it sent is no FastCGI request");
		break;
	case INCOMING_NO_MEMORY:
		log_warn("a connection was closed: no memory for its request");
		break;
	case INCOMING_ABORTED:
		break;
	}
	places_drop(&l->places, c);
}

/* Something has happened on ${c}, or could have. Level-triggered: what one look leaves in the socket wakes us again. */
static void
receive(struct loop *l, struct connection *c)
{
	static unsigned char wire[WIRE_BYTES];
	ssize_t n = recv(c->fd, wire, sizeof(wire), MSG_DONTWAIT);

	if (n > 0) {
		take_in(l, c, wire, (size_t)n);
		explicit_bzero(wire, (size_t)n);
	} else if (n < 0 && (errno == EAGAIN || errno == EINTR) && !(l->leaving && c->list == &l->places.kept)) {
		keep_waiting(l, c);
	} else { /* gone: what is missing will never come; or, when we leave, between two requests */
		places_drop(&l->places, c);
	}
}

/* Milliseconds until the listening sockets are of use again; 0 = they are, -1 = they will not be. */
static int64_t
rest_of(const struct loop *l)
{

	return (l->leaving ? -1 : places_rest(&l->places, l->now));
}

/* True if there is a place for one more connection. */
static bool
make_room(struct loop *l)
{

	if (!l->places.starved && places_full(&l->places) && may_say(l, NEWS_PLACES, SAID_AGAIN_MS))
		log_warn(
		    "all places for connections are taken connections=%u: new ones wait for the oldest to go", l->places.open);
	return (places_make_room(&l->places, l->now));
}

static void
say_starved(struct loop *l, int error)
{

	if (may_say(l, NEWS_ACCEPT, SAID_AGAIN_MS))
		log_warn(
		    "no further connection can be taken: %s connections=%u; new ones wait", strerror(error), l->places.open);
}

/* One at a time: a second accept would mostly find nothing, and a burst wakes the siblings. */
static void
take_connection(struct loop *l, int listen_fd)
{
	int fd;

	if (l->leaving || !make_room(l))
		return;
	if ((fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		board_count(l->app->slot, COUNT_ACCEPTED, 1);
		receive(l, places_take(&l->places, fd, l->now));
	} else if (errno != EAGAIN && errno != EINTR &&
		   errno != ECONNABORTED) { /* EMFILE, ENFILE: trying again at once would spin */
		places_starve(&l->places, l->now);
		say_starved(l, errno);
	}
}

/*
 * Nobody is to wait in a queue that only we hold open: where the master has died a front learns at once that nobody serves it,
 * and a new master need not wait for our slowest peer. A standard descriptor stays, so that nothing else becomes it.
 */
static void
stop_listening(struct loop *l)
{

	listen_on(l, false);
	for (size_t i = 0; i < l->child->n_listen; i++)
		if (l->child->listen_fds[i] > STDERR_FILENO)
			close(l->child->listen_fds[i]);
	l->child->n_listen = 0;
}

/* Lets go what is between requests; what has begun is finished first. A connection nothing has come on may be about to begin.
 */
static void
begin_leaving(struct loop *l)
{

	l->leaving = true;
	stop_listening(l);
	board_leave(l->app->slot);
	while (!TAILQ_EMPTY(&l->places.kept))
		receive(l, TAILQ_FIRST(&l->places.kept));
}

/* A front that owes us the rest of a request for too long is let go. What has come while we were busy with others counts. */
static void
enforce_deadlines(struct loop *l)
{
	struct connection *c;

	while ((c = places_overdue(&l->places, l->o->deadline, l->now)) != NULL) {
		receive(l, c);
		if (c != places_overdue(&l->places, l->o->deadline, l->now))
			continue;
		log_debug("a connection was closed: its request did not arrive in time");
		places_drop(&l->places, c);
	}
}

/*
 * Taken out of the epoll set by hand: our siblings hold the other descriptors of this pipe, so that closing ours would not end
 * its events, and each further one would be news again.
 */
static void
lose_master(struct loop *l)
{

	log_info("the master is gone, leaving");
	watch(l, EPOLL_CTL_DEL, l->child->master_fd, 0, ABOUT_MASTER);
	close(l->child->master_fd);
	l->child->master_fd = -1;
	begin_leaving(l);
}

static void
handle_event(struct loop *l, uint32_t about)
{

	if (about == ABOUT_MASTER && l->child->master_fd >= 0)
		lose_master(l);
	else if (about >= ABOUT_LISTEN && about != ABOUT_MASTER)
		take_connection(l, l->child->listen_fds[about - ABOUT_LISTEN]);
	else if (about < PLACES_MAX && l->places.connections[about].fd >= 0)
		receive(l, &l->places.connections[about]);
}

/* Who leaves, or has asked, is past its limits for good: looking at them again would keep the wait from waiting. */
static bool
may_recycle(const struct loop *l)
{

	return (!l->leaving && l->app->slot->recycle == 0);
}

/* Asks the master for a replacement; when that is ready the master tells us to leave. Without a master we leave at once. */
static void
look_at_recycle(struct loop *l)
{

	if (!may_recycle(l) || !recycle_is_due(&l->recycle, &l->o->recycle, l->served, l->now))
		return;
	if (l->child->master_fd < 0)
		begin_leaving(l);
	else
		atomic_store(&l->app->slot->recycle, 1);
}

static bool
is_cut_off(const struct loop *l)
{

	return (!l->leaving && atomic_load_explicit(&l->app->slot->breaker, memory_order_relaxed) != 0);
}

/*
 * A breaker is closed by the next question, which at night may be hours away: status, metrics and the service manager would be
 * told of the outage for as long. So whoever is cut off asks by himself.
 */
static void
look_at_store(struct loop *l)
{

	if (!is_cut_off(l) || l->now - l->asked < STORE_AGAIN_MS)
		return;
	(void)l->app->store->ping(l->app->store_ctx);
	l->asked = l->now = clock_mono_ms();
}

static void
after_wait(struct loop *l)
{

	if (!l->leaving && child_leaving())
		begin_leaving(l);
	look_at_recycle(l);
	enforce_deadlines(l);
	look_at_store(l);
	if (!l->leaving)
		l->look_in = services_look(l->app, l->now);
	if (!l->leaving)
		listen_on(l, rest_of(l) == 0);
}

static int
sooner(int wait, int64_t ms)
{

	if (ms > INT_MAX)
		ms = INT_MAX;
	return (wait < 0 || ms < wait ? (int)ms : wait);
}

/* Until the nearest deadline; -1 = there is none. Kept connections have none: a worker with nothing to do does not wake, unless
 * Redis was away. */
static int
longest_wait(const struct loop *l)
{
	int64_t rest = rest_of(l), due = places_due(&l->places, l->o->deadline, l->now);
	int wait = -1;

	if (may_recycle(l))
		wait = recycle_wait(&l->recycle, &l->o->recycle, l->now);
	if (due >= 0)
		wait = sooner(wait, due);
	if (rest > 0)
		wait = sooner(wait, rest);
	if (is_cut_off(l))
		wait = sooner(wait, STORE_AGAIN_MS);
	if (!l->leaving && l->look_in >= 0)
		wait = sooner(wait, l->look_in);
	return (wait);
}

static int
wait_and_serve(struct loop *l)
{
	struct epoll_event events[EVENTS_MAX];

	while (!l->leaving || l->places.open > 0) {
		int n = child_epoll(l->child, l->ep, events, EVENTS_MAX, longest_wait(l));
		uint64_t served = l->served;

		if (n < 0)
			return (EXIT_RUNTIME);
		l->now = clock_mono_ms();
		for (int i = 0; i < n; i++) {
			bool news = events[i].data.u32 >= ABOUT_LISTEN && events[i].data.u32 != ABOUT_MASTER;

			if (!news || !l->o->single ||
			    l->served == served) /* whoever has just been hashing looks first who else is here */
				handle_event(l, events[i].data.u32);
		}
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
	l->now = clock_mono_ms();
	l->recycle = (struct recycle){ .born = l->now };
	places_init(&l->places, o->single, &app->slot->connections);
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
