/* SPDX-License-Identifier: ISC */
/*
 * The event loop of a worker. Connections are held by the hundred and cost next to nothing while their requests arrive: what
 * comes is taken into the connection's buffer (incoming.c) until a request is whole, then it is served, one at a time. A peer
 * that is slow, silent or hostile can hold up nobody but itself:
 *
 * - owing: its request has not arrived. In the order in which they began to owe it (accepted, or the first byte of a next
 * request on a kept one), so that the first is the first to reach its deadline: the wait always has an end.
 * - kept: between two requests, for as long as the front likes, in the order of their last answer. These have no deadline, and
 *   a worker that holds nothing else does not wake.
 *
 * Connections and their memory are bounded. Where a bound is reached (places, descriptors) the listening sockets rest until one
 * is free or the connection that owes for the longest has had PATIENCE_MS; then that one makes room. So silent connections,
 * however many, delay others by moments, while an honest request, which takes milliseconds to arrive, is not let go for them.
 *
 * A worker of the login pool ("single") closes each connection after its answer, and takes no further one for HEAD_START_MS
 * while the newest may still be about to send: a request that arrives right after its connection is not to wait behind
 * another's password hash while a sibling is idle. What is slower than that waits among the others and costs its sender alone.
 * Where HEAD_STARTS_VAIN of them are waiting already, the head start has been given in vain, and none is given any more: else
 * each slow stranger would keep the next connection waiting for all of it, and some hundred a second would keep everybody out.
 */
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/resource.h>
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
#include "worker/recycle.h"

#include "worker/loop.h"

#define CONNECTIONS_MAX 1024 /* a worker holds; a front keeps some tens, the rest is for a burst */
#define DESCRIPTORS_OWN 64   /* are left for Redis, the database, the log: the session check must not fail for want of one */
#define EVENTS_MAX 64
#define WIRE_BYTES (64 * 1024) /* taken from a socket at once: most requests are one or two thousand */

/*
 * All requests of a worker that have begun and are not whole. Honest ones are some kilobytes for some milliseconds; strangers
 * who send slowly through a front that streams could make it INCOMING_MAX a connection, 114 MB a worker. Beyond it the oldest
 * make room.
 */
#define BUFFERED_MAX (8 * 1024 * 1024)

#define PATIENCE_MS 200      /* a connection has at least, where others need its place */
#define REST_MS 100          /* between two attempts to accept, where descriptors are used up by others than ourselves */
#define HEAD_START_MS 5      /* a front's first bytes have come by then, even on a busy machine */
#define HEAD_STARTS_VAIN 8   /* requests that owe a part of themselves: an honest front has one or two such at a time */
#define STORE_AGAIN_MS 1000  /* between two looks at whether Redis answers again */
#define SAID_AGAIN_MS 60000  /* between two lines about the same want */
#define BROKEN_AGAIN_MS 1000 /* between two about peers that send no FastCGI: whoever can connect could fill the log */

/* What an epoll event is about: an index into the connections, or one of these. */
#define ABOUT_MASTER UINT32_MAX
#define ABOUT_LISTEN (UINT32_MAX - CHILD_LISTEN_MAX)

enum news { NEWS_PLACES, NEWS_ACCEPT, NEWS_BROKEN, NEWS };

TAILQ_HEAD(waiting, connection);

struct connection {
	TAILQ_ENTRY(connection) link;
	struct waiting *list;
	int fd;        /* -1 = free */
	bool watched;  /* in the epoll set */
	bool answered; /* at least once: a peer that does not read could have filled the socket */
	bool timed;    /* writing has an end */
	int64_t since; /* mono ms: when it came into its list */
	struct incoming in;
};

struct loop {
	struct app *app;
	struct child *child;
	const struct loop_options *o;
	int ep;
	bool leaving, listening;
	bool starved;       /* accept has failed, mostly for want of descriptors, and no connection was closed since */
	int64_t rest;       /* mono ms: when that was */
	int64_t said[NEWS]; /* mono ms: when the log was told of it; 0 = never */
	uint32_t open, limit;
	uint64_t served;
	int64_t asked; /* mono ms: when we last looked whether Redis answers again */
	int look_in;   /* ms until a look at the accounts is due; -1 = never */
	int64_t now;   /* mono ms: after the last wait, or the last answer */
	struct recycle recycle;
	struct waiting unused, owing, kept;
	struct connection connections[CONNECTIONS_MAX];
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
put_into(struct loop *l, struct connection *c, struct waiting *list)
{

	if (c->list != NULL)
		TAILQ_REMOVE(c->list, c, link);
	TAILQ_INSERT_TAIL(list, c, link);
	c->list = list;
	c->since = l->now;
}

static void
count_open(struct loop *l, int by)
{

	l->open += (uint32_t)by;
	atomic_store_explicit(&l->app->slot->connections, l->open, memory_order_relaxed);
}

static struct connection *
take_place(struct loop *l, int fd)
{
	struct connection *c = TAILQ_FIRST(&l->unused);

	put_into(l, c, &l->owing);
	c->fd = fd;
	c->watched = c->answered = c->timed = false;
	count_open(l, 1);
	return (c);
}

/* The descriptor is closed by now: by libfcgi, or by drop(). */
static void
give_place(struct loop *l, struct connection *c)
{

	incoming_end(&c->in);
	c->fd = -1;
	put_into(l, c, &l->unused);
	count_open(l, -1);
	l->starved = false;
}

static void
drop(struct loop *l, struct connection *c)
{

	close(c->fd);
	give_place(l, c);
}

static void
keep_waiting(struct loop *l, struct connection *c)
{

	if (c->watched)
		return;
	watch(l, EPOLL_CTL_ADD, c->fd, EPOLLIN, (uint32_t)(c - l->connections));
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
		give_place(l, c);
		return;
	}
	incoming_end(&c->in);
	c->answered = true;
	put_into(l, c, &l->kept);
	keep_waiting(l, c);
}

/* Closes the connections that have owed the rest of a request for longest. */
static void
bound_memory(struct loop *l, const struct connection *spared)
{
	struct connection *c, *next;

	for (c = TAILQ_FIRST(&l->owing); c != NULL && incoming_held() > BUFFERED_MAX; c = next) {
		next = TAILQ_NEXT(c, link);
		if (c->in.room > 0 && c != spared)
			drop(l, c);
	}
}

/* A request has begun and is not whole. */
static void
wait_for_the_rest(struct loop *l, struct connection *c)
{

	if (incoming_keep(&c->in) != 0) {
		drop(l, c);
		return;
	}
	if (c->list == &l->kept)
		put_into(l, c, &l->owing); /* from its first byte on there is a deadline */
	keep_waiting(l, c);
	bound_memory(l, c);
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
	drop(l, c);
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
	} else if (n < 0 && (errno == EAGAIN || errno == EINTR) && !(l->leaving && c->list == &l->kept)) {
		keep_waiting(l, c);
	} else { /* gone: what is missing will never come; or, when we leave, between two requests */
		drop(l, c);
	}
}

static int64_t
left_of(const struct loop *l, int64_t since, int64_t ms)
{

	return (since + ms > l->now ? since + ms - l->now : 0);
}

/* The connection that is the first to go if there have to be fewer: who owes a request before who owes none, if it had its
 * time. */
static struct connection *
first_to_go(const struct loop *l)
{
	struct connection *owing = TAILQ_FIRST(&l->owing), *kept = TAILQ_FIRST(&l->kept);

	return (owing == NULL || (kept != NULL && left_of(l, owing->since, PATIENCE_MS) > 0) ? kept : owing);
}

/* What is left of the head start of the newest connection. */
static int64_t
head_start_of(const struct loop *l)
{
	const struct connection *newest = TAILQ_LAST(&l->owing, waiting), *c = newest;

	if (!l->o->single || newest == NULL)
		return (0);
	for (int i = 0; c != NULL && i < HEAD_STARTS_VAIN; i++)
		c = TAILQ_PREV(c, waiting, link);
	return (c != NULL ? 0 : left_of(l, newest->since, HEAD_START_MS));
}

/* Milliseconds until the listening sockets are of use again; 0 = they are, -1 = they will not be. */
static int64_t
rest_of(const struct loop *l)
{
	const struct connection *c = first_to_go(l);

	if (l->leaving)
		return (-1);
	if (l->starved && c == NULL)
		return (left_of(l, l->rest, REST_MS));
	if (l->starved || l->open >= l->limit)
		return (left_of(l, c->since, PATIENCE_MS));
	return (head_start_of(l));
}

/* True if there is a place for one more connection. */
static bool
make_room(struct loop *l)
{

	if (!l->starved && l->open < l->limit)
		return (true);
	if (!l->starved && may_say(l, NEWS_PLACES, SAID_AGAIN_MS))
		log_warn("all places for connections are taken connections=%u: new ones wait for the oldest to go", l->open);
	if (rest_of(l) != 0)
		return (false);
	if (first_to_go(l) != NULL)
		drop(l, first_to_go(l));
	l->starved = false;
	return (true);
}

static void
say_starved(struct loop *l, int error)
{

	if (may_say(l, NEWS_ACCEPT, SAID_AGAIN_MS))
		log_warn("no further connection can be taken: %s connections=%u; new ones wait", strerror(error), l->open);
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
		receive(l, take_place(l, fd));
	} else if (errno != EAGAIN && errno != EINTR &&
		   errno != ECONNABORTED) { /* EMFILE, ENFILE: trying again at once would spin */
		l->starved = true;
		l->rest = l->now;
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
	while (!TAILQ_EMPTY(&l->kept))
		receive(l, TAILQ_FIRST(&l->kept));
}

/* A front that owes us the rest of a request for too long is let go. What has come while we were busy with others counts. */
static void
enforce_deadlines(struct loop *l)
{
	struct connection *c;

	while ((c = TAILQ_FIRST(&l->owing)) != NULL && l->now - c->since >= l->o->deadline) {
		receive(l, c);
		if (c != TAILQ_FIRST(&l->owing))
			continue;
		log_debug("a connection was closed: its request did not arrive in time");
		drop(l, c);
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
	else if (about < CONNECTIONS_MAX && l->connections[about].fd >= 0)
		receive(l, &l->connections[about]);
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
	int64_t rest = rest_of(l);
	int wait = -1;

	if (may_recycle(l))
		wait = recycle_wait(&l->recycle, &l->o->recycle, l->now);
	if (!TAILQ_EMPTY(&l->owing))
		wait = sooner(wait, left_of(l, TAILQ_FIRST(&l->owing)->since, l->o->deadline));
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

	while (!l->leaving || l->open > 0) {
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

/* How many connections the descriptors we may have suffice for. */
static uint32_t
connection_limit(void)
{
	struct rlimit rl;
	rlim_t most = CONNECTIONS_MAX;

	if (getrlimit(RLIMIT_NOFILE, &rl) == 0 && rl.rlim_cur < CONNECTIONS_MAX + DESCRIPTORS_OWN)
		most = rl.rlim_cur > 2 * DESCRIPTORS_OWN ? rl.rlim_cur - DESCRIPTORS_OWN : rl.rlim_cur / 2;
	return (most > 0 ? (uint32_t)most : 1);
}

/* The connections are one array: an epoll event carries an index into it and never a pointer that could be stale. */
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
	l->limit = connection_limit();
	TAILQ_INIT(&l->unused);
	TAILQ_INIT(&l->owing);
	TAILQ_INIT(&l->kept);
	for (uint32_t i = 0; i < CONNECTIONS_MAX; i++) {
		l->connections[i].fd = -1;
		put_into(l, &l->connections[i], &l->unused);
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
