/* SPDX-License-Identifier: ISC */
/*
 * Requests from their variables to the bytes of their answers, for unit tests of serve() and of the handlers: see
 * fake.h for what stands behind them. Passwords are not hashed: "right" is right.
 */
#ifndef UNIT_ASK_H
#define UNIT_ASK_H

#include "auth/access.h"
#include "auth/token.h"
#include "web/serve.h"

#include "fake.h"

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736" /* of every request */
#define SESSION "__Host-dw_session="
#define JSON "application/json"
#define FORM "application/x-www-form-urlencoded"
#define SAME "HTTP_SEC_FETCH_SITE=same-origin"
#define CROSS "HTTP_SEC_FETCH_SITE=cross-site"
#define HTML "HTTP_ACCEPT=text/html"
#define EXTRA 6

/* One request; NULL is left out. */
struct call {
	const char *method, *uri, *type, *body;
	const char *extra[EXTRA]; /* more variables */
	bool plain, authorizer, poisoned;
};

/*
 * One user with one live session, of which there are a cookie, an access token and a refresh token; and what became
 * of the last request.
 */
struct ask {
	struct fake fake;
	struct exchange last;
	size_t body_read_calls;
	struct token cookie;
	char cookie_text[TOKEN_TEXT_MAX + 1], other_cookie[TOKEN_TEXT_MAX + 1], refresh_text[TOKEN_TEXT_MAX + 1],
	    bearer_text[ACCESS_TEXT_MAX];
	/* As variables; "other" is of another session, "both" has the two, "forged" is a cookie nobody made. */
	char cookie_line[256], other_line[256], both_line[256], bearer_line[ACCESS_TEXT_MAX + 64], forged_line[256];
};

extern struct ask ask;
extern const uint8_t ask_user_key[USER_KEY_LEN];

/* Set-up and tear-down of the program, set-up of a test. */
int ask_begin(void **state);
int ask_end(void **state);
int ask_fresh(void **state);

/* Sends ${c} through it all. Returns the whole answer, which the next one takes the place of. */
const char *ask_request(struct call c);

#define ASK(m, u, ...) ask_request((struct call){ .method = (m), .uri = (u), ##__VA_ARGS__ })
#define POST(u, t, b, ...)                                                                                                     \
	ask_request((struct call){ .method = "POST", .uri = (u), .type = (t), .body = (b), .extra = { __VA_ARGS__ } })

/* The answer has that status; ${error} NULL, or it is that error in the contract's shape, with the trace id. */
void ask_expect(const char *answer, int status, const char *error);

/* It has that header line; it does not contain that text. */
void ask_expect_header(const char *answer, const char *line);
void ask_expect_no(const char *answer, const char *text);

/* The store and the user database were asked just this. */
void ask_expect_trail(const char *trail);

#endif
