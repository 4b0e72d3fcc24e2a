/* SPDX-License-Identifier: ISC */
/*
 * POST /revoke (RFC 7009). token_type_hint is not looked at: a token's form tells what it is, and a wrong hint may change
 * nothing. A client that sends a token of another one's is told so, since it is mistaken; whatever is good for nothing is
 * revoked already.
 */
#include "auth/revoke.h"
#include "handle/credential.h"
#include "handle/ended.h"
#include "handle/oauth.h"

#include "handle/handlers.h"

static void
answer(struct response *r)
{

	response_json(r, 200);
	buf_puts(&r->body, "{}");
}

void
handle_revoke(struct app *app, struct request *q, struct response *r)
{
	struct actor actor = { .ip = q->ip, .trace_id = q->trace_id };
	const struct client *client;
	struct str token;
	int64_t wait;

	if (!oauth_accept(q, r) || !oauth_identify(app, q, r, &client) || !oauth_parameter(q, r, "token", true, &token))
		return;
	switch (revoke(app, token, client, &actor, &wait)) {
	case REVOKED:
		answer(r);
		break;
	case REVOKE_PENDING:
		ended_pending(r);
		break;
	case REVOKE_UNSUPPORTED:
		response_error(r, q, "unsupported_token_type", "Sessions are ended by signing out.", NULL, 0);
		break;
	case REVOKE_FOREIGN:
		response_error(r, q, "invalid_grant", "The token was issued to another client.", "client_mismatch", 0);
		r->status = 400;
		break;
	case REVOKE_UNPROVED:
		oauth_refuse_client(app, q, r, STR_NONE);
		break;
	case REVOKE_FULL:
		response_error(r, q, "overloaded", "Too many tokens of this user are revoked already.", NULL, wait);
		break;
	default:
		credential_refuse(q, r, DW_UNAVAILABLE, NULL);
	}
}
