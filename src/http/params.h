/* SPDX-License-Identifier: ISC */
/*
 * The variables of a request (FastCGI params, CGI environment), walked once. The duplicates that different servers let through
 * are found here: a variable on which identity or trust hangs must not occur in two values.
 */
#ifndef HTTP_PARAMS_H
#define HTTP_PARAMS_H

#include "base/str.h"
#include "doorward/request.h"

enum param {
	PARAM_AUTHORIZATION,
	PARAM_ACCEPT,
	PARAM_ACCEPT_LANGUAGE,
	PARAM_CONTENT_ENCODING,
	PARAM_CONTENT_LENGTH,
	PARAM_CONTENT_TYPE,
	PARAM_COOKIE,
	PARAM_GROUP,
	PARAM_HOST,
	PARAM_HTTPS,
	PARAM_METHOD,
	PARAM_ORIGIN,
	PARAM_ORIGINAL_URI,
	PARAM_PATH_INFO,
	PARAM_QUERY,
	PARAM_REMOTE_ADDR,
	PARAM_REQUEST_URI,
	PARAM_REQUESTED_METHOD, /* Access-Control-Request-Method */
	PARAM_ROUTE,
	PARAM_SCHEME,
	PARAM_SCRIPT_NAME,
	PARAM_SEC_FETCH_MODE,
	PARAM_SEC_FETCH_SITE,
	PARAM_TRACEPARENT,
	PARAM_USER_AGENT,
	PARAM_FORWARDED_FOR,
	PARAM_FORWARDED_PROTO,
	PARAM_COUNT
};

/* Borrowed from the environment. Absent and empty are the same: p == NULL. */
struct params {
	struct str value[PARAM_COUNT];
	struct str cookie[COOKIE_LINES_MAX];
	size_t n_cookie;
	bool twice[PARAM_COUNT]; /* occurred in two different values, neither of them empty */
};

enum params_verdict { PARAMS_OK, PARAMS_TOO_LARGE, PARAMS_DUPLICATE, PARAMS_POISONED /* told by the carrier */ };

/*
 * Reads the NULL-terminated "NAME=VALUE" strings ${envp}. PARAMS_TOO_LARGE: beyond PARAMS_MAX, PARAMS_BYTES_MAX,
 * PARAM_VALUE_MAX, COOKIE_LINE_MAX or COOKIE_LINES_MAX. PARAMS_DUPLICATE: a variable that must be single is not; forwarding
 * headers, which most configurations ignore, are only marked in ${twice}. ${out} is valid in every case, as far as it was read.
 */
enum params_verdict params_read(char *const *envp, struct params *out);

#endif
