/* SPDX-License-Identifier: ISC */
/* Where credentials are taken from: the Authorization header and the session cookie (and, by some endpoints, a body member). */
#ifndef HANDLE_CREDENTIAL_H
#define HANDLE_CREDENTIAL_H

#include "auth/check.h"
#include "auth/credential.h"
#include "doorward/app.h"
#include "doorward/request.h"
#include "doorward/response.h"

#define CREDENTIAL_CSRF_COOKIE COOKIE_HOST_PREFIX COOKIE_CSRF_NAME
#define CREDENTIAL_DEVICE_COOKIE COOKIE_HOST_PREFIX COOKIE_DEVICE_NAME
#define CREDENTIAL_LEFT_COOKIE "__Secure-dw_left" /* of cookie_domain: another value after each logout, and never read */
#define CREDENTIAL_CSRF_FIELD "csrf_token"

/* What came with a request. */
struct presented {
	struct credential cred; /* the bearer token if there is one, else the cookie; kind NONE = nothing came */
	bool has_cookie;        /* a genuine session cookie was among it */
	bool bad_cookie;        /* a malformed or forged one was */
	struct credential cookie;
};

/*
 * Finds them. DW_OK: ${out} is filled. DW_ABSENT: none was sent. DW_INVALID: one is malformed or forged. DW_REFUSED: they stand
 * for different sessions, or a header carries two. Nothing is asked. The header is the application's as well: beside a session
 * cookie, a bearer token that is not ours in form counts as absent.
 */
enum dw_result credential_find(const struct app *app, const struct request *q, struct presented *out);

/* The text of the credential and its kind, if the request carries exactly one, as above; else STR_NONE. Nothing is verified. */
struct str credential_single(const struct app *app, const struct request *q, enum credential_kind *kind);

/* Answers 403: a credential that has travelled in the clear is not even looked at (R001). */
void credential_refuse_transport(const struct request *q, struct response *r);

/* Answers 400: credentials of different sessions in one request. */
void credential_refuse_mixed(const struct request *q, struct response *r);

/* Answers the request for anything but DW_OK of check_session, with its ${reason}, and for DW_ABSENT and DW_INVALID of
 * credential_find. */
void credential_refuse(const struct request *q, struct response *r, enum dw_result rc, const char *reason);

/*
 * Finds and checks in one: true if ${out} and ${id} are those of a live session, else the request has been answered. Of a
 * bearer token and a cookie of one session the valid one decides, and is then ${out}->cred.
 */
bool credential_require(
    struct app *app, const struct request *q, struct response *r, bool family, struct presented *out, struct identity *id);

/*
 * The same for who wants something ended. While the store cannot be asked, and there is a spool, he is not refused: ${claim} is
 * what has to be judged when it is written; otherwise it is empty.
 */
bool credential_require_or_claim(
    struct app *app, const struct request *q, struct response *r, struct presented *out, struct claim *claim);

/*
 * The name under which the browser keeps our cookie ${name}: over plain http (require_tls = false) no browser takes one that
 * says __Host- or __Secure-, so it is named without.
 */
const char *credential_cookie_name(const struct app *app, const struct request *q, const char *name);

/* The browser's form cookie if it has one of our making and only one, else STR_NONE. */
struct str credential_form_cookie(const struct app *app, const struct request *q);

/*
 * Gives the browser a form cookie of a fresh value, which goes into ${fresh} too (CSRF_COOKIE_TEXT characters). False without
 * randomness: then the browser keeps what it has.
 */
bool credential_new_form_cookie(const struct app *app, const struct request *q, struct response *r, char *fresh);

/* What the browser keeps of an earlier login by form, if it is one text; whether it is genuine is not looked at. Else STR_NONE.
 */
struct str credential_device_cookie(const struct app *app, const struct request *q);

/* Has the browser keep ${text} for as long as it is good for. */
void credential_set_device_cookie(const struct app *app, const struct request *q, struct response *r, const char *text);

/* Takes the session cookie from the browser, and with it what it may still show of the session. */
void credential_clear_cookie(const struct app *app, const struct request *q, struct response *r);

/*
 * Adds Set-Cookie for the session cookie: ${value} "" clears it; ${max_age} < 0 = until the browser closes. It is this host's
 * alone, or all hosts' of cookie_domain; our other cookies are always this host's alone, so that no other can plant one.
 */
void credential_set_cookie(
    const struct app *app, const struct request *q, struct response *r, const char *value, int64_t max_age);

/*
 * True if the request comes from a page of ours: the browser says so, or, where it says nothing, the body is JSON (which no
 * browser sends across sites unasked) or carries the form token.
 */
bool credential_from_own_page(const struct app *app, const struct request *q);

/*
 * True if a write that ${p} authorises may go on: bearers always, cookies only from our own pages (403 csrf is answered
 * otherwise). A request without any browser's word on its origin needs a JSON body or the form token.
 */
bool credential_write_allowed(const struct app *app, const struct request *q, struct response *r, bool by_cookie);

#endif
