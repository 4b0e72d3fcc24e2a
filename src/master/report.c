/* SPDX-License-Identifier: ISC */
/*
 * What the master says of the service as a whole: a status line and the sign of life to the service manager, queue lengths to
 * the board. The sign of life depends on ready workers, so that a manager with a watchdog restarts a daemon that cannot serve.
 */
#include <stdio.h>

#include "master/queue.h"
#include "master/state.h"

#include "master/report.h"

struct front {
	unsigned ready, busy;
	int64_t queued;
	bool store; /* no breaker is open: what workers last saw of Redis */
	bool good;  /* and it has what logins and logouts need */
};

static void
look_at_role(const struct master *m, size_t role, struct front *f)
{
	int i = board_role(m->board, m->now->plan.roles[role].name);

	if (i >= 0 && m->board->roles[i].queue_len > 0)
		f->queued += m->board->roles[i].queue_len;
	for (size_t k = 0; k < BOARD_SLOTS; k++) {
		const struct slot *pl = &m->pool.slots[k];
		const struct board_slot *s = &m->board->slots[k];

		if (pl->gen != m->now || pl->role != role || pl->state != SLOT_READY)
			continue;
		f->ready++;
		f->busy += s->state == BOARD_BUSY;
		f->store = f->store && s->breaker == 0;
	}
}

/* By what stands on the board, not by what should be. */
static struct front
look(const struct master *m)
{
	struct front f = { .store = true, .good = !board_redis_broken(m->board) };

	for (size_t r = 0; r < m->now->plan.n_roles; r++)
		if (m->now->plan.roles[r].front)
			look_at_role(m, r, &f);
	return (f);
}

static void
report_manager(struct master *m, int64_t now)
{
	struct front f = look(m);
	char text[NOTIFY_STATUS_MAX];

	snprintf(text, sizeof(text), "%u workers, %u busy, queue %lld, redis %s", f.ready, f.busy, (long long)f.queued,
	    !f.store ? "does not answer"
	    : f.good ? "ok"
		     : "cannot be used, see the log");
	notify_status(&m->notify, text, now);
	if (f.ready > 0 || m->retired)
		notify_alive(&m->notify, now);
}

void
report_all(struct master *m, int64_t now)
{
	bool replaced = m->upgrade.pid > 0 && m->upgrade.report_fd < 0;

	if (now >= m->queues_at) {
		m->queues_at = now + QUEUE_PERIOD;
		queue_look(m->board, m->now);
	}
	if (!replaced) /* else it is the other master's turn */
		report_manager(m, now);
}
