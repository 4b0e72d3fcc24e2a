/* SPDX-License-Identifier: ISC */
/*
 * POST /introspect (RFC 7662), for clients with a secret: anybody else could try out tokens here. The store is asked each time,
 * never a cache, so that the answer is true now; where it cannot be asked the answer is 503, since "not active" would be a lie.
 * All that is not an access or refresh token of ours, good at this moment, is answered with the same bytes.
 */
#include <string.h>

#include "auth/access.h"
#include "auth/check.h"
#include "auth/clients.h"
#include "auth/view.h"
#include "crypto/keyring.h"
#include "crypto/sid.h"
#include "handle/credential.h"
#include "handle/oauth.h"

#include "handle/handlers.h"

static void
put_text(struct buf *b, const char *name, const char *text)
{

	buf_printf(b, ",\"%s\":", name);
	buf_json(b, text == NULL ? STR_NONE : str_of(text));
}

static void
put_groups(struct buf *b, const char *groups)
{
	struct str rest = groups[0] == '\0' ? STR_NONE : str_of(groups);
	const char *comma = "";

	buf_puts(b, ",\"groups\":[");
	while (rest.p != NULL) {
		buf_puts(b, comma);
		buf_json(b, str_cut(&rest, ','));
		comma = ",";
	}
	buf_putc(b, ']');
}

/* What the two kinds of token know differently. */
static void
put_kind(const struct app *app, struct buf *b, const struct credential *c, const struct identity *id)
{
	bool access = c->kind == CREDENTIAL_ACCESS;
	int64_t issued = access ? c->access.iat : id->found.session.rotated;

	put_text(b, "token_type", access ? "access_token" : "refresh_token");
	put_text(b, "client_id", access ? c->access.client_id : view_client_id(app->conf, id->found.session.client_hash));
	put_text(b, "jti", access ? c->access.jti_text : NULL);
	buf_printf(b, ",\"iat\":%lld,\"exp\":%lld", (long long)issued, (long long)id->expires);
}

static void
answer_active(const struct app *app, struct response *r, const struct credential *c, const struct identity *id)
{
	char sid[PUBLIC_SID_LEN + 1];
	struct buf *b = &r->body;

	sid_public(keyring_user(app->keys), c->user_key, c->session_key, sid);
	response_json(r, 200);
	buf_puts(b, "{\"active\":true");
	put_kind(app, b, c, id);
	put_text(b, "username", id->found.username);
	put_text(b, "sub", id->found.user_id);
	put_text(b, "aud", access_audience(app->conf));
	put_text(b, "iss", app->conf->issuer);
	put_text(b, "sid", sid);
	put_groups(b, id->found.groups);
	buf_putc(b, '}');
}

static void
answer_inactive(struct response *r)
{

	response_json(r, 200);
	buf_puts(&r->body, "{\"active\":false}");
}

/* A cookie of ours is no token of an OAuth client: it is as foreign here as any text. */
static enum dw_result
ask(struct app *app, struct str token, struct credential *c, struct identity *id)
{

	if (credential_read_any(app, token, c) != DW_OK || c->kind == CREDENTIAL_COOKIE)
		return (DW_INVALID);
	return (check_token(app, c, id));
}

void
handle_introspect(struct app *app, struct request *q, struct response *r)
{
	const struct client *client;
	struct credential c;
	struct identity id;
	struct str token;
	enum dw_result rc;

	if (!oauth_accept(q, r) || !oauth_identify(app, q, r, &client))
		return;
	if (client == NULL || !clients_confidential(client)) {
		oauth_refuse_client(app, q, r, client == NULL ? STR_NONE : str_of(client->id));
		return;
	}
	if (!oauth_parameter(q, r, "token", true, &token))
		return;
	rc = ask(app, token, &c, &id);
	if (rc == DW_OK)
		answer_active(app, r, &c, &id);
	else if (rc == DW_INVALID || rc == DW_REFUSED)
		answer_inactive(r);
	else
		credential_refuse(q, r, rc, NULL);
	explicit_bzero(&c, sizeof(c));
}
