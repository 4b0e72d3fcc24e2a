/* SPDX-License-Identifier: ISC */
/*
 * Public session ids: base64url( (user_key XOR SHA-1(key || session_key)[0..9]) || session_key ). Safe to show and to log,
 * useless as a credential; the mask keeps two sessions of one user from being told to be his. SHA-1 since ids that were handed
 * out must stay what they are; it only masks, nothing rests on collisions. Made here only: the key never goes to Redis. Not a
 * MAC: any text of the right shape parses, and then names a session that does not exist.
 */
#ifndef CRYPTO_SID_H
#define CRYPTO_SID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "crypto/keyring.h"
#include "doorward/session.h"

/* Writes the public id of session ${session_key} of user ${user_key}, NUL-terminated. Aborts if the library cannot hash at all.
 */
void sid_public(const struct user_keys *k, const uint8_t user_key[USER_KEY_LEN], const uint8_t session_key[SESSION_KEY_LEN],
    char out[PUBLIC_SID_LEN + 1]);

/* Reads one back. Returns false if ${text} is not the one spelling of such an id. */
bool sid_parse(
    const struct user_keys *k, struct str text, uint8_t user_key[USER_KEY_LEN], uint8_t session_key[SESSION_KEY_LEN]);

#endif
