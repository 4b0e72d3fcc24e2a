/* SPDX-License-Identifier: ISC */
/*
 * How many processes a role has: by signal (TTIN, TTOU), by load (sizing.c decides, here it is done), by replacement
 * (recycling), and after an upgrade that failed. Half of the slots always stay free, so that a reload finds room for a whole
 * generation.
 *
 * Recycling: a process asks for it on the board; another one is started beside it, and only when that is ready is the old one
 * told to leave, so that capacity never falls.
 */
#include <stdio.h>

#include "base/log.h"

#include "master/resize.h"

static bool
belongs(const struct slot *pl, const struct generation *g, size_t role)
{

	return (pl->state != SLOT_FREE && pl->gen == g && pl->role == role);
}

size_t
resize_have(const struct pool *p, const struct generation *g, size_t role)
{
	size_t n = 0;

	for (size_t i = 0; i < BOARD_SLOTS; i++)
		n += belongs(&p->slots[i], g, role) && p->slots[i].replacement == NULL;
	return (n);
}

/* The lowest number that no process of the role has. */
static unsigned
free_ordinal(const struct pool *p, const struct generation *g, size_t role)
{

	for (unsigned n = 0;; n++) {
		bool taken = false;

		for (size_t i = 0; i < BOARD_SLOTS && !taken; i++)
			taken = belongs(&p->slots[i], g, role) && p->slots[i].ordinal == n;
		if (!taken)
			return (n);
	}
}

/* The process with the highest number; of the ready and idle ones if ${idle}. NULL if there is none. */
static struct slot *
last_of(struct pool *p, const struct generation *g, size_t role, bool idle)
{
	struct slot *last = NULL;

	for (size_t i = 0; i < BOARD_SLOTS; i++) {
		struct slot *pl = &p->slots[i];

		if (!belongs(pl, g, role) || pl->replacement != NULL)
			continue;
		if (idle && (pl->state != SLOT_READY || p->board->slots[i].state != BOARD_READY))
			continue;
		if (last == NULL || pl->ordinal > last->ordinal)
			last = pl;
	}
	return (last);
}

static int
resizable_role(const struct generation *g)
{

	for (size_t r = 0; r < g->plan.n_roles; r++)
		if (g->plan.roles[r].resizable)
			return ((int)r);
	return (-1);
}

/* An operator's TTIN and TTOU. A pool that sizes itself would undo it, so it only says so. */
void
resize_by(struct pool *p, const struct generation *g, int by, int64_t now, int64_t deadline)
{
	int role = resizable_role(g);
	const struct role *r = &g->plan.roles[role < 0 ? 0 : role];
	size_t n;

	if (role < 0 || (n = resize_have(p, g, (size_t)role)) == 0)
		return;
	if (r->most > r->count)
		log_warn("%s has no fixed size, it sizes itself between %zu and %zu processes", r->name, r->count, r->most);
	else if (by > 0 && pool_free(p) > BOARD_SLOTS / 2)
		(void)pool_add(p, g, (size_t)role, free_ordinal(p, g, (size_t)role), now);
	else if (by < 0 && n > 1)
		pool_dismiss(last_of(p, g, (size_t)role, false), deadline);
	else
		log_warn("%s keeps its %zu processes: that is the limit", r->name, n);
	pool_note_wanted(p, g, (size_t)role);
	log_info("%s is to have %zu processes", r->name, resize_have(p, g, (size_t)role));
}

/* Those that are starting count as idle: they will be in a moment, and more are not needed for the same shortage. */
static size_t
count_idle(const struct pool *p, const struct generation *g, size_t role)
{
	size_t n = 0;

	for (size_t i = 0; i < BOARD_SLOTS; i++) {
		const struct slot *pl = &p->slots[i];

		if (!belongs(pl, g, role) || pl->replacement != NULL)
			continue;
		n += pl->state == SLOT_STARTING || pl->state == SLOT_DUE ||
		     (pl->state == SLOT_READY && p->board->slots[i].state == BOARD_READY);
	}
	return (n);
}

/* Never more than leaves half of the slots free: a reload needs those. */
static void
balance_role(struct pool *p, const struct generation *g, size_t role, int64_t now, int64_t deadline)
{
	const struct role *r = &g->plan.roles[role];
	int i = board_role(p->board, r->name);
	struct sizing_view view = { .have = resize_have(p, g, role),
		.idle = count_idle(p, g, role),
		.least = r->count,
		.most = r->most,
		.spare_least = r->spare_least,
		.spare_most = r->spare_most,
		.queued = i < 0 ? BOARD_QUEUE_UNKNOWN : p->board->roles[i].queue_len };
	int step = sizing_step(&p->sizing[role], &view);
	struct slot *pl;

	for (int n = 0; n < step && pool_free(p) > BOARD_SLOTS / 2; n++)
		(void)pool_add(p, g, role, free_ordinal(p, g, role), now);
	if (step < 0 && (pl = last_of(p, g, role, true)) != NULL)
		pool_dismiss(pl, deadline);
	if (step == 0)
		return;
	pool_note_wanted(p, g, role);
	log_debug("%s has %zu processes, %zu were idle", r->name, resize_have(p, g, role), view.idle);
	if (step > 0 && view.have < view.most && resize_have(p, g, role) >= view.most)
		log_warn("%s has reached its maximum of %zu processes", r->name, r->most);
}

void
resize_balance(struct pool *p, const struct generation *g, int64_t now, int64_t deadline)
{

	if (now - p->balanced < SIZING_PERIOD)
		return;
	p->balanced = now;
	for (size_t r = 0; r < g->plan.n_roles; r++)
		if (g->plan.roles[r].most > g->plan.roles[r].count)
			balance_role(p, g, r, now, deadline);
}

/* One that cannot be replaced goes on: an old process is better than none. */
static void
recycle(struct pool *p, struct slot *pl, int64_t now, int64_t deadline)
{

	if (pl->replacement != NULL && pl->replacement->state != SLOT_FAILED && !pool_has_replacement(pl))
		pl->replacement = NULL; /* the replacement itself was told to leave */
	if (pl->replacement == NULL) {
		if (pool_free(p) > BOARD_SLOTS / 2)
			pl->replacement = pool_add(p, pl->gen, pl->role, pl->ordinal, now);
	} else if (pl->replacement->state == SLOT_READY) {
		log_debug("%s is replaced: pid=%d", pl->name, (int)pl->pid);
		pool_dismiss(pl, deadline);
	}
}

void
resize_recycle(struct pool *p, const struct generation *g, int64_t now, int64_t deadline)
{

	for (size_t i = 0; i < BOARD_SLOTS; i++)
		if (p->slots[i].state == SLOT_READY && p->slots[i].gen == g && p->board->slots[i].recycle != 0)
			recycle(p, &p->slots[i], now, deadline);
}

/* After an upgrade that failed: roles that had been given up come back. */
void
resize_refill(struct pool *p, const struct generation *g, int64_t now)
{

	for (size_t r = 0; r < g->plan.n_roles; r++) {
		while (resize_have(p, g, r) < g->plan.roles[r].count)
			if (pool_add(p, g, r, free_ordinal(p, g, r), now) == NULL)
				return;
		pool_note_wanted(p, g, r);
	}
}

void
resize_yield(struct pool *p, const struct generation *g, int64_t deadline)
{

	for (size_t i = 0; i < BOARD_SLOTS; i++) {
		struct slot *pl = &p->slots[i];

		if (pl->state != SLOT_FREE && pl->gen == g && g->plan.roles[pl->role].yields)
			pool_dismiss(pl, deadline);
	}
}
