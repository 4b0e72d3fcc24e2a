/* SPDX-License-Identifier: ISC */
/* Pages for people: plain HTML and CSS, no script, readable on a phone. */
#ifndef HANDLE_PAGE_H
#define HANDLE_PAGE_H

#include "doorward/app.h"
#include "doorward/request.h"
#include "doorward/response.h"

struct login_form {
	struct str username;     /* as typed, to be kept after an error */
	struct str next;         /* safe already */
	struct str message;      /* what went wrong, or why the session ended; p NULL = none */
	bool alarm;              /* the message is an error, not a piece of news */
	bool wrong;              /* it is about what was typed */
	bool outage;             /* signing in is not possible for the moment: offer to try again */
	struct str signed_in_as; /* somebody is: p NULL = nobody */
	bool remember;
};

/* Answers ${status} with the login form. Sets the form cookie if the browser has none. */
void page_login(struct app *app, const struct request *q, struct response *r, int status, const struct login_form *f);

/* Answers 200: do you want to sign out? ${next}, safe already, is kept. Ends nothing. */
void page_sign_out(struct app *app, const struct request *q, struct response *r, struct str next);

enum page_out { PAGE_OUT_HERE, PAGE_OUT_OTHERS, PAGE_OUT_ONE, PAGE_OUT_PENDING, PAGE_OUT_OTHERS_PENDING };

/*
 * Answers 200: you are signed out, on this device, on all others, or on one of the others; or 202: here, and everywhere as soon
 * as the others can be told, or elsewhere as soon as that is possible. The way back leads to ${next}, safe already.
 */
void page_signed_out(struct app *app, const struct request *q, struct response *r, struct str next, enum page_out where);

/* Makes a page of the error that ${r} holds, under the same status and headers. */
void page_error(struct app *app, const struct request *q, struct response *r);

/*
 * The sentence, in ${language} (texts.h), for a session that ended of ${cause}; ${reason} is the operator's text, or the
 * cause's own word. An operator's text is never taken for a cause, whatever it says. STR_NONE if nothing is known (END_NONE).
 * May be made in ${arena}.
 */
struct str page_logout_record(unsigned language, struct arena *arena, enum end_cause cause, const char *reason);

#endif
