/* SPDX-License-Identifier: ISC */
/*
 * What the relay does beside each other: each part is a task with a row in src/relay/relay.c. They share one process and one
 * wait, so a task does a bounded piece of work each time it runs, and blocks no longer than one command to Redis may take.
 */
#ifndef RELAY_TASK_H
#define RELAY_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "doorward/app.h"

struct relay {
	struct app app;
	struct child *child;
	int ep; /* everything that is waited for */
};

struct relay_task {
	const char *name; /* as in the log */
	/* NULL: it cannot, errno says whether that may change (child/outcome.h). ${*off} true: nothing to do, it is left out.
	 */
	void *(*open)(struct relay *r, bool *off, char *why, int len);
	/* One descriptor for its whole life, readable when there is work: an epoll set of the task's own, for several. -1:
	 * none. */
	int (*fd)(void *task);
	/* ms until it wants to run (0: now), -1: not before its descriptor is readable. */
	int64_t (*due)(void *task);
	void (*run)(void *task);
	/* The relay leaves: false while something that has begun is to be waited for. It is asked and run until then, at most
	 * for DRAIN_MS. NULL: nothing to finish. */
	bool (*leave)(void *task);
	void (*close)(void *task);
};

#endif
