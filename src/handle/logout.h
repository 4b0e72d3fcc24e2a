/* POST /logout. */
#ifndef HANDLE_LOGOUT_H
#define HANDLE_LOGOUT_H

struct app;
struct request;
struct response;

void handle_logout(struct app *app, struct request *q, struct response *r);

#endif
