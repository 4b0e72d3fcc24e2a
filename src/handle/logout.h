/* SPDX-License-Identifier: ISC */
/* POST /logout, and the page that asks whether to, for applications that can only link. */
#ifndef HANDLE_LOGOUT_H
#define HANDLE_LOGOUT_H

struct app;
struct request;
struct response;

void handle_logout(struct app *app, struct request *q, struct response *r);
void handle_logout_page(struct app *app, struct request *q, struct response *r);

#endif
