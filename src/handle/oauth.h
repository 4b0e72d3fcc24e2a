/* SPDX-License-Identifier: ISC */
/* What the endpoints for OAuth clients share: the form of their requests, and who asks. */
#ifndef HANDLE_OAUTH_H
#define HANDLE_OAUTH_H

#include <stdbool.h>

#include "doorward/app.h"
#include "doorward/request.h"
#include "doorward/response.h"

/* True if ${q} is a form without parameters in its query (RFC 6749 sections 2.3.1 and 3.2); else it has been answered. */
bool oauth_accept(const struct request *q, struct response *r);

/*
 * Puts the parameter ${name} into ${*out}; one without a value counts as left out (RFC 6749 section 3.2), which leaves
 * STR_NONE, or is answered 400 if it is ${required}. Returns false if the request has been answered.
 */
bool oauth_parameter(const struct request *q, struct response *r, const char *name, bool required, struct str *out);

/*
 * Finds out who asks: by HTTP Basic, or by client_id and client_secret. ${*out} is a confidential client that has proved
 * itself, a public one that has named itself, or NULL if the request names none. Returns false if it has been answered: 401
 * invalid_client, or 400 for more than one way at once.
 */
bool oauth_identify(struct app *app, const struct request *q, struct response *r, const struct client **out);

/* Answers 401 invalid_client, and counts it. ${id} is whom the request claims to be, STR_NONE = nobody. */
void oauth_refuse_client(struct app *app, const struct request *q, struct response *r, struct str id);

#endif
