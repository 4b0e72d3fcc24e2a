/* SPDX-License-Identifier: ISC */
/* The way of one request, from variables to the bytes of its answer, whatever carried it here. */
#ifndef WEB_SERVE_H
#define WEB_SERVE_H

#include <stdbool.h>

#include "base/buf.h"
#include "doorward/app.h"
#include "http/body.h"

/* A request's memory: a body of BODY_MAX, decoded, and all sessions of one user. What is never used costs nothing. */
#define ARENA_BYTES (256 * 1024 + (SESSION_LIMIT_MAX + 1) * sizeof(struct session))
#define ANSWER_BYTES (RESPONSE_HEAD_MAX + RESPONSE_BODY_MAX + 2048)

/* One request as its carrier (FastCGI, CGI) hands it over. */
struct exchange {
	char *const *envp; /* "NAME=VALUE", NULL-terminated */
	bool authorizer;   /* FastCGI Authorizer: the body is the application's, do not read it */
	bool poisoned;     /* the carrier saw that the variables are not what was sent: 400 */
	bool oversized;    /* the carrier saw more variables than it keeps: 431 */
	body_reader read;
	void *ctx;
	/* filled by serve() */
	struct str answer; /* valid until the next serve() */
	int status;
};

/* Answers ${x}. Cannot fail: every failure is an answer. */
void serve(struct app *app, struct exchange *x);

#endif
