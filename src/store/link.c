/* SPDX-License-Identifier: ISC */
/*
 * One node, as this process sees it: may it be asked at present, and what does each of its answers come to?
 *
 * The breaker is told once of each piece: that the node did not answer, or that it did, whatever it said.
 */
#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "base/log.h"
#include "doorward/board.h"
#include "doorward/config.h"
#include "store/call.h"
#include "store/cluster_map.h"
#include "store/conn.h"
#include "store/exchange.h"
#include "store/look.h"
#include "store/meaning.h"
#include "store/warn.h"

#include "store/link.h"

#define HOLD_MS 200           /* until a server that was no master is tried again: the new one is to be found within a second */
#define SENTINELS_MS 2000     /* between two questions to them, where there is no keeper to ask every second */
#define SENTINELS_OPEN_MS 200 /* while nothing is asked: what they say is what it waits for */

#define BIT(meaning) (1u << (meaning))

static void
show(struct redis_store *s, bool failed)
{

	if (s->slot == NULL)
		return;
	atomic_store_explicit(&s->slot->breaker, route_breaker(&s->route), memory_order_relaxed);
	if (failed)
		board_count(s->slot, COUNT_STORE_ERRORS, 1);
}

/* A server that answered but must not be used is left for a moment; one that does not answer counts as a failure. */
static void
down(struct redis_store *s, struct link *l)
{

	if ((conn_seen(l->conn)->faults & LOOK_UNUSABLE) != 0)
		breaker_hold(&l->breaker, clock_mono_ms(), HOLD_MS);
	else if (breaker_failure(&l->breaker, clock_mono_ms()))
		log_warn("Redis does not answer, not asking it for a while failures=%d open_ms=%d", (int)l->breaker.failures,
		    (int)l->breaker.open_ms);
	show(s, true);
}

static void
answered(struct redis_store *s, struct link *l, bool failed)
{

	if (breaker_success(&l->breaker))
		log_info("Redis answers again");
	show(s, failed);
}

static void
complain(const char *command, const redisReply *r)
{

	if (warn_due(WARN_FAULT))
		log_error("Redis error command=%s error=%s", command, log_text(meaning_text(r)));
}

/* Maps the error ${r} to a result. */
static enum dw_result
refused(const struct redis_store *s, const char *command, const redisReply *r, enum meaning m)
{

	if (m == MEANS_SCRIPT || m == MEANS_NO_GROUP)
		return (DW_ABSENT);
	if (m == MEANS_GROUP)
		return (DW_REFUSED);
	if (m == MEANS_FAULT || (m == MEANS_ELSEWHERE && s->route.cluster == NULL)) {
		complain(command, r);
		return (DW_FAULT);
	}
	if (warn_due(WARN_REFUSED))
		log_warn("Redis refuses command=%s error=%s", command, log_text(meaning_word(r)));
	return (DW_UNAVAILABLE);
}

/* Follows what the node of ${l} says of ${c}. False: that cannot be followed. */
static bool
follow(struct redis_store *s, const struct link *l, struct call *c)
{
	struct redirect to;

	if (!cluster_redirect_read((struct str){ c->reply->str, c->reply->len }, &to) ||
	    (c->detour = route_follow(&s->route, l, &to)) == NULL)
		return (false);
	s->strayed = true;
	c->next = to.ask ? CALL_ASK : CALL_OPEN;
	return (true);
}

/*
 * In a cluster: is there another turn for ${c}, whose reply means ${m}? Where a node is named that there is no room for, the
 * map is asked for: it says which of those we know are gone.
 */
static bool
has_a_turn(struct redis_store *s, const struct link *l, struct call *c, enum meaning m)
{

	if (s->route.cluster == NULL)
		return (false);
	if (m == MEANS_ELSEWHERE && follow(s, l, c))
		return (true);
	if (m == MEANS_LATER)
		c->next = CALL_LATER;
	else if (m == MEANS_DOWN || m == MEANS_NO_SLOT || m == MEANS_ELSEWHERE)
		c->next = CALL_DOWN;
	return (m == MEANS_LATER);
}

/* Sets the result of ${c} and returns the bit of what its reply means, 0 where that is no error. */
static unsigned
settle(struct redis_store *s, struct link *l, struct call *c)
{
	enum meaning m;

	c->result = DW_OK;
	c->next = CALL_ENDED;
	if (c->reply->type != REDIS_REPLY_ERROR)
		return (0);
	m = meaning_of(c->reply);
	if (m == MEANS_DOWN || m == MEANS_NO || m == MEANS_NO_SLOT)
		conn_refused(l->conn, meaning_word(c->reply));
	c->result = has_a_turn(s, l, c, m) ? DW_UNAVAILABLE : refused(s, c->a->v[0], c->reply, m);
	freeReplyObject(c->reply);
	c->reply = NULL;
	return (BIT(m));
}

/*
 * Takes the replies and tells the breaker. A right that lacks for one of several questions is no outage: the others are
 * answered.
 */
static void
settle_all(struct redis_store *s, struct link *l, struct call *const *calls, size_t n)
{
	unsigned seen = 0;

	for (size_t i = 0; i < n; i++)
		seen |= settle(s, l, calls[i]);
	if ((seen & BIT(MEANS_DENIED)) != 0)
		conn_close(l->conn); /* our rights have changed: the next one looks */
	if ((seen & BIT(MEANS_DOWN)) != 0 || (n == 1 && (seen & BIT(MEANS_DENIED)) != 0))
		down(s, l);
	else
		answered(s, l, (seen & ~(BIT(MEANS_SCRIPT) | BIT(MEANS_NO_GROUP) | BIT(MEANS_GROUP))) != 0);
}

/* Asks ${calls}, all of which are for ${l}. Where it cannot be asked they keep DW_UNAVAILABLE. */
void
link_ask(struct redis_store *s, struct link *l, struct call *const *calls, size_t n)
{
	uint32_t stage = 0;
	bool good;

	if (conn_is_open(l->conn) || l->breaker.state != BREAKER_CLOSED)
		conn_ask_sentinels(l->conn, l->breaker.state == BREAKER_CLOSED ? SENTINELS_MS : SENTINELS_OPEN_MS);
	if (!conn_is_current(l->conn))
		breaker_hasten(&l->breaker); /* somebody has found out since that another server is to be asked */
	if (!breaker_allows(&l->breaker, clock_mono_ms())) {
		show(s, true);
		return;
	}
	s->route.last = (size_t)(l - s->route.links);
	if (s->slot != NULL) {
		stage = atomic_load_explicit(&s->slot->stage, memory_order_relaxed);
		board_stage(s->slot, STAGE_REDIS);
	}
	good = exchange_ask(s, l, calls, n);
	if (good)
		settle_all(s, l, calls, n);
	else if (l->denied)
		answered(s, l, true);
	else
		down(s, l);
	if (s->slot != NULL)
		board_stage(s->slot, (enum board_stage)stage);
}
