/* One FastCGI request on a connection of ours, with libfcgi as the codec: it never waits for a new connection, and never closes slowly. */
#ifndef WORKER_FCGI_H
#define WORKER_FCGI_H

#include <stdbool.h>
#include <stdint.h>

#include <fastcgi.h>
#include <fcgiapp.h>

#include "doorward/app.h"

/* Prepares the library, once per process. Returns 0, or -1. */
int fcgi_init(void);

/* Makes ${r} ready for connections. */
void fcgi_prepare(FCGX_Request *r);

/* Gives reading from and writing to ${fd} an end: ${ms} each. */
void fcgi_set_timeouts(int fd, int64_t ms);

/* What is known of a request before it is read. */
struct fcgi_visit {
	int fd;           /* the connection; it has receive and send timeouts if the request is not all there */
	bool may_keep;    /* the connection may stay open, if the front asks for it */
	bool poisoned;    /* its variables cannot be believed (peek.h): 400 */
	int64_t deadline; /* ms a long body may take */
};

/*
 * Serves the one request that waits on ${v}->fd. Returns true if the connection stays open for the next one, which takes that the body was
 * read to its end; otherwise it has been closed.
 */
bool fcgi_serve(struct app *app, FCGX_Request *r, const struct fcgi_visit *v);

#endif
