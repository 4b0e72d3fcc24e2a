/* SPDX-License-Identifier: ISC */
/* The working keys that follow from a root. */
#ifndef CRYPTO_KEYRING_DERIVE_H
#define CRYPTO_KEYRING_DERIVE_H

#include <stdbool.h>

#include "crypto/keyring.h"

/* Fill ${u} or ${t} (all but the version) from ${root}. Return false without memory; what was made then is freed as usual. */
bool keyring_derive_user(struct mac_key *root, struct user_keys *u);
bool keyring_derive_token(struct mac_key *root, struct token_keys *t);

/* Free the keys in it and wipe it. */
void keyring_free_user(struct user_keys *u);
void keyring_free_token(struct token_keys *t);

#endif
