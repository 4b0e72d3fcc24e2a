/* SPDX-License-Identifier: ISC */
/* Who may ask for what on one listener of the operators. */
#ifndef ADMIN_GUARD_H
#define ADMIN_GUARD_H

#include <netinet/in.h>

#include <stdbool.h>

#include "admin/routes.h"
#include "doorward/app.h"

#define GUARD_ADDRESS_MAX (INET6_ADDRSTRLEN + 16) /* "[address]:port" */

struct guard {
	const struct app *app;
	const char *token;               /* the operators'; NULL: none is configured */
	bool trusted;                    /* a unix socket: its mode says who may connect */
	char address[GUARD_ADDRESS_MAX]; /* as a Host names it; "" of a unix socket */
};

/* ${fd} listens; ${app} and ${token} must stay alive. */
void guard_init(struct guard *g, int fd, bool trusted, const struct app *app, const char *token);

/* These are false where the request was refused: then ${r} is the answer. Is it meant for us? */
bool guard_host(const struct guard *g, const struct request *q, struct response *r);

/* May the caller ask for ${route}? */
bool guard_caller(const struct guard *g, const struct admin_route *route, const struct request *q, struct response *r);

/* Does a POST come from where one may? */
bool guard_post(const struct guard *g, const struct request *q, struct response *r);

#endif
