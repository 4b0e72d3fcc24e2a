/* SPDX-License-Identifier: ISC */
/* What the listing of one user's sessions and that of everybody's share. */
#ifndef ADMIN_SESSIONS_H
#define ADMIN_SESSIONS_H

#include <stdbool.h>

#include "doorward/app.h"
#include "doorward/request.h"
#include "doorward/response.h"
#include "handle/agent.h"

/* What was asked for. */
struct wanted {
	char ip[ADDRESS_MAX + 1]; /* "" = any */
	uint64_t limit;
	struct str cursor;
};

/* Puts the sessions of one user in the order they are shown in: newest first. */
void sessions_sort(struct session_list *list);

/* Is ${s} of ${list} alive at ${now}, and one of those wanted? */
bool sessions_match(const struct wanted *w, const struct session_list *list, const struct session *s, int64_t now);

#define SESSIONS_CURSOR_MAX 96

/*
 * The live session with the public id ${sid}. DW_OK: ${found} has it. DW_ABSENT: there is none, or no more (then
 * ${found}->ended). DW_INVALID: this can be no id. Else as in store.h.
 */
enum dw_result sessions_find(struct app *app, struct str sid, uint8_t user_key[USER_KEY_LEN], struct lookup_reply *found);

/* What people know the session's device by: its name, else its program in English words; "" with anything but DW_OK. */
enum dw_result sessions_device(struct app *app, const char *user_id, const struct session *s, char out[AGENT_WORDS_MAX]);

/* Where a page ended. */
struct sessions_end {
	char cursor[SESSIONS_CURSOR_MAX]; /* of the next one; "" = there is none */
	uint64_t users;                   /* that were looked at, from the first page on */
};

/* Called with one session of a page. */
struct sessions_taker {
	void (*take)(void *arg, const uint8_t user_key[USER_KEY_LEN], const struct session *s, const char *user_id,
	    const char *username);
	void *arg;
};

/* The address ${text} (p NULL = any) as sessions have it. False: it is none. */
bool sessions_read_ip(struct str text, char out[ADDRESS_MAX + 1]);

/* A page of one user's sessions, newest first. DW_INVALID: the cursor is none, else as in store.h. */
enum dw_result sessions_of_user(struct app *app, struct arena *arena, const uint8_t user_key[USER_KEY_LEN],
    const struct wanted *w, const struct sessions_taker *t, struct sessions_end *end);

/*
 * A page of everybody's sessions. The work of a call is bounded: a page may hold fewer than were asked for, or none, and still
 * have a cursor. A session that is there all the time is shown at least once; if much changes in between it may be shown twice.
 * DW_INVALID: the cursor is none, else as in store.h.
 */
enum dw_result everybody_page(
    struct app *app, const struct wanted *w, const struct sessions_taker *t, struct sessions_end *end);

#endif
