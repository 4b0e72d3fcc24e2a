/* SPDX-License-Identifier: ISC */
/*
 * Working keys: HMAC(root, label), a label a purpose, so that no key serves two purposes and nothing but the root need be kept.
 * They follow from the file alone: all processes, and all hosts with a copy of it, have the same.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "crypto/keyring_derive.h"

/* The working key ${label} of ${root}. */
static struct mac_key *
derive(struct mac_key *root, const char *label)
{
	uint8_t bytes[MAC_LEN];
	struct mac_key *k;

	mac_compute(root, label, strlen(label), bytes);
	k = mac_key_new(bytes, sizeof(bytes));
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return (k);
}

bool
keyring_derive_user(struct mac_key *root, struct user_keys *u)
{
	static const char public_sid[] = "doorward public session id v1";
	uint8_t bytes[MAC_LEN];

	mac_compute(root, public_sid, sizeof(public_sid) - 1, bytes);
	memcpy(u->public_sid, bytes, sizeof(u->public_sid));
	OPENSSL_cleanse(bytes, sizeof(bytes));
	u->user = derive(root, "doorward user pseudonym v1");
	u->csrf = derive(root, "doorward form token v1");
	u->cursor = derive(root, "doorward paging cursor v1");
	u->guess = derive(root, "doorward guess counter v1");
	u->device = derive(root, "doorward known device v1");
	return (u->user != NULL && u->csrf != NULL && u->cursor != NULL && u->guess != NULL && u->device != NULL);
}

bool
keyring_derive_token(struct mac_key *root, struct token_keys *t)
{

	t->mac = derive(root, "doorward token mac v1");
	t->loc = derive(root, "doorward token locator v1");
	t->sid = derive(root, "doorward session handle v1");
	t->rot = derive(root, "doorward refresh successor v1");
	return (t->mac != NULL && t->loc != NULL && t->sid != NULL && t->rot != NULL);
}

void
keyring_free_user(struct user_keys *u)
{

	mac_key_free(u->user);
	mac_key_free(u->csrf);
	mac_key_free(u->cursor);
	mac_key_free(u->guess);
	mac_key_free(u->device);
	OPENSSL_cleanse(u, sizeof(*u));
}

void
keyring_free_token(struct token_keys *t)
{

	mac_key_free(t->mac);
	mac_key_free(t->loc);
	mac_key_free(t->sid);
	mac_key_free(t->rot);
	OPENSSL_cleanse(t, sizeof(*t));
}
