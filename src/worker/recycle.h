/* SPDX-License-Identifier: ISC */
/* When a worker has served long enough and should be replaced by a fresh one. */
#ifndef WORKER_RECYCLE_H
#define WORKER_RECYCLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doorward/config.h"

#define RECYCLE_LOOK_MS 1000      /* between two looks at our memory */
#define RECYCLE_JITTER_PERCENT 10 /* of each limit, by slot: workers must not all leave at once */

/* 0 = no limit. */
struct recycle_limits {
	uint64_t requests;
	int64_t age; /* ms */
	int64_t rss; /* bytes that are not shared */
};

struct recycle {
	int64_t born, looked; /* mono ms */
};

/* The limits of ${conf} for the worker in slot ${slot}. */
struct recycle_limits recycle_limits(const struct config *conf, size_t slot);

/* True if one of the limits is reached at ${now}, after ${served} requests. */
bool recycle_is_due(struct recycle *w, const struct recycle_limits *l, uint64_t served, int64_t now);

/* Milliseconds a worker with nothing to do may wait before it asks again; -1 = for ever. */
int recycle_wait(const struct recycle *w, const struct recycle_limits *l, int64_t now);

/* Bytes of memory that this process has for itself; -1 if it cannot be known. */
int64_t recycle_rss(void);

#endif
