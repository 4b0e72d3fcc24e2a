/* SPDX-License-Identifier: ISC */
/* One FastCGI request, taken in by incoming.c and read by libfcgi; its answer on the connection. */
#ifndef WORKER_FCGI_H
#define WORKER_FCGI_H

#include <stdbool.h>
#include <stdint.h>

#include "doorward/app.h"
#include "worker/incoming.h"

/* Prepares the library and the memory it reads from, once per process. Returns 0, or -1. */
int fcgi_init(void);

/* Gives writing to ${fd} an end: ${ms}. */
void fcgi_set_timeout(int fd, int64_t ms);

/* A request that is all there. */
struct fcgi_visit {
	int fd;                    /* the connection, for the answer */
	const struct incoming *in; /* the request, whole */
	bool may_keep;             /* the connection may stay open, if the front asks for it */
	int64_t deadline;          /* ms a front may take to read a long answer */
};

/* Serves the request. Returns true if the connection stays open for the next one; otherwise it has been closed. */
bool fcgi_serve(struct app *app, const struct fcgi_visit *v);

#endif
