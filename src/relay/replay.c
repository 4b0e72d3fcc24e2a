/* SPDX-License-Identifier: ISC */
/*
 * The replay as a task of the relay: src/spool/replay.c does the work, this gives it the time. As long as something waits it
 * runs again at once, or, where it gets no further (Redis is still away, or one of its nodes), a moment later; else it looks
 * twice a second whether there is anything, and what others have written into the file.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "doorward/board.h"

#include "relay/replay.h"

#define IDLE_MS 500
#define AGAIN_MS 200
#define PIECE 64 /* endings a run: checks and the other tasks have their turn in between */

struct replay {
	struct relay *relay;
	int64_t next; /* mono, ms */
	uint64_t left;
};

static void *
open_replay(struct relay *r, bool *off, char *why, int len)
{
	struct replay *t;

	(void)why;
	(void)len;
	if (r->app.spool == NULL) {
		*off = true;
		return (NULL);
	}
	if ((t = calloc(1, sizeof(*t))) != NULL)
		t->relay = r;
	return (t);
}

static int
no_fd(void *task)
{

	(void)task;
	return (-1);
}

static int64_t
due(void *task)
{
	const struct replay *t = task;
	int64_t ms = t->next - clock_mono_ms();

	return (ms > 0 ? ms : 0);
}

static void
run(void *task)
{
	struct replay *t = task;
	struct app *app = &t->relay->app;
	uint64_t left = 0;
	enum dw_result rc = spool_replay(app->spool, app->board->nodes, PIECE, &left);
	int64_t wait = IDLE_MS;

	if (left > 0)
		wait = rc == DW_OK && left < t->left ? 0 : AGAIN_MS;
	if (rc == DW_OK && left == 0 && t->left > 0)
		log_info("Redis has all endings that were promised while it was away");
	t->left = left;
	spool_sync(app->spool);
	t->next = clock_mono_ms() + wait;
}

static void
close_replay(void *task)
{

	free(task);
}

const struct relay_task replay_task = {
	.name = "replay the spool",
	.open = open_replay,
	.fd = no_fd,
	.due = due,
	.run = run,
	.close = close_replay,
};
