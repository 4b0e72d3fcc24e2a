/* SPDX-License-Identifier: ISC */
/*
 * Requests that take too long, seen from outside: the board says since when a process has been busy. A slow one is reported
 * once, a stuck one is killed and replaced. At most WATCH_KILLS are killed in a minute: if everything is stuck, the reason lies
 * elsewhere (Redis, the user database, the disk), and killing all workers would only add to it. The start of the request
 * identifies it, so nothing is said twice.
 */
#include <signal.h>
#include <string.h>

#include "base/log.h"

#include "master/pool.h"

#include "master/watch.h"

/* Takes one of the kills of this minute, if one is left. */
static bool
may_kill(struct watch *w, int64_t now)
{
	int64_t oldest = w->kills[w->next];

	if (oldest != 0 && now - oldest < WATCH_KILLS_PERIOD)
		return (false);
	w->kills[w->next] = now;
	w->next = (w->next + 1) % WATCH_KILLS;
	return (true);
}

/* At most one verdict for each request and kind; a request is known by the time it began. */
enum watch_verdict
watch_judge(struct watch *w, struct watch_seen *seen, int64_t busy_since, int64_t now, const struct watch_limits *limits)
{
	int64_t age = now - busy_since;

	if (age >= limits->request_timeout && seen->killed != busy_since) {
		if (may_kill(w, now)) {
			seen->killed = busy_since;
			return (WATCH_KILL);
		}
		if (seen->spared != busy_since) {
			seen->spared = busy_since;
			return (WATCH_SPARE);
		}
		return (WATCH_FINE);
	}
	if (age >= limits->slow_after && seen->noticed != busy_since) {
		seen->noticed = busy_since;
		return (WATCH_SLOW);
	}
	return (WATCH_FINE);
}

static void
report(struct board *b, const struct slot *pl, const struct board_slot *s, enum watch_verdict verdict, int64_t age)
{
	char trace[sizeof(s->trace)];
	const char *stage = board_stage_word(s->stage), *route = board_route_word(s->route);

	board_trace(s, trace);
	switch (verdict) {
	case WATCH_SLOW:
		b->slow++;
		log_warn("slow request in %s: pid=%d ms=%lld stage=%s route=%s trace=%s", pl->name, (int)pl->pid,
		    (long long)age, stage, route, trace);
		break;
	case WATCH_KILL:
		b->killed++;
		log_error("stuck request, killing %s: pid=%d ms=%lld stage=%s route=%s trace=%s", pl->name, (int)pl->pid,
		    (long long)age, stage, route, trace);
		break;
	default:
		log_error("stuck request, %s is not killed since %d were within a minute: pid=%d ms=%lld stage=%s "
			  "route=%s trace=%s",
		    pl->name, WATCH_KILLS, (int)pl->pid, (long long)age, stage, route, trace);
	}
}

static void
look_at(struct watch *w, struct pool *p, struct slot *pl, const struct watch_limits *limits, int64_t now)
{
	struct board_slot *s = &p->board->slots[pl - p->slots];
	int64_t since = s->busy_since;
	enum watch_verdict verdict;

	if (s->state != BOARD_BUSY || since == 0)
		return;
	if ((verdict = watch_judge(w, &pl->seen, since, now, limits)) == WATCH_FINE)
		return;
	/* It may have finished while we were thinking. */
	if (s->state != BOARD_BUSY || s->busy_since != since)
		return;
	report(p->board, pl, s, verdict, now - since);
	if (verdict == WATCH_KILL)
		kill(pl->pid, SIGKILL);
}

void
watch_look(struct watch *w, struct pool *p, const struct watch_limits *limits, int64_t now)
{

	if (now - w->looked < WATCH_PERIOD)
		return;
	w->looked = now;
	for (size_t i = 0; i < BOARD_SLOTS; i++)
		if (p->slots[i].pid > 0)
			look_at(w, p, &p->slots[i], limits, now);
}
