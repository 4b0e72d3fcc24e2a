/* SPDX-License-Identifier: ISC */
/*
 * The clocks, each with the unit in its name. The wall clock decides about lifetimes, since they are stored and compared by
 * other processes and hosts; everything that waits uses the monotonic clock, which nobody can set.
 */
#include <errno.h>
#include <time.h>

#include "base/clock.h"

static int64_t turned_ms;

static int64_t
read_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts); /* cannot fail for these clocks */
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

int64_t
clock_wall_ms(void)
{

	return (read_ms(CLOCK_REALTIME) + turned_ms);
}

int64_t
clock_wall(void)
{

	return (clock_wall_ms() / 1000);
}

int64_t
clock_mono_ms(void)
{

	return (read_ms(CLOCK_MONOTONIC));
}

int64_t
clock_mono_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec);
}

int64_t
clock_earlier(int64_t a, int64_t b)
{

	return (a < b ? a : b);
}

void
clock_sleep_until(int64_t ns)
{
	struct timespec ts = { .tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

int64_t
clock_cpu_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ((int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
}

/* For tests of lifetimes: only the wall clock is turned, waiting goes on as before. */
void
clock_turn(int64_t seconds)
{

	turned_ms += seconds * 1000;
}
