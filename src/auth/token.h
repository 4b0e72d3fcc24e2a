/* SPDX-License-Identifier: ISC */
/*
 * Opaque tokens: a prefix that names the kind, then base64url of
 *
 *   dws_  version 1 | masked locator 9 | secret 24 | MAC 14               the cookie, 68 characters
 *   dwr_  version 1 | masked locator 9 | handle 8 | generation 4 | secret 24 | MAC 14
 *                                                                         a refresh token, 84 characters
 *   dwr_  version 1 | masked locator 9 | handle 8 | secret 24 | MAC 15    one of before there were generations, 80 characters
 *
 * The MAC lets a malformed or forged token be refused without asking the store. The locator is masked with the secret, so that
 * two tokens of one user have nothing in common. The lengths are multiples of 3, so that no spelling has spare bits.
 */
#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H

#include <stdint.h>

#include "base/str.h"
#include "doorward/result.h"
#include "doorward/session.h"

struct keyring;

#define TOKEN_SESSION_TEXT 68
#define TOKEN_REFRESH_TEXT 84
#define TOKEN_TEXT_MAX TOKEN_REFRESH_TEXT

/* What a genuine token says. Holds the secret: wipe after use. */
struct token {
	uint8_t version;
	uint8_t user_key[USER_KEY_LEN];
	uint8_t session_key[SESSION_KEY_LEN];
	uint32_t
	    generation; /* of a refresh token: how many came before it in its family, and 1; 0 = of before there were any */
	uint8_t secret[SECRET_LEN];
	uint8_t hash[HASH_LEN]; /* of the secret, as the store keeps it */
};

/* Makes a session token of a fresh secret for the user ${user_key}; the session's handle follows from the secret. DW_FAULT: no
 * randomness. */
enum dw_result token_new_session(
    const struct keyring *keys, const uint8_t user_key[USER_KEY_LEN], struct token *out, char text[TOKEN_TEXT_MAX + 1]);

/* Makes the first refresh token of the session ${session_key}. */
enum dw_result token_new_refresh(const struct keyring *keys, const uint8_t user_key[USER_KEY_LEN],
    const uint8_t session_key[SESSION_KEY_LEN], struct token *out, char text[TOKEN_TEXT_MAX + 1]);

/*
 * Makes the successor of ${old} of ${generation}: the same inputs give the same token, so nothing secret need be kept for a
 * repeat. ${version} 0 means the current key. DW_INVALID: that key version is gone.
 */
enum dw_result token_successor(const struct keyring *keys, const struct token *old, uint32_t generation, uint8_t version,
    struct token *out, char text[TOKEN_TEXT_MAX + 1]);

/* The same for one of before there were generations, which a random ${salt} was stored for. */
enum dw_result token_successor_salted(const struct keyring *keys, const struct token *old, const uint8_t salt[SALT_LEN],
    uint8_t version, struct token *out, char text[TOKEN_TEXT_MAX + 1]);

/* Reads a token of that kind. DW_INVALID if it is malformed, forged, or of a retired key version. Nothing is asked. */
enum dw_result token_read_session(const struct keyring *keys, struct str text, struct token *out);
enum dw_result token_read_refresh(const struct keyring *keys, struct str text, struct token *out);

#endif
