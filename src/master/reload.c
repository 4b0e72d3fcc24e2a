/* SPDX-License-Identifier: ISC */
/*
 * A reload: the next generation is started beside the present one and takes over when all of it is ready.
 *
 * 1. Load the file, open its sockets, open its log. Any failure: nothing has changed, and the log says why.
 * 2. Start the processes of the next generation; both serve from the same sockets.
 * 3. All are ready: the next one becomes the present one, the old processes are told to finish, and sockets that nobody needs
 *    are closed. If one of them fails first, the next one is killed and the old goes on as if nothing had been.
 *
 * A second HUP during a reload is remembered and starts another one afterwards, so that the last content of the file always
 * wins.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/logging.h"

#include "master/resize.h"

#include "master/reload.h"

/* READY=1 ends the RELOADING=1, whatever came of it. */
static void
note_result(struct master *m, enum board_reload result)
{

	notify_ready(&m->notify);
	m->board->last_reload = result;
	m->board->reloaded_at = clock_wall_ms();
}

/* The log goes where ${to} says, if that is elsewhere than for ${from}. */
static int
move_log(const struct config *from, const struct config *to)
{

	return (logging_same(from, to) ? 0 : logging_open(to));
}

/* What a pool has grown to by need is needed after the reload too. */
static void
keep_sizes(const struct master *m, struct generation *g)
{

	for (size_t r = 0; r < g->plan.n_roles && r < m->now->plan.n_roles; r++) {
		struct role *role = &g->plan.roles[r];
		size_t have = resize_have(&m->pool, m->now, r);

		if (role->most > role->count && strcmp(role->name, m->now->plan.roles[r].name) == 0)
			role->start = have < role->count ? role->count : have > role->most ? role->most : have;
	}
}

/* Nothing of the running generation is touched before all of this has worked. */
static struct generation *
prepare(struct master *m, char *err, size_t errlen)
{
	struct config *conf = m->setup->load(m->now->conf, err, errlen);
	struct generation *g;

	if (conf == NULL)
		return (NULL);
	if ((g = generation_new(conf, m->setup, m->now->number + 1, &m->sockets, err, errlen)) == NULL)
		goto err0;
	if (move_log(m->now->conf, conf) != 0) {
		snprintf(err, errlen, "cannot open the log %s", conf->log_file);
		goto err1;
	}
	keep_sizes(m, g);
	return (g);

err1:
	generation_free(g, m->setup);
	return (NULL);
err0:
	m->setup->release(conf);
	return (NULL);
}

/* A reload that comes during another one is remembered: the last state of the file must win. */
void
reload_begin(struct master *m, int64_t now)
{
	char err[MASTER_ERROR_MAX] = "";

	if (m->next != NULL) {
		m->reload_wanted = true;
		return;
	}
	m->reload_wanted = false;
	log_info("reloading %s", m->now->conf->file);
	notify_reloading(&m->notify);
	if ((m->next = prepare(m, err, sizeof(err))) == NULL) {
		generation_prune(m->now, m->next, &m->sockets);
		note_result(m, RELOAD_FAILED);
		log_error("reload refused, everything stays as it was: %.*s%s", (int)strcspn(err, "\n"), err,
		    strchr(err, '\n') == NULL ? "" : " (and more: doorward -t shows all)");
		return;
	}
	if (pool_enter(&m->pool, m->next, now) != 0)
		reload_fail(m, "processes of earlier generations still hold too many slots");
}

/* The next generation never served alone, so killing it loses no more than what it holds. */
void
reload_fail(struct master *m, const char *why)
{
	struct generation *g = m->next;

	m->next = NULL;
	pool_kill(&m->pool, g);
	generation_prune(m->now, m->next, &m->sockets);
	note_result(m, RELOAD_FAILED);
	(void)move_log(g->conf, m->now->conf);
	log_error("reload failed, generation %u goes on: %s", m->now->number, why);
	generation_free(g, m->setup);
}

/* The old generation is freed only after its slots have let go of it. */
static void
commit(struct master *m, int64_t now)
{
	struct generation *old = m->now;

	m->now = m->next;
	m->next = NULL;
	m->retired = false;
	m->board->generation = m->now->number;
	m->board->max_hashing = m->now->plan.max_hashing;
	generation_publish(m->now, m->board);
	pool_retire(&m->pool, old, now + m->now->conf->drain_timeout);
	generation_prune(m->now, m->next, &m->sockets);
	generation_free(old, m->setup);
	note_result(m, RELOAD_DONE);
	log_info("generation %u serves, the one before it finishes", m->now->number);
}

void
reload_tick(struct master *m, int64_t now)
{

	if (m->next != NULL && pool_count(&m->pool, m->next, -1, SLOT_READY) == generation_size(m->next))
		commit(m, now);
	if (m->next == NULL && m->reload_wanted)
		reload_begin(m, now);
}
