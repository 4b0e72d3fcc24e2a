/* SPDX-License-Identifier: ISC */
/* GET /jwks.json: the public keys that verify access tokens. */
#ifndef HANDLE_JWKS_H
#define HANDLE_JWKS_H

struct app;
struct request;
struct response;

void handle_jwks(struct app *app, struct request *q, struct response *r);

#endif
