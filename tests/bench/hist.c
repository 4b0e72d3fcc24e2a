/* SPDX-License-Identifier: ISC */
#include "hist.h"

#define SUB (1u << HIST_BITS)

static unsigned
bucket_of(uint64_t ns)
{
	unsigned power, b;

	if (ns < SUB)
		return ((unsigned)ns);
	power = 63 - (unsigned)__builtin_clzll(ns) - HIST_BITS;
	b = ((power + 1) << HIST_BITS) + (unsigned)((ns >> power) & (SUB - 1));
	return (b < HIST_BUCKETS ? b : HIST_BUCKETS - 1);
}

/* The largest duration that falls into ${b}. */
static uint64_t
end_of(unsigned b)
{
	unsigned power;

	if (b < SUB)
		return (b);
	power = (b >> HIST_BITS) - 1;
	return (((uint64_t)(SUB + (b & (SUB - 1))) << power) + (((uint64_t)1 << power) - 1));
}

void
hist_add(struct hist *h, uint64_t ns)
{

	h->n++;
	h->sum += ns;
	if (ns > h->max)
		h->max = ns;
	h->count[bucket_of(ns)]++;
}

uint64_t
hist_percentile(const struct hist *h, double share)
{
	uint64_t wanted = (uint64_t)(share * (double)h->n + 0.5), seen = 0;

	if (h->n == 0)
		return (0);
	for (unsigned b = 0; b < HIST_BUCKETS; b++) {
		seen += h->count[b];
		if (seen >= wanted && seen > 0)
			return (end_of(b) < h->max ? end_of(b) : h->max);
	}
	return (h->max);
}
