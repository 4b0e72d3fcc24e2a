/* SPDX-License-Identifier: ISC */
/*
 * The name of a user in the store: a keyed hash of the id. Redis, its backups and whoever reads them learn no ids and cannot
 * look for one.
 */
#include <string.h>

#include "crypto/keyring.h"
#include "crypto/mac.h"

#include "auth/pseudonym.h"

void
pseudonym_of(const struct user_keys *k, struct str user_id, uint8_t user_key[USER_KEY_LEN])
{
	uint8_t mac[MAC_LEN];

	mac_compute(k->user, user_id.p, user_id.len, mac);
	memcpy(user_key, mac, USER_KEY_LEN);
}
