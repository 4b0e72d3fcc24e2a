/* SPDX-License-Identifier: ISC */
/*
 * Clients by the hash under which a session stores them. The hashes are computed once in every process, when the configuration
 * is new.
 */
#include <string.h>

#include "crypto/mac.h"

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
