/* SPDX-License-Identifier: ISC */
/*
 * Clients by the hash under which a session stores them. The hashes are computed once in every process, when the configuration
 * is new.
 *
 * Clients are told apart by their ids, which are no secret. Of a confidential client's secret the configuration keeps a hash;
 * what is presented is hashed too, so that both sides of the comparison have one length, and compared in constant time.
 */
#include <string.h>

#include "auth/credential.h"
#include "crypto/mac.h"
#include "doorward/app.h"

#include "auth/clients.h"

void
clients_hash(const struct config *c)
{
	uint8_t digest[MAC_LEN];

	for (size_t i = 0; i < c->n_clients; i++) {
		mac_sha256(c->clients[i].id, strlen(c->clients[i].id), digest);
		memcpy(c->clients[i].client_hash, digest, CLIENT_HASH_LEN);
	}
}

const struct client *
clients_find(const struct config *c, const uint8_t client_hash[CLIENT_HASH_LEN])
{

	for (size_t i = 0; i < c->n_clients; i++)
		if (memcmp(c->clients[i].client_hash, client_hash, CLIENT_HASH_LEN) == 0)
			return (&c->clients[i]);
	return (NULL);
}

bool
clients_confidential(const struct client *client)
{

	return (client->secret_file[0] != '\0');
}

static const struct client *
find_id(const struct config *c, struct str id)
{

	for (size_t i = 0; i < c->n_clients; i++)
		if (str_is(id, c->clients[i].id))
			return (&c->clients[i]);
	return (NULL);
}

const struct client *
clients_authenticate(const struct config *c, struct str id, struct str secret)
{
	static const uint8_t nobody[CLIENT_SECRET_HASH_LEN];
	const struct client *client = find_id(c, id);
	bool confidential = client != NULL && clients_confidential(client), proved;
	uint8_t digest[MAC_LEN];

	_Static_assert(MAC_LEN == CLIENT_SECRET_HASH_LEN, "a whole hash is kept");
	mac_sha256(secret.p == NULL ? "" : secret.p, secret.len, digest);
	proved = mac_equal(digest, confidential ? client->secret_hash : nobody, sizeof(digest)) && confidential;
	explicit_bzero(digest, sizeof(digest));
	if (client != NULL && !confidential)
		proved = secret.len == 0;
	return (proved ? client : NULL);
}

enum dw_result
clients_of_token(struct app *app, const struct credential *cred, const struct client **out)
{
	struct lookup q = { .family = false };
	struct lookup_reply found;
	enum dw_result rc;

	*out = NULL;
	if (cred->kind == CREDENTIAL_ACCESS) {
		*out = find_id(app->conf, str_of(cred->access.client_id));
		return (DW_OK);
	}
	memcpy(q.user_key, cred->user_key, USER_KEY_LEN);
	memcpy(q.session_key, cred->session_key, SESSION_KEY_LEN);
	if ((rc = app->store->lookup(app->store_ctx, &q, &found)) == DW_OK && found.live)
		*out = clients_find(app->conf, found.session.client_hash);
	return (rc);
}
