/* SPDX-License-Identifier: ISC */
/* What the route table of web/route.c calls: each fills in the answer of its address. */
#ifndef HANDLE_HANDLERS_H
#define HANDLE_HANDLERS_H

struct app;
struct request;
struct response;

/* GET /account: the caller's sessions and his password, as a page. */
void handle_account(struct app *app, struct request *q, struct response *r);

/* GET|HEAD … /check and the FastCGI Authorizer role: may this request pass, and as whom? */
void handle_check(struct app *app, struct request *q, struct response *r);

/* POST /introspect: is this token good now, and whose is it? (RFC 7662) */
void handle_introspect(struct app *app, struct request *q, struct response *r);

/* GET /jwks.json: the public keys that verify access tokens. */
void handle_jwks(struct app *app, struct request *q, struct response *r);

/* POST /login. */
void handle_login(struct app *app, struct request *q, struct response *r);

/* GET /login: the form. */
void handle_login_page(struct app *app, struct request *q, struct response *r);

/* POST /logout, and the page that asks whether to, for applications that can only link. */
void handle_logout(struct app *app, struct request *q, struct response *r);
void handle_logout_page(struct app *app, struct request *q, struct response *r);

/* GET /.well-known/oauth-authorization-server: what OAuth clients find of us by themselves (RFC 8414). */
void handle_metadata(struct app *app, struct request *q, struct response *r);

/* POST /password: the caller changes his own. */
void handle_password(struct app *app, struct request *q, struct response *r);

/* POST /revoke: a client takes a token back (RFC 7009). */
void handle_revoke(struct app *app, struct request *q, struct response *r);

/* GET /session, GET /sessions, DELETE /sessions/{sid}, POST /sessions/{sid}/logout: the caller's own sessions. */
void handle_session(struct app *app, struct request *q, struct response *r);
void handle_sessions(struct app *app, struct request *q, struct response *r);
void handle_session_end(struct app *app, struct request *q, struct response *r);

/* POST /token: the refresh for OAuth clients (RFC 6749 section 6). */
void handle_token(struct app *app, struct request *q, struct response *r);

#endif
