/* SPDX-License-Identifier: ISC */
/*
 * The relay as a child: opens its services and its tasks, and gives each the time it asks for. One epoll set has the end of the
 * master and one descriptor a task; the wait lasts until the nearest of their deadlines. A task that is due runs once, then the
 * others get their turn.
 *
 * Told to leave, it takes nothing new, gives what is under way DRAIN_MS, and goes: what was not finished is done again by the
 * next relay.
 */
#include <sys/epoll.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "child/outcome.h"
#include "child/sandbox.h"
#include "child/services.h"
#include "child/wait.h"
#include "relay/deliver.h"
#include "relay/replay.h"
#include "relay/sweep.h"
#include "relay/task.h"
#include "relay/trace.h"

#include "relay/relay.h"

#define DRAIN_MS 2000 /* for deliveries on their way when told to leave */
#define REASON_BYTES 512
#define MASTER UINT32_MAX /* in an event of the epoll set: the end of the master; else the number of a task */

/* In the order in which they run. */
static const struct relay_task *const tasks[] = {
	&deliver_task,
	&replay_task,
	&sweep_task,
	&trace_task,
};

#define TASKS (sizeof(tasks) / sizeof(tasks[0]))

struct open_task {
	const struct relay_task *task; /* NULL: left out */
	void *ctx;
	bool ready; /* its descriptor */
};

struct running {
	struct relay relay;
	struct open_task open[TASKS];
	bool draining;
};

static bool
watch(struct running *r, int fd, uint32_t what)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = what };

	return (fd < 0 || epoll_ctl(r->relay.ep, EPOLL_CTL_ADD, fd, &e) == 0);
}

/* Returns 0 or an exit code, logged. */
static int
open_task(struct running *r, size_t i)
{
	const struct relay_task *t = tasks[i];
	char why[REASON_BYTES] = "";
	bool off = false;
	int failure;

	if (t == NULL)
		return (0);
	errno = 0;
	r->open[i].ctx = t->open(&r->relay, &off, why, sizeof(why));
	if (off)
		return (0);
	failure = errno;
	if (r->open[i].ctx != NULL)
		r->open[i].task = t;
	if (r->open[i].ctx != NULL && watch(r, t->fd(r->open[i].ctx), (uint32_t)i))
		return (0);
	log_error("cannot start to %s: %s", t->name, why[0] != '\0' ? why : strerror(errno));
	return (outcome_code(failure));
}

static int
open_tasks(struct running *r)
{
	int rc = 0;

	for (size_t i = 0; i < TASKS && rc == 0; i++)
		rc = open_task(r, i);
	return (rc);
}

static void
close_tasks(struct running *r)
{

	for (size_t i = TASKS; i-- > 0;)
		if (r->open[i].task != NULL)
			r->open[i].task->close(r->open[i].ctx);
}

/* How long to wait: until the first task wants to run. -1 = none does. */
static int64_t
nearest(const struct running *r)
{
	int64_t least = -1, due;

	for (size_t i = 0; i < TASKS; i++) {
		if (r->open[i].task == NULL || (due = r->open[i].task->due(r->open[i].ctx)) < 0)
			continue;
		if (least < 0 || due < least)
			least = due;
	}
	return (least);
}

static void
run_due(struct running *r)
{

	for (size_t i = 0; i < TASKS; i++) {
		struct open_task *o = &r->open[i];

		if (o->task != NULL && (o->ready || o->task->due(o->ctx) == 0))
			o->task->run(o->ctx);
		o->ready = false;
	}
}

/* Waits at most ${ms}, -1 without end, and runs what is due. */
static enum child_word
turn(struct running *r, int64_t ms)
{
	struct epoll_event events[TASKS + 1];
	bool gone = false;
	int n;

	if ((n = child_epoll(r->relay.child, r->relay.ep, events, TASKS + 1, ms > INT32_MAX ? INT32_MAX : (int)ms)) < 0)
		return (CHILD_FAILED);
	for (int i = 0; i < n; i++) {
		if (events[i].data.u32 == MASTER)
			gone = true;
		else
			r->open[events[i].data.u32].ready = true;
	}
	run_due(r);
	return (gone || child_leaving() ? CHILD_LEAVE : CHILD_GO_ON);
}

static bool
all_left(const struct running *r)
{
	bool left = true;

	for (size_t i = 0; i < TASKS; i++)
		if (r->open[i].task != NULL && r->open[i].task->leave != NULL)
			left &= r->open[i].task->leave(r->open[i].ctx);
	return (left);
}

/* The end of the master is no news any more, and would keep the wait from waiting. */
static void
drain(struct running *r)
{
	int64_t until = clock_mono_ms() + DRAIN_MS, now, ms;

	board_leave(r->relay.child->slot);
	if (r->relay.child->master_fd >= 0)
		(void)epoll_ctl(r->relay.ep, EPOLL_CTL_DEL, r->relay.child->master_fd, NULL);
	while (!all_left(r) && (now = clock_mono_ms()) < until) {
		if ((ms = nearest(r)) < 0 || ms > until - now)
			ms = until - now;
		if (turn(r, ms) == CHILD_FAILED)
			return;
	}
}

static int
run_until_told(struct running *r)
{
	enum child_word word;

	do
		word = turn(r, nearest(r));
	while (word == CHILD_GO_ON);
	if (word == CHILD_FAILED)
		return (EXIT_RUNTIME);
	drain(r);
	return (EXIT_RETIRED);
}

/* Returns 0 or an exit code. */
static int
open_all(struct running *r, const struct config *conf)
{
	int rc;

	if ((r->relay.ep = epoll_create1(EPOLL_CLOEXEC)) < 0 || !watch(r, r->relay.child->master_fd, MASTER)) {
		rc = outcome_code(errno);
		log_error("cannot wait: %s", strerror(errno));
		return (rc);
	}
	if ((rc = services_open(&r->relay.app, conf, r->relay.child)) != 0)
		return (rc);
	return (open_tasks(r));
}

int
relay_run(struct child *c, const struct config *conf)
{
	struct running r = { .relay = { .child = c, .ep = -1 } };
	int rc;

	child_signals();
	if ((rc = open_all(&r, conf)) == 0) {
		sandbox_enter(conf->seccomp);
		child_ready(c);
		rc = run_until_told(&r);
	}
	close_tasks(&r);
	if (r.relay.app.conf != NULL)
		services_close(&r.relay.app);
	if (r.relay.ep >= 0)
		close(r.relay.ep);
	return (rc);
}
