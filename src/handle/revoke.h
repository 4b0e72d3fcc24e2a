/* SPDX-License-Identifier: ISC */
/* POST /revoke: a client takes a token back (RFC 7009). */
#ifndef HANDLE_REVOKE_H
#define HANDLE_REVOKE_H

struct app;
struct request;
struct response;

void handle_revoke(struct app *app, struct request *q, struct response *r);

#endif
