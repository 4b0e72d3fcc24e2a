/* SPDX-License-Identifier: ISC */
/*
 * Revocation of RFC 7009, in this order:
 *
 * 1. The token is read. What is malformed, forged, foreign or expired is of no use to anybody: that is success.
 * 2. Whose is it? An access token says so itself, of a refresh token the store knows it. Who holds a token of a public client
 * may take it back; one of a confidential client only that client, which has proved itself. This cannot change meanwhile: a
 * session keeps its client.
 * While the store cannot be asked, it may be promised instead; whose it is, is then judged when it is written.
 * 3. One script takes it back and reports it, and this host's cached checks of the user are void before anything is answered.
 */
#include <string.h>

#include "auth/clients.h"
#include "auth/credential.h"
#include "doorward/app.h"

#include "auth/revoke.h"

static enum revocation
judge_client(struct app *app, const struct credential *cred, const struct client *client, bool *unjudged)
{
	const struct client *owner;

	switch (clients_of_token(app, cred, &owner)) {
	case DW_OK:
		break;
	case DW_UNAVAILABLE:
		*unjudged = true;
		return (REVOKED);
	default:
		return (REVOKE_NO_STORE);
	}
	if (client != NULL)
		return (owner == NULL || owner == client ? REVOKED : REVOKE_FOREIGN);
	return (owner != NULL && clients_confidential(owner) ? REVOKE_UNPROVED : REVOKED);
}

/* Whose token it is, is judged when the store answers again, as far as it could not be asked. */
static struct claim
claim_of(const struct client *client, bool unjudged)
{
	struct claim c = { .unjudged = unjudged, .by = CLAIM_CLIENT };

	if (client != NULL)
		memcpy(c.client_hash, client->client_hash, CLIENT_HASH_LEN);
	return (c);
}

static enum revocation
write(struct app *app, const struct credential *cred, const struct claim *claim, const struct actor *actor, int64_t *wait)
{
	struct revoke_write w = { .family = cred->kind == CREDENTIAL_REFRESH, .actor = *actor, .claim = *claim };
	struct revoke_reply reply;
	enum dw_result rc;

	memcpy(w.user_key, cred->user_key, USER_KEY_LEN);
	memcpy(w.session_key, cred->session_key, SESSION_KEY_LEN);
	if (!w.family) {
		memcpy(w.jti, cred->access.jti, JTI_LEN);
		w.access_exp = cred->access.exp;
	}
	if ((rc = app->store->revoke(app->store_ctx, &w, &reply)) != DW_OK)
		return (rc == DW_PENDING ? REVOKE_PENDING : REVOKE_NO_STORE);
	*wait = reply.wait;
	return (reply.wait > 0 ? REVOKE_FULL : REVOKED);
}

enum revocation
revoke(struct app *app, struct str text, const struct client *client, const struct actor *actor, int64_t *wait)
{
	struct credential cred;
	enum revocation verdict;
	bool unjudged = false;
	struct claim claim;

	*wait = 0;
	if (credential_read_any(app, text, &cred) != DW_OK)
		return (REVOKED);
	if (cred.kind == CREDENTIAL_COOKIE)
		verdict = REVOKE_UNSUPPORTED;
	else if ((verdict = judge_client(app, &cred, client, &unjudged)) == REVOKED) {
		claim = claim_of(client, unjudged);
		verdict = write(app, &cred, &claim, actor, wait);
	}
	explicit_bzero(&cred, sizeof(cred));
	return (verdict);
}
