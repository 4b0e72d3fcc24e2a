/* SPDX-License-Identifier: ISC */
/* The one table of what operators can ask for. */
#ifndef ADMIN_ROUTES_H
#define ADMIN_ROUTES_H

#include <stdbool.h>

#include "doorward/app.h"
#include "doorward/request.h"
#include "doorward/response.h"

/* Bytes of an answer: the logout records of all sessions of one user, at their longest; or a page of sessions, or the status of
 * a full board. */
#define ADMIN_ROOM (SESSION_LIMIT_MAX * 768)

struct admin_route {
	const char *path; /* exact; '*' is one segment, as in web/route.h */
	unsigned methods; /* enum method, or-ed */
	bool open;        /* reads, and names no user: served to everybody on the machine */
	bool person;      /* a page: asks for the token as a Basic password, and its errors are pages */
	bool forms;       /* takes them too, with our token in them */
	void (*handle)(struct app *app, struct request *q, struct response *r);
};

/* The route of ${path}, whatever the method; NULL if there is none. */
const struct admin_route *routes_find(const char *path);

/* Each answers one of them. */
void health_live(struct app *app, struct request *q, struct response *r);
void health_ready(struct app *app, struct request *q, struct response *r);
void metrics_text(struct app *app, struct request *q, struct response *r);
void status_page(struct app *app, struct request *q, struct response *r);
void flush_post(struct app *app, struct request *q, struct response *r);
void kick_post(struct app *app, struct request *q, struct response *r);
void sessions_list(struct app *app, struct request *q, struct response *r);
void sessions_show(struct app *app, struct request *q, struct response *r);

void explorer_get(struct app *app, struct request *q, struct response *r);
void explorer_kick(struct app *app, struct request *q, struct response *r);

/* Makes a page of the error that ${r} holds, under the same status and headers. */
void explorer_error(struct app *app, struct request *q, struct response *r);

/* Answers 503 or 500 for a store or user database (${what}) that gave ${rc}. */
void health_refuse(const struct request *q, struct response *r, enum dw_result rc, const char *what);

#endif
