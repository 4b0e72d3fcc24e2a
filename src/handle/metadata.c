/* SPDX-License-Identifier: ISC */
/*
 * The metadata of RFC 8414. Every address is made of the issuer, since that is where clients see us; how they sign in is our
 * own affair, so that there is no authorization endpoint, no response type to choose, and one grant: the refresh token that a
 * login gave.
 */
#include "doorward/app.h"
#include "doorward/request.h"
#include "doorward/response.h"

#include "handle/handlers.h"

/* How a client says who it is; public ones have no secret. */
#define CONFIDENTIAL "\"client_secret_basic\",\"client_secret_post\""
#define ANYBODY CONFIDENTIAL ",\"none\""

static void
put_endpoint(struct buf *b, const char *name, const char *issuer, const char *path)
{
	char text[1200]; /* an issuer has at most 1024 bytes */
	struct buf address;

	buf_init(&address, text, sizeof(text));
	buf_puts(&address, issuer);
	buf_puts(&address, path);
	buf_printf(b, ",\"%s\":", name);
	buf_json(b, buf_str(&address));
}

void
handle_metadata(struct app *app, struct request *q, struct response *r)
{
	const char *issuer = app->conf->issuer;
	struct buf *b = &r->body;

	(void)q; /* the same for everybody */
	response_public(r);
	buf_puts(b, "{\"issuer\":");
	buf_json(b, str_of(issuer));
	put_endpoint(b, "token_endpoint", issuer, "/token");
	put_endpoint(b, "jwks_uri", issuer, "/jwks.json");
	put_endpoint(b, "revocation_endpoint", issuer, "/revoke");
	put_endpoint(b, "introspection_endpoint", issuer, "/introspect");
	buf_puts(b, ",\"response_types_supported\":[],\"grant_types_supported\":[\"refresh_token\"]");
	buf_puts(b, ",\"token_endpoint_auth_methods_supported\":[" ANYBODY "]");
	buf_puts(b, ",\"revocation_endpoint_auth_methods_supported\":[" ANYBODY "]");
	buf_puts(b, ",\"introspection_endpoint_auth_methods_supported\":[" CONFIDENTIAL "]}");
}
