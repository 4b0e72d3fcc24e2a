/* SPDX-License-Identifier: ISC */
/*
 * The id of a session as people and applications see it: the session's key in the clear, and before it the user's key masked
 * with a keyed hash of the session's. It leads to the record without a table, and two sessions of one user do not show that
 * they belong together. It is a name and not a credential: knowing it allows nothing.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/base64url.h"

#include "crypto/sid.h"

#define SHA1_LEN 20

/* SHA-1(key || session_key), with a context made once: fetching the algorithm costs more than the hash. */
static void
mask(const struct user_keys *k, const uint8_t session_key[SESSION_KEY_LEN], uint8_t out[SHA1_LEN])
{
	static EVP_MD_CTX *ctx;
	static EVP_MD *md;

	if (md == NULL)
		md = EVP_MD_fetch(NULL, "SHA1", NULL);
	if (ctx == NULL)
		ctx = EVP_MD_CTX_new();
	if (md == NULL || ctx == NULL || EVP_DigestInit_ex2(ctx, md, NULL) != 1 ||
	    EVP_DigestUpdate(ctx, k->public_sid, sizeof(k->public_sid)) != 1 ||
	    EVP_DigestUpdate(ctx, session_key, SESSION_KEY_LEN) != 1 || EVP_DigestFinal_ex(ctx, out, NULL) != 1)
		abort();
}

void
sid_public(const struct user_keys *k, const uint8_t user_key[USER_KEY_LEN], const uint8_t session_key[SESSION_KEY_LEN],
    char out[PUBLIC_SID_LEN + 1])
{
	uint8_t m[SHA1_LEN], raw[USER_KEY_LEN + SESSION_KEY_LEN];

	mask(k, session_key, m);
	for (size_t i = 0; i < USER_KEY_LEN; i++)
		raw[i] = user_key[i] ^ m[i];
	memcpy(raw + USER_KEY_LEN, session_key, SESSION_KEY_LEN);
	base64url_encode(raw, sizeof(raw), out);
}

bool
sid_parse(const struct user_keys *k, struct str text, uint8_t user_key[USER_KEY_LEN], uint8_t session_key[SESSION_KEY_LEN])
{
	uint8_t m[SHA1_LEN], raw[USER_KEY_LEN + SESSION_KEY_LEN];
	size_t n;

	if (text.len != PUBLIC_SID_LEN || !base64url_decode(text, raw, sizeof(raw), &n) || n != sizeof(raw))
		return (false);
	memcpy(session_key, raw + USER_KEY_LEN, SESSION_KEY_LEN);
	mask(k, session_key, m);
	for (size_t i = 0; i < USER_KEY_LEN; i++)
		user_key[i] = raw[i] ^ m[i];
	return (true);
}
