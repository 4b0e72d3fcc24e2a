/* SPDX-License-Identifier: ISC */
/* An answer under construction. It is sent once, whole, when the handler has returned. */
#ifndef DOORWARD_RESPONSE_H
#define DOORWARD_RESPONSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct request;

#define RESPONSE_HEAD_MAX 8192
#define RESPONSE_BODY_MAX 65536

#define RESPONSE_SAID_MAX 160 /* bytes of an error's sentence as a page repeats it */

/* The error that an answer reports. */
struct response_error {
	const char *code; /* NULL = the answer is none, or is a page already */
	char description[RESPONSE_SAID_MAX];
};

struct response {
	int status;
	struct buf head; /* header lines after the first, each ended by CRLF */
	struct buf body;
	const char *type; /* Content-Type; NULL = no body */
	bool cacheable;   /* the handler wrote its own Cache-Control */
	bool own_csp;     /* a page: the handler wrote its own Content-Security-Policy */
	struct response_error error;
	const char *challenge; /* of a 401, for WWW-Authenticate */
	bool allowed;          /* the yes of a check: its own headers and no more */
};

/* Makes ${r} an empty answer, whatever it was; its buffers belong to the process and are used again for every request. */
void response_init(struct response *r);

/* Adds a header line. A value with CR, LF, NUL or another control is a bug upstream: the header is left out and logged (R035).
 */
void response_header(struct response *r, const char *name, struct str value);

/* Answers with the contract's error shape: ${code} and its status come from one table; ${reason} may be NULL; ${retry_after} <=
 * 0 = none. */
void response_error(struct response *r, const struct request *q, const char *code, const char *description, const char *reason,
    int64_t retry_after);

#define RESPONSE_RETRY 1 /* seconds: a hash takes a fraction of that, and the breaker probes about as often */

/* Says after how many ${seconds} it is worth to ask again: on every 429 and 503, and on pages that tell of an outage. */
void response_retry_after(struct response *r, int64_t seconds);

/* Starts a JSON answer of ${status}; the handler then writes into r->body. */
void response_json(struct response *r, int status);

/* Starts a JSON answer of 200 that is the same for everybody: unlike all others it may be kept, for some minutes. */
void response_public(struct response *r);

/* Starts an HTML answer of ${status}, likewise. */
void response_html(struct response *r, int status);

/* 302 or 303 to ${location}. */
void response_redirect(struct response *r, int status, struct str location);

#endif
