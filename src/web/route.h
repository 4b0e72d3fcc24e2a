/* SPDX-License-Identifier: ISC */
/* The one table of endpoints. */
#ifndef WEB_ROUTE_H
#define WEB_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "doorward/app.h"
#include "doorward/request.h"
#include "doorward/response.h"

typedef void (*handler)(struct app *app, struct request *q, struct response *r);

#define ROUTE_PLAIN_OK 0x01    /* takes and gives no credential: answers over plain HTTP too */
#define ROUTE_BODY 0x02        /* the body is read and parsed before the handler runs */
#define ROUTE_OWN_REFUSAL 0x04 /* refuses plain HTTP itself, with more than the error */

struct route {
	const char *path; /* exact; '*' is one segment, whatever it is, but not empty */
	unsigned methods; /* enum method, or-ed */
	unsigned flags;   /* ROUTE_* */
	handler handle;
	const char *name; /* in metrics */
};

/* The check, which the Authorizer role always means. */
extern const struct route *const route_check;

/*
 * Finds the route of ${path} and ${method}. NULL: not found; *${allow}, the methods of that path, then tells 404 (0) from 405.
 * TRACE is never allowed (R010).
 */
const struct route *route_find(const char *path, enum method method, unsigned *allow);

/* Whether ${path} is one of ${pattern}, as in struct route. */
bool route_matches(const char *pattern, const char *path);

/* Index into the table, for the scoreboard; and back, NULL beyond its end. */
uint32_t route_id(const struct route *r);
const char *route_name(uint32_t id);

#endif
