/* SPDX-License-Identifier: ISC */
/* GET /login: the form. */
#ifndef HANDLE_LOGIN_PAGE_H
#define HANDLE_LOGIN_PAGE_H

struct app;
struct request;
struct response;

void handle_login_page(struct app *app, struct request *q, struct response *r);

#endif
