/* SPDX-License-Identifier: ISC */
/*
 * A histogram of durations with buckets of equal relative width: 64 to each power of two, so a percentile is exact to
 * 1.6 %.
 */
#ifndef BENCH_HIST_H
#define BENCH_HIST_H

#include <stdint.h>

#define HIST_BITS 6    /* 64 buckets to a power of two */
#define HIST_POWERS 31 /* up to 2^36 ns, 68 s; what is longer counts as that */
#define HIST_BUCKETS (HIST_POWERS << HIST_BITS)

struct hist {
	uint64_t n, sum, max; /* of nanoseconds */
	uint64_t count[HIST_BUCKETS];
};

void hist_add(struct hist *h, uint64_t ns);

/*
 * The smallest duration, as the upper bound of its bucket, that ${share} (0…1) of all do not exceed; 0 if there is
 * none.
 */
uint64_t hist_percentile(const struct hist *h, double share);

#endif
