/* SPDX-License-Identifier: ISC */
/* GET /.well-known/oauth-authorization-server: what OAuth clients find of us by themselves (RFC 8414). */
#ifndef HANDLE_METADATA_H
#define HANDLE_METADATA_H

struct app;
struct request;
struct response;

void handle_metadata(struct app *app, struct request *q, struct response *r);

#endif
