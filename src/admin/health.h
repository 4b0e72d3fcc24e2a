/* SPDX-License-Identifier: ISC */
/*
 * What is wrong at the moment, in one list: of it are made the answer of /health/ready, the first lines of /status and those of
 * doorwardctl status. Whoever knows of a fault adds a line here; nothing is well or ill by two lists.
 */
#ifndef ADMIN_HEALTH_H
#define ADMIN_HEALTH_H

#include <stddef.h>

#include "doorward/app.h"

#define HEALTH_PROBLEMS_MAX 16
#define HEALTH_TEXT_MAX 640

enum health_level {
	HEALTH_READY,    /* of a problem: a warning, nothing lacks for now */
	HEALTH_DEGRADED, /* it goes on, but not as it should: 200 */
	HEALTH_DOWN      /* logins or checks cannot work: 503 */
};

struct health_problem {
	enum health_level level;
	const char *error;          /* the answer's code, where DOWN; a literal */
	const char *reason;         /* a word for machines; a literal */
	char text[HEALTH_TEXT_MAX]; /* a sentence for people, without paths and names of users */
};

struct health {
	enum health_level level;                        /* the worst of all */
	struct health_problem all[HEALTH_PROBLEMS_MAX]; /* the worst first, else in the order in which they were added */
	size_t n;
};

/* The health as it is now; asked for again at most five times a second. Valid until the next call. */
const struct health *health_look(struct app *app);

/* Adds a problem; one too many is left out, a worse one pushes the last one out. ${error} may be NULL below HEALTH_DOWN. */
void health_add(struct health *h, enum health_level level, const char *error, const char *reason, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* Adds what is wrong with Redis: src/admin/health_redis.c. */
void health_redis(struct app *app, struct health *h);

/* "ready", "degraded", "down". */
const char *health_word(enum health_level level);

#endif
