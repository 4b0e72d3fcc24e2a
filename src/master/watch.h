/* SPDX-License-Identifier: ISC */
/*
 * Workers whose request takes too long: first a notice that says what they are doing, then an end, but not of all at
 * once.
 */
#ifndef MASTER_WATCH_H
#define MASTER_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Kills in one minute. When more requests than that are stuck it is something behind them all, and new workers would
 * only get stuck too: then there are notices, and the service keeps what it has.
 */
#define WATCH_KILLS 10
#define WATCH_KILLS_PERIOD 60000 /* ms */
#define WATCH_PERIOD 250         /* ms between two looks */

struct pool;
struct config;

/* What was already said of the process in a slot. */
struct watch_seen {
	int64_t noticed; /* busy_since of the request that was reported as slow */
	int64_t spared;  /* of the one that was not killed for the limit */
	int64_t killed;  /* of the one it was killed for */
};

struct watch {
	int64_t kills[WATCH_KILLS]; /* when, oldest first from ${next}; 0 = never */
	size_t next;
	int64_t looked;
};

struct watch_limits {
	int64_t slow_after, request_timeout; /* ms */
};

enum watch_verdict { WATCH_FINE, WATCH_SLOW, WATCH_KILL, WATCH_SPARE };

/*
 * Judges a request in hand since ${busy_since}, at ${now}. Each verdict but FINE is given once a request. Pure but for
 * ${w} and ${seen}.
 */
enum watch_verdict watch_judge(
    struct watch *w, struct watch_seen *seen, int64_t busy_since, int64_t now, const struct watch_limits *limits);

/* Looks at all busy processes of ${p}, if it is time to. */
void watch_look(struct watch *w, struct pool *p, const struct watch_limits *limits, int64_t now);

#endif
