/* SPDX-License-Identifier: ISC */
/* A request after parsing: everything handlers may look at, in the request's arena. */
#ifndef DOORWARD_REQUEST_H
#define DOORWARD_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "doorward/session.h"
#include "doorward/trace.h"

#define BODY_MAX 16384 /* bytes; one more is 413 */
#define PARAMS_MAX 256 /* count of FastCGI variables (R018) */
#define PARAMS_BYTES_MAX 65536
#define PARAM_VALUE_MAX 8192  /* bytes of one value */
#define COOKIE_LINE_MAX 32768 /* bytes of one Cookie line: the applications' cookies come along, and some set many */
#define COOKIE_LINES_MAX 8    /* nginx passes each Cookie line as a variable of its own */
#define PATH_MAX_BYTES 1024   /* of a routed path */
#define NEXT_MAX 2000         /* bytes of a return address: with every byte escaped it still fits the 8 KiB of a Location */

enum method {
	METHOD_GET = 1,
	METHOD_HEAD = 2,
	METHOD_POST = 4,
	METHOD_PUT = 8,
	METHOD_DELETE = 16,
	METHOD_PATCH = 32,
	METHOD_OPTIONS = 64,
	METHOD_TRACE = 128,
	METHOD_OTHER = 256
};
#define METHOD_ANY 0x1ff

/* One member of a body. Strings are NUL-terminated in the arena and hold no NUL. */
struct field {
	struct str name;
	enum { FIELD_STRING, FIELD_NUMBER, FIELD_BOOL, FIELD_NULL, FIELD_OTHER } type;
	struct str value; /* FIELD_STRING */
	bool truth;       /* FIELD_BOOL */
	int64_t number;   /* FIELD_NUMBER, when it is an integer; else -1 */
};

struct request {
	enum method method;
	bool authorizer;   /* FastCGI Authorizer role: no body, always the check */
	bool preflight;    /* OPTIONS with Origin and Access-Control-Request-Method: a browser asks before a script's request */
	bool tls;          /* evidence from server-set variables or a trusted proxy */
	bool mounted_path; /* the path came from the request itself, not from DOORWARD_ROUTE: its query is ours */
	char path[PATH_MAX_BYTES]; /* routed: normalised, without the mount */
	struct str query;          /* raw */
	struct str cookie[COOKIE_LINES_MAX];
	size_t n_cookie;
	struct str authorization;
	struct str content_type, content_encoding;
	bool has_length;
	uint64_t length; /* CONTENT_LENGTH */
	struct str accept, accept_language, origin, sec_fetch_site, sec_fetch_mode, user_agent, host;
	struct str request_uri, original_uri, group;
	char ip[ADDRESS_MAX + 1];
	char trace_id[TRACE_ID_LEN + 1];
	char parent_id[SPAN_ID_HEX + 1]; /* the span that this request is below; "" = none, or none of this trace */
	enum trace_decision traced;      /* what the caller has decided */
	bool has_body;                   /* a body was read: ${fields} holds its members */
	bool is_form;                    /* application/x-www-form-urlencoded, not JSON */
	struct field *fields;
	size_t n_fields;
	struct arena *arena;
};

/* The body's member ${name}, or NULL. */
const struct field *request_field(const struct request *r, const char *name);

/* Value of ${name} in ${r}->query, percent-decoded into the arena; p NULL = absent. Two of the same name, or a malformed
 * escape, set *${bad}. */
struct str request_query(const struct request *r, const char *name, bool *bad);

/*
 * Finds all cookies called ${name}, in all Cookie lines; stores the first ${max} values in ${out} and returns how many there
 * are. An empty value is a cookie too.
 */
size_t request_cookies(const struct request *r, const char *name, struct str *out, size_t max);

/* True if Accept names text/html: a person's browser rather than a script. */
bool request_wants_html(const struct request *r);

/* True if a browser goes to a page: it says so, or, where it says nothing, it accepts text/html. A script that asks for HTML is
 * still a script. */
bool request_is_navigation(const struct request *r);

#endif
