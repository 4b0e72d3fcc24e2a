/* SPDX-License-Identifier: ISC */
/* When a pool that sizes itself grows and shrinks: a pure function of what it looks like. */
#ifndef MASTER_SIZING_H
#define MASTER_SIZING_H

#include <stddef.h>
#include <stdint.h>

#define SIZING_PERIOD 500  /* ms between two steps */
#define SIZING_RATE_MAX 16 /* processes started in one step, after doubling from 1 in each step of need */

struct sizing {
	unsigned rate; /* of the next step of need; 0 = the first */
};

struct sizing_view {
	size_t have;                    /* processes, those that start among them */
	size_t idle;                    /* ready and without a request; those that start count as idle */
	size_t least, most;             /* bounds of have */
	size_t spare_least, spare_most; /* bounds of idle */
	int32_t queued;                 /* connections that wait; negative: unknown */
};

/* How many processes are to be started (> 0), or one that is to leave (-1). */
int sizing_step(struct sizing *z, const struct sizing_view *v);

#endif
