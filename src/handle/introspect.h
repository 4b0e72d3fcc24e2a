/* SPDX-License-Identifier: ISC */
/* POST /introspect: is this token good now, and whose is it? (RFC 7662) */
#ifndef HANDLE_INTROSPECT_H
#define HANDLE_INTROSPECT_H

struct app;
struct request;
struct response;

void handle_introspect(struct app *app, struct request *q, struct response *r);

#endif
