/* SPDX-License-Identifier: ISC */
/* The only place that waits: one epoll set of listening sockets, the master's pipe and many front connections, served one at a
 * time. */
#ifndef WORKER_LOOP_H
#define WORKER_LOOP_H

#include <stdbool.h>

#include "doorward/app.h"

#include "worker/recycle.h"

struct loop_options {
	bool single; /* of the login pool: a connection is closed after its answer, and none is taken while one may be about to
			ask */
	int64_t deadline;              /* ms a request may take to arrive */
	struct recycle_limits recycle; /* when to ask for a successor */
};

/* Serves until told to leave, the master is gone or, where there is none, ${recycle} is reached, and until what has begun is
 * finished. Returns an exit code. */
int loop_run(struct app *app, struct child *c, const struct loop_options *o);

#endif
