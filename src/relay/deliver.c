/* SPDX-License-Identifier: ISC */
/*
 * A lane for the ledger, one for each row of `sinks`, and one that counts where there are `alerts`; what they share: the hints
 * which outbox has something new, the sweep for hints that were lost, and the trimming of what every group has acknowledged.
 * Who is active for the ledger, which is always there, trims.
 *
 * The first hint after a while is heard at once; those that follow wait for GATHER_MS, so that of many events in a row several
 * are read and delivered in one turn. While hints are heard the sweep goes through some outboxes a second; else through all of
 * them.
 */
#include <sys/epoll.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "relay/alerts.h"
#include "relay/lane.h"
#include "store/backlog.h"
#include "store/hints.h"

#include "relay/deliver.h"

#define GATHER_MS 6
#define SWEEP_MS 1000
#define SWEEP_PIECE (KEYS_BUCKETS / 8) /* outboxes */
#define TRIM_MS 1000
#define LANES_MAX 18
#define HINTS LANES_MAX /* in an event of the epoll set; else the number of a lane */

struct deliver {
	struct relay *relay;
	struct lane *lanes[LANES_MAX];
	size_t n;
	struct hints *hints;
	int set;   /* epoll: hints and the drivers of the lanes */
	bool deaf; /* hints wake nobody before ${hear_at} */
	int64_t hear_at, sweep_at, trim_at;
	unsigned swept;           /* up to there, in this round */
	unsigned trimmed;         /* likewise */
	bool marks[KEYS_BUCKETS]; /* outboxes in which there may be something to trim */
};

static void
hint(void *arg, int bucket)
{
	struct deliver *d = arg;

	for (size_t i = 0; i < d->n; i++) {
		if (bucket < 0)
			lane_hint_all(d->lanes[i]);
		else
			lane_hint(d->lanes[i], (unsigned)bucket);
	}
}

static bool
watch(struct deliver *d, int fd, size_t what)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u64 = what };

	return (fd < 0 || epoll_ctl(d->set, EPOLL_CTL_ADD, fd, &e) == 0);
}

/* They are heard once: then it is to be done again. */
static bool
watch_hints(struct deliver *d, int op)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLONESHOT, .data.u64 = HINTS };

	return (epoll_ctl(d->set, op, hints_fd(d->hints), &e) == 0);
}

static bool
add_lane(struct deliver *d, const struct sink_conf *conf, char *why, int len)
{

	if ((d->lanes[d->n] = lane_open(d->relay, conf, why, (size_t)len)) == NULL)
		return (false);
	d->n++;
	return (watch(d, lane_fd(d->lanes[d->n - 1]), d->n - 1));
}

static void
close_all(void *task)
{
	struct deliver *d = task;
	int saved = errno;

	for (size_t i = 0; i < d->n; i++)
		lane_close(d->lanes[i]);
	hints_free(d->hints);
	if (d->set >= 0)
		close(d->set);
	free(d);
	errno = saved;
}

static bool
open_all(struct deliver *d, char *why, int len)
{
	const struct config *conf = d->relay->app.conf;

	if ((d->set = epoll_create1(EPOLL_CLOEXEC)) < 0 || (d->hints = hints_new(conf, hint, d, why, (size_t)len)) == NULL ||
	    !watch_hints(d, EPOLL_CTL_ADD) || !add_lane(d, NULL, why, len))
		return (false);
	for (size_t i = 0; i < conf->n_sinks; i++)
		if (!add_lane(d, &conf->sinks[i], why, len))
			return (false);
	return (conf->n_alerts == 0 || add_lane(d, alerts_sink(conf), why, len));
}

static void *
open_deliver(struct relay *r, bool *off, char *why, int len)
{
	struct deliver *d = calloc(1, sizeof(*d));

	(void)off;
	if (d == NULL)
		return (NULL);
	d->relay = r;
	d->set = -1;
	memset(d->marks, true, sizeof(d->marks));
	if (open_all(d, why, len))
		return (d);
	close_all(d);
	return (NULL);
}

static int
fd_of(void *task)
{
	const struct deliver *d = task;

	return (d->set);
}

static int64_t
due(void *task)
{
	struct deliver *d = task;
	int64_t now = clock_mono_ms(), least = d->sweep_at - now, ms;

	if ((ms = hints_due(d->hints)) < least)
		least = ms;
	if (d->deaf && d->hear_at - now < least)
		least = d->hear_at - now;
	for (size_t i = 0; i < d->n && least > 0; i++)
		if ((ms = lane_due(d->lanes[i])) >= 0 && ms < least)
			least = ms;
	return (least < 0 ? 0 : least);
}

static void
sweep(struct deliver *d, int64_t now)
{

	if (now < d->sweep_at)
		return;
	d->sweep_at = now + SWEEP_MS;
	if (!hints_are_heard(d->hints)) {
		hint(d, -1);
		return;
	}
	for (size_t i = 0; i < d->n; i++)
		lane_sweep(d->lanes[i], d->swept, SWEEP_PIECE);
	d->swept = (d->swept + SWEEP_PIECE) % KEYS_BUCKETS;
}

static void
trim(struct deliver *d, int64_t now)
{

	if (now < d->trim_at || !lane_is_active(d->lanes[0]))
		return;
	d->trim_at = now + TRIM_MS;
	(void)backlog_trim(d->relay->app.redis, d->relay->app.conf->outbox_keep / 1000, d->marks, &d->trimmed);
}

/* What of the set is ready. */
static void
look(struct deliver *d, bool ready[LANES_MAX + 1], int64_t now)
{
	struct epoll_event events[LANES_MAX + 1];

	if (d->deaf && now >= d->hear_at)
		d->deaf = !watch_hints(d, EPOLL_CTL_MOD);
	for (int n = epoll_wait(d->set, events, LANES_MAX + 1, 0); n > 0; n--)
		ready[events[n - 1].data.u64] = true;
}

static void
hear(struct deliver *d, bool ready, int64_t now)
{

	if (ready) {
		d->deaf = true;
		d->hear_at = now + GATHER_MS;
	}
	if (ready || hints_due(d->hints) == 0)
		hints_run(d->hints);
}

static void
run(void *task)
{
	bool ready[LANES_MAX + 1] = { false };
	struct deliver *d = task;
	int64_t now = clock_mono_ms();

	look(d, ready, now);
	hear(d, ready[HINTS], now);
	sweep(d, now);
	for (size_t i = 0; i < d->n; i++)
		if (ready[i] || lane_due(d->lanes[i]) == 0)
			lane_run(d->lanes[i], d->marks);
	trim(d, now);
}

static bool
leave(void *task)
{
	struct deliver *d = task;
	bool left = true;

	for (size_t i = 0; i < d->n; i++)
		left &= lane_leave(d->lanes[i]);
	return (left);
}

const struct relay_task deliver_task = {
	.name = "deliver events",
	.open = open_deliver,
	.fd = fd_of,
	.due = due,
	.run = run,
	.leave = leave,
	.close = close_all,
};
