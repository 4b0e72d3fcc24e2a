/* SPDX-License-Identifier: ISC */
/*
 * Connections are held by the hundred and cost next to nothing while their requests arrive. Each has a place in one of two
 * lists:
 *
 * - owing: its request has not arrived. In the order in which they began to owe it (accepted, or the first byte of a next
 *   request on a kept one), so that the first is the first to reach its deadline: the wait always has an end.
 * - kept: between two requests, for as long as the front likes, in the order of their last answer. These have no deadline, and
 *   a worker that holds nothing else does not wake.
 *
 * Connections and their memory are bounded. Where a bound is reached (places, descriptors) the listening sockets rest until one
 * is free or the connection that owes for the longest has had PATIENCE_MS; then that one makes room. So silent connections,
 * however many, delay others by moments, while an honest request, which takes milliseconds to arrive, is not let go for them.
 *
 * A worker of the login pool ("single") takes no further connection for HEAD_START_MS while the newest may still be about to
 * send: a request that arrives right after its connection is not to wait behind another's password hash while a sibling is
 * idle. What is slower than that waits among the others and costs its sender alone. Where HEAD_STARTS_VAIN of them are waiting
 * already, the head start has been given in vain, and none is given any more: else each slow stranger would keep the next
 * connection waiting for all of it, and some hundred a second would keep everybody out.
 */
#include <sys/resource.h>

#include <stdatomic.h>
#include <unistd.h>

#include "worker/places.h"

#define DESCRIPTORS_OWN 64 /* are left for Redis, the database, the log: the session check must not fail for want of one */

/*
 * All requests of a worker that have begun and are not whole. Honest ones are some kilobytes for some milliseconds; strangers
 * who send slowly through a front that streams could make it INCOMING_MAX a connection, 114 MB a worker. Beyond it the oldest
 * make room.
 */
#define BUFFERED_MAX (8 * 1024 * 1024)

#define PATIENCE_MS 200    /* a connection has at least, where others need its place */
#define REST_MS 100        /* between two attempts to accept, where descriptors are used up by others than ourselves */
#define HEAD_START_MS 5    /* a front's first bytes have come by then, even on a busy machine */
#define HEAD_STARTS_VAIN 8 /* requests that owe a part of themselves: an honest front has one or two such at a time */

static void
put_into(struct connection *c, struct waiting *list, int64_t now)
{

	if (c->list != NULL)
		TAILQ_REMOVE(c->list, c, link);
	TAILQ_INSERT_TAIL(list, c, link);
	c->list = list;
	c->since = now;
}

/* How many connections the descriptors we may have suffice for. */
static uint32_t
connection_limit(void)
{
	struct rlimit rl;
	rlim_t most = PLACES_MAX;

	if (getrlimit(RLIMIT_NOFILE, &rl) == 0 && rl.rlim_cur < PLACES_MAX + DESCRIPTORS_OWN)
		most = rl.rlim_cur > 2 * DESCRIPTORS_OWN ? rl.rlim_cur - DESCRIPTORS_OWN : rl.rlim_cur / 2;
	return (most > 0 ? (uint32_t)most : 1);
}

void
places_init(struct places *p, bool single, _Atomic uint32_t *shown)
{

	p->single = single;
	p->shown = shown;
	p->limit = connection_limit();
	TAILQ_INIT(&p->unused);
	TAILQ_INIT(&p->owing);
	TAILQ_INIT(&p->kept);
	for (uint32_t i = 0; i < PLACES_MAX; i++) {
		p->connections[i].fd = -1;
		put_into(&p->connections[i], &p->unused, 0);
	}
}

static void
count_open(struct places *p, int by)
{

	p->open += (uint32_t)by;
	atomic_store_explicit(p->shown, p->open, memory_order_relaxed);
}

struct connection *
places_take(struct places *p, int fd, int64_t now)
{
	struct connection *c = TAILQ_FIRST(&p->unused);

	put_into(c, &p->owing, now);
	c->fd = fd;
	c->watched = c->answered = c->timed = false;
	count_open(p, 1);
	return (c);
}

void
places_give(struct places *p, struct connection *c)
{

	incoming_end(&c->in);
	c->fd = -1;
	put_into(c, &p->unused, 0);
	count_open(p, -1);
	p->starved = false;
}

void
places_drop(struct places *p, struct connection *c)
{

	close(c->fd);
	places_give(p, c);
}

void
places_keep(struct places *p, struct connection *c, int64_t now)
{

	incoming_end(&c->in);
	c->answered = true;
	put_into(c, &p->kept, now);
}

void
places_owe(struct places *p, struct connection *c, int64_t now)
{

	if (c->list == &p->kept)
		put_into(c, &p->owing, now);
}

void
places_bound_memory(struct places *p, const struct connection *spared)
{
	struct connection *c, *next;

	for (c = TAILQ_FIRST(&p->owing); c != NULL && incoming_held() > BUFFERED_MAX; c = next) {
		next = TAILQ_NEXT(c, link);
		if (c->in.room > 0 && c != spared)
			places_drop(p, c);
	}
}

static int64_t
left_of(int64_t since, int64_t ms, int64_t now)
{

	return (since + ms > now ? since + ms - now : 0);
}

int64_t
places_due(const struct places *p, int64_t ms, int64_t now)
{
	const struct connection *first = TAILQ_FIRST(&p->owing);

	return (first != NULL ? left_of(first->since, ms, now) : -1);
}

struct connection *
places_overdue(const struct places *p, int64_t ms, int64_t now)
{

	return (places_due(p, ms, now) == 0 ? TAILQ_FIRST(&p->owing) : NULL);
}

/* The connection that is the first to go if there have to be fewer: who owes a request before who owes none, if it had its
 * time. */
static struct connection *
first_to_go(const struct places *p, int64_t now)
{
	struct connection *kept = TAILQ_FIRST(&p->kept);

	return (kept != NULL && places_due(p, PATIENCE_MS, now) != 0 ? kept : TAILQ_FIRST(&p->owing));
}

/* What is left of the head start of the newest connection. */
static int64_t
head_start(const struct places *p, int64_t now)
{
	const struct connection *newest = TAILQ_LAST(&p->owing, waiting), *c = newest;

	if (!p->single || newest == NULL)
		return (0);
	for (int i = 0; c != NULL && i < HEAD_STARTS_VAIN; i++)
		c = TAILQ_PREV(c, waiting, link);
	return (c != NULL ? 0 : left_of(newest->since, HEAD_START_MS, now));
}

bool
places_full(const struct places *p)
{

	return (p->open >= p->limit);
}

int64_t
places_rest(const struct places *p, int64_t now)
{
	const struct connection *c = first_to_go(p, now);

	if (p->starved && c == NULL)
		return (left_of(p->rest, REST_MS, now));
	if (p->starved || places_full(p))
		return (left_of(c->since, PATIENCE_MS, now));
	return (head_start(p, now));
}

bool
places_make_room(struct places *p, int64_t now)
{
	struct connection *c = first_to_go(p, now);

	if (!p->starved && !places_full(p))
		return (true);
	if (places_rest(p, now) != 0)
		return (false);
	if (c != NULL)
		places_drop(p, c);
	p->starved = false;
	return (true);
}

void
places_starve(struct places *p, int64_t now)
{

	p->starved = true;
	p->rest = now;
}
