/* SPDX-License-Identifier: ISC */
/*
 * The turns of a call. Where one server has everything there is one; in a cluster there are up to TURNS_MAX, and all of them
 * have one deadline.
 *
 * After MOVED the next turn goes where it says; after ASK at once, with ASKING before the command, and only this time; after
 * TRYAGAIN (two keys of which only one has been moved yet) a little later. Where a node cannot be asked, somebody else may be
 * in its place: the others are asked for the map, and if that has nothing new, nobody waits. What was answered elsewhere than
 * the map says is not for the cache: its keeper may not be told of changes there yet.
 */
#include <poll.h>

#include "base/clock.h"
#include "doorward/cache.h"
#include "doorward/config.h"
#include "store/call.h"
#include "store/cluster.h"
#include "store/link.h"

#include "store/turns.h"

#define TURNS_MAX 5 /* of one question in a cluster */
#define LATER_MS 20 /* after TRYAGAIN, and up to 30 more */

/* Asks those of ${calls} that are open and lie on link ${i}. Those that it did not answer wait for another one in its place. */
static void
ask_share(struct redis_store *s, size_t i, struct call *calls, size_t n)
{
	struct link *l = &s->route.links[i];
	struct call *share[CALLS_MAX];
	size_t k = 0;

	for (size_t j = 0; j < n; j++)
		if (calls[j].next == CALL_OPEN && route_link(&s->route, calls[j].bucket) == l) {
			calls[j].next = CALL_DOWN;
			calls[j].detour = l;
			share[k++] = &calls[j];
		}
	if (k > 0)
		link_ask(s, l, share, k);
}

/* Asks ${c} where ASK said; if that says the same, it is asked in a moment. */
static void
ask_detour(struct redis_store *s, struct call *c)
{
	struct call *const one[1] = { c };

	c->next = CALL_DOWN;
	c->asking = true;
	link_ask(s, &s->route.links[c->detour - s->route.links], one, 1);
	c->asking = false;
	if (c->next == CALL_ASK)
		c->next = CALL_LATER;
}

/* Brings the map up to date. What this host has cached is void where this process is the first to find that it has changed. */
void
turns_refresh(struct redis_store *s, bool doubt)
{
	uint64_t before;

	if (s->route.cluster == NULL)
		return;
	before = s->route.cluster->changes;
	(void)route_refresh(&s->route, doubt, clock_earlier(s->until, clock_mono_ms() + s->conf->redis_connect_timeout));
	if (s->route.cluster->changes == before)
		return;
	cache_lease(s->cache, 0);
	cache_flush(s->cache);
}

static size_t
count(const struct call *calls, size_t n, unsigned next)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		k += calls[i].next == next;
	return (k);
}

/* Those of ${calls} that a server had which has it no more are open again. */
static void
reopen(struct redis_store *s, struct call *calls, size_t n)
{

	turns_refresh(s, true);
	for (size_t i = 0; i < n; i++)
		if (calls[i].next == CALL_DOWN && route_link(&s->route, calls[i].bucket) != calls[i].detour)
			calls[i].next = CALL_OPEN;
}

/* Lets a moment pass, if there is one, and opens what was to be asked later. */
static void
wait_a_moment(struct redis_store *s, struct call *calls, size_t n)
{
	int64_t ms = LATER_MS + clock_mono_ms() % LATER_MS / 2 * 3;

	if (clock_mono_ms() + ms >= s->until)
		return;
	(void)poll(NULL, 0, (int)ms);
	for (size_t i = 0; i < n; i++)
		if (calls[i].next == CALL_LATER)
			calls[i].next = CALL_OPEN;
}

/* After a turn: is there another one? */
static bool
go_on(struct redis_store *s, struct call *calls, size_t n)
{

	if (s->route.cluster == NULL)
		return (false);
	for (size_t i = 0; i < n; i++) {
		if (calls[i].next == CALL_ASK)
			ask_detour(s, &calls[i]);
		else if (calls[i].next == CALL_OPEN && route_link(&s->route, calls[i].bucket) == NULL) {
			calls[i].next = CALL_DOWN;
			calls[i].detour = NULL;
		}
	}
	if (count(calls, n, CALL_DOWN) > 0)
		reopen(s, calls, n);
	if (count(calls, n, CALL_LATER) > 0)
		wait_a_moment(s, calls, n);
	return (count(calls, n, CALL_OPEN) > 0 && clock_mono_ms() < s->until);
}

/* Of links there may be more after a turn than before. */
void
turns_ask(struct redis_store *s, struct call *calls, size_t n)
{
	int turns = 0;

	s->until = clock_mono_ms() + s->conf->redis_connect_timeout + s->conf->redis_command_timeout;
	s->sent = s->strayed = false;
	turns_refresh(s, false);
	do {
		for (size_t i = 0; i < s->route.n; i++)
			ask_share(s, i, calls, n);
	} while (++turns < TURNS_MAX && go_on(s, calls, n));
}
