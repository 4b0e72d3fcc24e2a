/* SPDX-License-Identifier: ISC */
/*
 * How long to wait before a process that ended is started again: a pure function of its history and of how it ended. A
 * worker that dies after it has served is never delayed, else who can crash the worker of his own session could stop
 * the service for everybody.
 */
#ifndef MASTER_BACKOFF_H
#define MASTER_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

#define BACKOFF_FIRST 100 /* ms after the first failed start; doubled by each one more */
#define BACKOFF_CAP 30000 /* ms at the most */
#define BACKOFF_FORK_CAP                                                                                                       \
	1600 /* ms at the most after a fork that was refused: the try costs nothing, and the shortage may be over */
#define BACKOFF_JITTER 20        /* per cent up or down: slots that fail together are not started together for ever */
#define BACKOFF_SHORT_LIFE 1000  /* ms: who dies earlier, without having served, has failed to start */
#define BACKOFF_RESET_LIFE 10000 /* ms of life, and one request, that make up for all failures */

struct backoff {
	unsigned failures;  /* failed starts in a row */
	unsigned shortages; /* in a row, of processes or of what they need */
};

/* How a process lived. */
struct life {
	bool ready;        /* it said READY */
	int64_t ms;        /* from fork to death */
	uint64_t requests; /* it answered */
	bool shortage;     /* it left with EXIT_RESOURCE: waits longer each time, as a failed start does, but is none */
};

/*
 * Enters that there was no process to be had, and returns the milliseconds to wait: doubled each time from BACKOFF_FIRST,
 * less than two seconds at the most, so that a reload goes on soon after the shortage has ended.
 */
int64_t backoff_no_process(struct backoff *b, uint32_t random);

/* Enters the end of ${life} into ${b} and returns the milliseconds to wait. ${random}: any number, for the jitter. */
int64_t backoff_next(struct backoff *b, const struct life *life, uint32_t random);

#endif
