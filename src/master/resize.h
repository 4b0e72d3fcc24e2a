/* SPDX-License-Identifier: ISC */
/* Pools that change while they run: by a signal, by need, and one process for another. */
#ifndef MASTER_RESIZE_H
#define MASTER_RESIZE_H

#include <stddef.h>
#include <stdint.h>

#include "master/pool.h"

/* One process of the resizable role of ${g} more (${by} > 0) or less, not below one. */
void resize_by(struct pool *p, const struct generation *g, int by, int64_t now, int64_t deadline);

/*
 * Lets the dynamic roles of ${g} grow and shrink, if it is time to. Only idle processes are told to leave, which end by
 * ${deadline}.
 */
void resize_balance(struct pool *p, const struct generation *g, int64_t now, int64_t deadline);

/* Starts a process beside each one of ${g} that asked to be replaced; once it is ready the old one is told to leave. */
void resize_recycle(struct pool *p, const struct generation *g, int64_t now, int64_t deadline);

/* Enters the slots of ${g} that are missing, after its processes were retired. */
void resize_refill(struct pool *p, const struct generation *g, int64_t now);

/* Tells those processes of ${g} to leave that stand aside for the master that took over. */
void resize_yield(struct pool *p, const struct generation *g, int64_t deadline);

/* Processes that role ${role} of ${g} has: those that leave are not counted. */
size_t resize_have(const struct pool *p, const struct generation *g, size_t role);

#endif
