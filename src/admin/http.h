/* SPDX-License-Identifier: ISC */
/* HTTP for operators: libmicrohttpd as the codec, driven by our own wait, and one table of what there is. */
#ifndef ADMIN_HTTP_H
#define ADMIN_HTTP_H

#include <stdbool.h>

#include "doorward/app.h"

struct http;

/*
 * Serves the listening socket ${fd}, which stays the caller's. ${trusted}: whoever can connect is an operator (a unix
 * socket). Otherwise only what reads is served, unless ${token} (NULL = none) is sent. ${app} and ${token} must outlive
 * it. Returns NULL with the reason in the log.
 */
struct http *http_open(int fd, bool trusted, struct app *app, const char *token);

/* What becomes readable when there is something to do; ms until there is anyway, -1 = never. */
int http_fd(const struct http *h);
int http_timeout(const struct http *h);

/* Does what there is to do, never waiting for a peer. */
void http_run(struct http *h);

/* Takes no new connections from now on. True if there are none left either. */
bool http_drain(struct http *h);

/* Closes what is left, but for the listening socket. NULL is fine. */
void http_close(struct http *h);

#endif
