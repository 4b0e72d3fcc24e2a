/* SPDX-License-Identifier: ISC */
/*
 * SHA-256, HMAC-SHA-256 and comparing in constant time. Contexts are kept and made ready again, since a request computes
 * several; that of a hash is the thread's own. A failure of the library aborts the process: there is no safe answer to give in
 * the place of a MAC.
 */
#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/log.h"

#include "crypto/mac.h"

struct mac_key {
	EVP_MAC_CTX *ctx; /* holds the key; made ready again before every use */
};

/* A digest or MAC that was not computed must not be believed, and nothing can be answered without one. */
static void
require(bool ok, const char *what)
{

	if (ok)
		return;
	log_error("cannot compute %s: giving up", what);
	abort();
}

/* Each thread's own. */
static _Thread_local struct {
	EVP_MD *digest; /* looking it up costs more than hashing a token */
	EVP_MD_CTX *ctx;
} hash;

static void
make_hash_ready(void)
{

	if (hash.digest == NULL)
		hash.digest = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (hash.ctx == NULL)
		hash.ctx = EVP_MD_CTX_new();
	require(hash.digest != NULL && hash.ctx != NULL, "SHA-256");
}

void
mac_sha256(const void *p, size_t n, uint8_t out[MAC_LEN])
{

	mac_sha256_2(p, n, "", 0, out);
}

void
mac_sha256_2(const void *p, size_t n, const void *q, size_t m, uint8_t out[MAC_LEN])
{

	make_hash_ready();
	require(EVP_DigestInit_ex2(hash.ctx, hash.digest, NULL) && EVP_DigestUpdate(hash.ctx, p, n) &&
		    EVP_DigestUpdate(hash.ctx, q, m) && EVP_DigestFinal_ex(hash.ctx, out, NULL),
	    "SHA-256");
}

void
mac_end_thread(void)
{

	EVP_MD_CTX_free(hash.ctx);
	EVP_MD_free(hash.digest);
	hash.ctx = NULL;
	hash.digest = NULL;
}

static EVP_MAC_CTX *
hmac_context(void)
{
	static EVP_MAC *mac;

	if (mac == NULL)
		mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	return (mac == NULL ? NULL : EVP_MAC_CTX_new(mac));
}

struct mac_key *
mac_key_new(const void *key, size_t n)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	struct mac_key *k;

	if (n == 0 || (k = calloc(1, sizeof(*k))) == NULL)
		return (NULL); /* anyone can compute a MAC under an empty key */
	k->ctx = hmac_context();
	if (k->ctx == NULL || !EVP_MAC_init(k->ctx, key, n, params)) {
		mac_key_free(k);
		return (NULL);
	}
	return (k);
}

void
mac_key_free(struct mac_key *k)
{

	if (k == NULL)
		return;
	EVP_MAC_CTX_free(k->ctx); /* wipes the key and its pads */
	free(k);
}

void
mac_compute(struct mac_key *k, const void *p, size_t n, uint8_t out[MAC_LEN])
{

	mac_compute2(k, p, n, NULL, 0, out);
}

/*
 * Two pieces in one MAC without joining them in memory. The first always has a fixed length, so that no other pair of pieces
 * makes the same bytes.
 */
void
mac_compute2(struct mac_key *k, const void *p, size_t n, const void *q, size_t m, uint8_t out[MAC_LEN])
{
	size_t len = 0;
	bool ok = EVP_MAC_init(k->ctx, NULL, 0, NULL) && EVP_MAC_update(k->ctx, p, n);

	if (ok && m > 0)
		ok = EVP_MAC_update(k->ctx, q, m);
	require(ok && EVP_MAC_final(k->ctx, out, &len, MAC_LEN) && len == MAC_LEN, "HMAC-SHA-256");
}

bool
mac_equal(const void *a, const void *b, size_t n)
{

	return (CRYPTO_memcmp(a, b, n) == 0);
}
