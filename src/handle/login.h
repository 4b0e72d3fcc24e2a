/* SPDX-License-Identifier: ISC */
/* POST /login. */
#ifndef HANDLE_LOGIN_H
#define HANDLE_LOGIN_H

struct app;
struct request;
struct response;

void handle_login(struct app *app, struct request *q, struct response *r);

#endif
