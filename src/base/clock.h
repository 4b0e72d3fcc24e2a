/* SPDX-License-Identifier: ISC */
/* The only place that asks what time it is: monotonic for durations, wall for expiry. Tests turn it. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Wall-clock time: seconds since the epoch; milliseconds since the epoch. */
int64_t clock_wall(void);
int64_t clock_wall_ms(void);

/* Milliseconds, nanoseconds of a clock that never jumps, from an unspecified start. */
int64_t clock_mono_ms(void);
int64_t clock_mono_ns(void);

/* The earlier of two such times, the shorter of two durations. */
int64_t clock_earlier(int64_t a, int64_t b);

/* Sleeps until clock_mono_ns() has reached ${ns}, signals or not; not at all if it has. */
void clock_sleep_until(int64_t ns);

/* Microseconds of processor time that this thread has used. */
int64_t clock_cpu_us(void);

/* Moves the wall clock of this process by ${seconds} from now on. For tests. */
void clock_turn(int64_t seconds);

#endif
