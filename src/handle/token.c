/* SPDX-License-Identifier: ISC */
/*
 * POST /token: the token endpoint of RFC 6749, with one grant. Who asks is settled before the refresh token is looked at, so
 * that a client that proves nothing cannot use it up: a confidential client has to prove itself, a public one may name itself.
 * Naming another client than the one that the token was issued to is what a thief would do, and ends the family (the store
 * decides that).
 */
#include <string.h>

#include "auth/clients.h"
#include "handle/credential.h"
#include "handle/oauth.h"
#include "handle/refresh.h"

#include "handle/handlers.h"

/* A token of a confidential client is of no use to who names no client at all. False: answered. */
static bool
may_be_anonymous(struct app *app, const struct request *q, struct response *r, struct str text)
{
	struct credential presented;
	const struct client *owner;
	enum dw_result rc;

	if (credential_read(app, CREDENTIAL_REFRESH, text, &presented) != DW_OK)
		return (true); /* and told so, as everywhere */
	rc = clients_of_token(app, &presented, &owner);
	explicit_bzero(&presented, sizeof(presented));
	if (rc != DW_OK)
		credential_refuse(q, r, rc, NULL);
	else if (owner != NULL && clients_confidential(owner))
		oauth_refuse_client(app, q, r, str_of(owner->id));
	else
		return (true);
	return (false);
}

void
handle_token(struct app *app, struct request *q, struct response *r)
{
	struct refresh_input in = { .client_id = STR_NONE };
	const struct client *client;
	struct str grant, text;

	if (!oauth_accept(q, r) || !oauth_parameter(q, r, "grant_type", true, &grant))
		return;
	if (!str_is(grant, "refresh_token")) {
		response_error(r, q, "unsupported_grant_type", "Only the refresh_token grant is offered here.", NULL, 0);
		return;
	}
	if (!oauth_identify(app, q, r, &client) || !oauth_parameter(q, r, "refresh_token", true, &text) ||
	    !oauth_parameter(q, r, "device_id", false, &in.device_id) || !refresh_device_ok(q, r, in.device_id))
		return;
	if (client != NULL)
		in.client_id = str_of(client->id);
	else if (!may_be_anonymous(app, q, r, text))
		return;
	refresh_answer(app, q, r, text, &in, 400);
}
