/* SPDX-License-Identifier: ISC */
/* GET|HEAD … /check and the FastCGI Authorizer role: may this request pass, and as whom? */
#ifndef HANDLE_CHECK_H
#define HANDLE_CHECK_H

struct app;
struct request;
struct response;

void handle_check(struct app *app, struct request *q, struct response *r);

#endif
