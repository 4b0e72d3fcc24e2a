/* SPDX-License-Identifier: ISC */
/* What the listing of one user's sessions and that of everybody's share. */
#ifndef ADMIN_SESSIONS_H
#define ADMIN_SESSIONS_H

#include <netinet/in.h>

#include <stdbool.h>

#include "doorward/app.h"
#include "doorward/request.h"
#include "doorward/response.h"

/* What was asked for. */
struct wanted {
	char ip[INET6_ADDRSTRLEN]; /* "" = any */
	uint64_t limit;
	struct str cursor;
};

/* Puts the sessions of one user in the order they are shown in: newest first. */
void sessions_sort(struct session_list *list);

/* Is ${s} of ${list} alive at ${now}, and one of those wanted? */
bool sessions_match(const struct wanted *w, const struct session_list *list, const struct session *s, int64_t now);

/* Appends it as the login's answer shows it. */
void sessions_put(struct app *app, struct response *r, const uint8_t user_key[USER_KEY_LEN], const struct session *s,
    const char *user_id, const char *username);

/*
 * Answers with a page of everybody's sessions. The work of a call is bounded: a page may hold fewer than were asked
 * for, or none, and still have a cursor. A session that is there all the time is shown at least once; if much changes
 * in between it may be shown twice.
 */
void everybody_list(struct app *app, struct request *q, struct response *r, const struct wanted *w);

#endif
