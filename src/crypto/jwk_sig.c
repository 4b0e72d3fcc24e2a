/* SPDX-License-Identifier: ISC */
/*
 * Signatures of one key. The OpenSSL contexts are made once, since making one costs more than verifying with it. ECDSA
 * signatures are R||S of 64 bytes in a JWS and ASN.1 in OpenSSL; the length is checked before anything is converted, so that
 * nothing a client sends decides about the size of a buffer.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "crypto/mac.h"

#include "crypto/jwk_sig.h"

#define HALF 32          /* bytes of R and of S */
#define ECDSA_DER_MAX 72 /* SEQUENCE of two INTEGERs of 33 bytes */

struct jwk_sig {
	enum jws_alg alg;
	EVP_PKEY *pkey;
	EVP_PKEY_CTX *signer;   /* ES256 and RS256, of a private key */
	EVP_PKEY_CTX *verifier; /* ES256 and RS256 */
	EVP_MD_CTX *whole;      /* EdDSA, which takes the message and not its digest */
	bool private;
};

static EVP_PKEY_CTX *
digest_context(EVP_PKEY *pkey, enum jws_alg alg, int (*init)(EVP_PKEY_CTX *))
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

	if (ctx == NULL || init(ctx) <= 0 || EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) <= 0)
		goto err0;
	if (alg == JWS_RS256 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) <= 0)
		goto err0;
	return (ctx);

err0:
	EVP_PKEY_CTX_free(ctx);
	return (NULL);
}

static bool
make_contexts(struct jwk_sig *s)
{

	if (s->alg == JWS_EDDSA)
		return ((s->whole = EVP_MD_CTX_new()) != NULL);
	if (s->private && (s->signer = digest_context(s->pkey, s->alg, EVP_PKEY_sign_init)) == NULL)
		return (false);
	return ((s->verifier = digest_context(s->pkey, s->alg, EVP_PKEY_verify_init)) != NULL);
}

struct jwk_sig *
jwk_sig_new(EVP_PKEY *pkey, enum jws_alg alg, bool private)
{
	struct jwk_sig *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return (NULL);
	s->alg = alg;
	s->private = private;
	if (!EVP_PKEY_up_ref(pkey)) {
		free(s);
		return (NULL);
	}
	s->pkey = pkey;
	if (make_contexts(s))
		return (s);
	jwk_sig_free(s);
	return (NULL);
}

void
jwk_sig_free(struct jwk_sig *s)
{

	if (s == NULL)
		return;
	EVP_MD_CTX_free(s->whole);
	EVP_PKEY_CTX_free(s->verifier);
	EVP_PKEY_CTX_free(s->signer);
	EVP_PKEY_free(s->pkey);
	free(s);
}

/* ASN.1 to R||S (RFC 7518 3.4). */
static bool
der_to_halves(const uint8_t *der, size_t n, uint8_t out[2 * HALF])
{
	ECDSA_SIG *parts = d2i_ECDSA_SIG(NULL, &der, (long)n);
	bool ok;

	if (parts == NULL)
		return (false);
	ok = BN_bn2binpad(ECDSA_SIG_get0_r(parts), out, HALF) == HALF &&
	     BN_bn2binpad(ECDSA_SIG_get0_s(parts), out + HALF, HALF) == HALF;
	ECDSA_SIG_free(parts);
	return (ok);
}

/* R||S to ASN.1. Returns the length, 0 on failure. That both are in 1 … n-1 is for the verification to find out. */
static size_t
halves_to_der(const uint8_t in[2 * HALF], uint8_t der[ECDSA_DER_MAX])
{
	ECDSA_SIG *parts = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(in, HALF, NULL), *s = BN_bin2bn(in + HALF, HALF, NULL);
	int n = 0;

	if (parts == NULL || r == NULL || s == NULL || !ECDSA_SIG_set0(parts, r, s)) {
		BN_free(r);
		BN_free(s);
	} else if ((n = i2d_ECDSA_SIG(parts, NULL)) > 0 && n <= ECDSA_DER_MAX) {
		n = i2d_ECDSA_SIG(parts, &der);
	} else {
		n = 0;
	}
	ECDSA_SIG_free(parts);
	return (n > 0 ? (size_t)n : 0);
}

static bool
sign_digest(struct jwk_sig *s, const void *p, size_t n, uint8_t *sig, size_t *siglen)
{
	uint8_t digest[MAC_LEN], raw[SIGNATURE_MAX];
	size_t len = sizeof(raw);

	mac_sha256(p, n, digest);
	if (EVP_PKEY_sign(s->signer, raw, &len, digest, sizeof(digest)) <= 0)
		return (false);
	if (s->alg == JWS_ES256) {
		*siglen = 2 * HALF;
		return (der_to_halves(raw, len, sig));
	}
	memcpy(sig, raw, len);
	*siglen = len;
	return (true);
}

bool
jwk_sig_make(struct jwk_sig *s, const void *p, size_t n, uint8_t *sig, size_t *siglen)
{
	bool ok;

	if (!s->private)
		return (false);
	if (s->alg != JWS_EDDSA) {
		ok = sign_digest(s, p, n, sig, siglen);
	} else {
		*siglen = SIGNATURE_MAX;
		ok = EVP_DigestSignInit_ex(s->whole, NULL, NULL, NULL, NULL, s->pkey, NULL) > 0 &&
		     EVP_DigestSign(s->whole, sig, siglen, p, n) > 0;
	}
	if (!ok)
		ERR_clear_error();
	return (ok);
}

static bool
check_digest(struct jwk_sig *s, const void *p, size_t n, const uint8_t *sig, size_t siglen)
{
	uint8_t digest[MAC_LEN], der[ECDSA_DER_MAX];

	if (s->alg == JWS_ES256) {
		siglen = halves_to_der(sig, der);
		sig = der;
		if (siglen == 0)
			return (false);
	}
	mac_sha256(p, n, digest);
	return (EVP_PKEY_verify(s->verifier, sig, siglen, digest, sizeof(digest)) == 1);
}

/* The exact length of the algorithm, first of all. */
bool
jwk_sig_check(struct jwk_sig *s, const void *p, size_t n, const uint8_t *sig, size_t siglen)
{
	size_t want = s->alg == JWS_RS256 ? (size_t)EVP_PKEY_get_size(s->pkey) : 2 * HALF;
	bool ok;

	if (siglen != want)
		return (false);
	if (s->alg == JWS_EDDSA)
		ok = EVP_DigestVerifyInit_ex(s->whole, NULL, NULL, NULL, NULL, s->pkey, NULL) > 0 &&
		     EVP_DigestVerify(s->whole, sig, siglen, p, n) == 1;
	else
		ok = check_digest(s, p, n, sig, siglen);
	if (!ok)
		ERR_clear_error(); /* or forged tokens would fill the queue that other users of the library look into */
	return (ok);
}
