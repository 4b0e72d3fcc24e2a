/* SPDX-License-Identifier: ISC */
/* Bodies: bounded, of a known type, parsed strictly, before a handler sees anything. */
#ifndef HTTP_BODY_H
#define HTTP_BODY_H

#include <sys/types.h>

#include "doorward/request.h"
#include "doorward/response.h"

/* Reads up to ${n} bytes of the request's body: > 0, 0 at its end, < 0 if the peer failed. */
typedef ssize_t (*body_reader)(void *ctx, char *p, size_t n);

enum body_verdict {
	BODY_OK,        /* read and parsed, or absent: see request.has_body */
	BODY_TOO_LARGE, /* 413 */
	BODY_BAD_TYPE,  /* 415 */
	BODY_MALFORMED, /* 400 */
	BODY_CUT        /* the peer failed or sent less than it said: 400, and the connection is not to be kept */
};

/*
 * Reads the body of ${r} and fills has_body, is_form, fields. The length read must equal CONTENT_LENGTH, if there was one (F3).
 * A body of no bytes counts as absent, whatever its type.
 */
enum body_verdict body_read(struct request *r, body_reader reader, void *ctx);

/* Answers for ${v}, which is not BODY_OK; ${types} says in a sentence what would have been taken. */
void body_refuse(const struct request *q, struct response *r, enum body_verdict v, const char *types);

#endif
