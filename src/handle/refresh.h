/* SPDX-License-Identifier: ISC */
/* POST /refresh, and POST /token for OAuth clients (RFC 6749 section 6). */
#ifndef HANDLE_REFRESH_H
#define HANDLE_REFRESH_H

struct app;
struct request;
struct response;

void handle_refresh(struct app *app, struct request *q, struct response *r);
void handle_token(struct app *app, struct request *q, struct response *r);

#endif
