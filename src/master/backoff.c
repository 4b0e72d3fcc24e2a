/* SPDX-License-Identifier: ISC */
/*
 * How long to wait before a process is started again. A process that served, or lived long enough after it was ready, is
 * replaced at once. One that died young waits twice as long each time, up to a cap, and starts over once a replacement has
 * lived. Shortages (no process to be had, no memory) are counted apart: they say nothing about the process. Every delay is
 * jittered, so that processes that died together do not come back together.
 */
#include "master/backoff.h"

/* ${ms}, moved by up to BACKOFF_JITTER per cent. */
static int64_t
jittered(int64_t ms, uint32_t random)
{
	int64_t span = ms * BACKOFF_JITTER / 100;

	return (ms - span + (int64_t)(random % (uint64_t)(2 * span + 1)));
}

/* Doubles from BACKOFF_FIRST; stops before it could overflow. */
static int64_t
delay_of(unsigned failures, int64_t cap)
{
	int64_t ms = BACKOFF_FIRST;

	while (failures-- > 1 && ms < cap)
		ms *= 2;
	return (ms < cap ? ms : cap);
}

/* Counts up to where the delay has long reached its cap. */
static unsigned
count_up(unsigned n)
{

	return (n < UINT16_MAX ? n + 1 : n);
}

int64_t
backoff_no_process(struct backoff *b, uint32_t random)
{

	b->shortages = count_up(b->shortages);
	return (jittered(delay_of(b->shortages, BACKOFF_FORK_CAP), random));
}

int64_t
backoff_next(struct backoff *b, const struct life *life, uint32_t random)
{

	if (life->requests > 0 && life->ms >= BACKOFF_RESET_LIFE)
		b->failures = 0;
	if (life->shortage) {
		b->shortages = count_up(b->shortages);
		return (jittered(delay_of(b->shortages, BACKOFF_CAP), random));
	}
	b->shortages = 0;
	if (life->requests > 0 || (life->ready && life->ms >= BACKOFF_SHORT_LIFE))
		return (0);
	b->failures = count_up(b->failures);
	return (jittered(delay_of(b->failures, BACKOFF_CAP), random));
}
