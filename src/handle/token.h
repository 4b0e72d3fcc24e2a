/* SPDX-License-Identifier: ISC */
/* POST /token: the refresh for OAuth clients (RFC 6749 section 6). */
#ifndef HANDLE_TOKEN_H
#define HANDLE_TOKEN_H

struct app;
struct request;
struct response;

void handle_token(struct app *app, struct request *q, struct response *r);

#endif
