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

/*
 * Serves the one request that waits on the connection ${fd}, which has receive and send timeouts; ${deadline} bounds, in milliseconds, what a
 * long body may take. Returns true if the connection stays open for the next request (only if ${may_keep}, the front asked for it, and the
 * body was read to its end); otherwise it has been closed.
 */
bool fcgi_serve(struct app *app, FCGX_Request *r, int fd, bool may_keep, int64_t deadline);

#endif
