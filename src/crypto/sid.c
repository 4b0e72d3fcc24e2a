#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/base64url.h"

#include "crypto/sid.h"

#define SHA1_LEN 20

/* SHA-1(key || sid8), with a context made once: fetching the algorithm costs more than the hash. */
static void
mask(const struct user_keys *k, const uint8_t sid8[SID_LEN], uint8_t out[SHA1_LEN])
{
	static EVP_MD_CTX *ctx;
	static EVP_MD *md;

	if (md == NULL)
		md = EVP_MD_fetch(NULL, "SHA1", NULL);
	if (ctx == NULL)
		ctx = EVP_MD_CTX_new();
	if (md == NULL || ctx == NULL || EVP_DigestInit_ex2(ctx, md, NULL) != 1 ||
	    EVP_DigestUpdate(ctx, k->public_sid, sizeof(k->public_sid)) != 1 || EVP_DigestUpdate(ctx, sid8, SID_LEN) != 1 ||
	    EVP_DigestFinal_ex(ctx, out, NULL) != 1)
		abort();
}

void
sid_public(const struct user_keys *k, const uint8_t up[UP_LEN], const uint8_t sid8[SID_LEN], char out[PUBLIC_SID_LEN + 1])
{
	uint8_t m[SHA1_LEN], raw[UP_LEN + SID_LEN];

	mask(k, sid8, m);
	for (size_t i = 0; i < UP_LEN; i++)
		raw[i] = up[i] ^ m[i];
	memcpy(raw + UP_LEN, sid8, SID_LEN);
	base64url_encode(raw, sizeof(raw), out);
}

bool
sid_parse(const struct user_keys *k, struct str text, uint8_t up[UP_LEN], uint8_t sid8[SID_LEN])
{
	uint8_t m[SHA1_LEN], raw[UP_LEN + SID_LEN];
	size_t n;

	if (text.len != PUBLIC_SID_LEN || !base64url_decode(text, raw, sizeof(raw), &n) || n != sizeof(raw))
		return (false);
	memcpy(sid8, raw + UP_LEN, SID_LEN);
	mask(k, sid8, m);
	for (size_t i = 0; i < UP_LEN; i++)
		up[i] = raw[i] ^ m[i];
	return (true);
}
