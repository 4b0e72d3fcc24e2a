/* SPDX-License-Identifier: ISC */
/* The sessions of the caller, page by page: what /sessions and the account page share. */
#ifndef HANDLE_OWN_SESSIONS_H
#define HANDLE_OWN_SESSIONS_H

#include "base/base64url.h"
#include "doorward/app.h"
#include "doorward/request.h"

#define OWN_PAGE_MAX 100 /* sessions: as JSON, at their longest members, they fit RESPONSE_BODY_MAX */
#define OWN_CURSOR_BYTES 16
#define OWN_CURSOR_TEXT BASE64URL_LEN(OWN_CURSOR_BYTES)

/* Where a page starts: after this session, in the order newest first. */
struct position {
	int64_t created;
	uint8_t session_key[SESSION_KEY_LEN];
};

/* Whose sessions an answer shows. */
struct owner {
	const uint8_t *user_key;
	const char *user_id, *username;
	bool unknown; /* the user database could not be asked: it is not asked again for this answer, which would take as long
			 for each session */
};

/* One page of them. */
struct own_page {
	const struct session *shown[OWN_PAGE_MAX];
	size_t n;
	bool more;
};

/* Reads the cursor ${text}; p NULL is the first page. False: it is none of ours. */
bool position_parse(struct str text, struct position *out);

/* The same of the query's. */
bool position_read(const struct request *q, struct position *out);

/* Is ${s} on the page that starts at ${from}, or on a later one? */
bool position_is_before(const struct position *from, const struct session *s);

/* Writes the cursor of the page after ${s}. */
void position_write(const struct session *s, char out[OWN_CURSOR_TEXT + 1]);

/* Sorts ${list}, newest first, and picks the at most ${limit} live ones after ${from}. */
void own_sessions_page(
    struct app *app, struct session_list *list, const struct position *from, size_t limit, struct own_page *out);

/* What is known of the device of ${s}, in ${room}; NULL = nothing, or it cannot be asked: that is no error. */
const struct device *own_sessions_device(struct app *app, struct owner *o, const struct session *s, struct device *room);

#endif
