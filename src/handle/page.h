/* Pages for people: plain HTML and CSS, no script, readable on a phone. */
#ifndef HANDLE_PAGE_H
#define HANDLE_PAGE_H

#include "doorward/app.h"
#include "doorward/request.h"
#include "doorward/response.h"

struct login_form {
	struct str username; /* as typed, to be kept after an error */
	struct str next;     /* safe already */
	const char *message; /* what went wrong, or why the session ended; NULL = none */
	bool alarm;          /* the message is an error, not a piece of news */
	struct str signed_in_as; /* somebody is: p NULL = nobody */
	bool remember;
};

/* Answers ${status} with the login form. Sets the form cookie if the browser has none. */
void page_login(struct app *app, const struct request *q, struct response *r, int status, const struct login_form *f);

/* Answers 200: you are signed out. */
void page_signed_out(struct app *app, struct response *r);

/* Answers 403 with a link to the https address: a password is not asked for over plain HTTP. */
void page_insecure(struct app *app, struct response *r);

/*
 * The sentence for a session that ended for ${reason} (the word of a cause, or an operator's text); NULL if ${reason} is. May be made in
 * ${arena}.
 */
const char *page_reason(struct arena *arena, const char *reason);

#endif
