/* SPDX-License-Identifier: ISC */
/* GET /session, GET /sessions, DELETE /sessions/{sid}, POST /sessions/{sid}/logout: the caller's own sessions. */
#ifndef HANDLE_SESSION_H
#define HANDLE_SESSION_H

struct app;
struct request;
struct response;

void handle_session(struct app *app, struct request *q, struct response *r);
void handle_sessions(struct app *app, struct request *q, struct response *r);
void handle_session_end(struct app *app, struct request *q, struct response *r);

#endif
