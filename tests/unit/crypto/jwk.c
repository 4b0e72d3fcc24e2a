/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cmocka.h>

#include "base/base64url.h"

#include "hex.h"
#include "vectors.h"

#include "crypto/jwk.h"

static void
test_names(void **state)
{
	static const char *const unknown[] = { "none", "None", "NONE", "nOnE", "", "eddsa", "HS384", "RS512", "PS256", "ES256K",
		"HS256 ", "dir" };

	(void)state;
	for (int alg = JWS_EDDSA; alg <= JWS_HS256; alg++)
		assert_int_equal(jws_alg_of(str_of(jws_alg_name((enum jws_alg)alg))), alg);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_int_equal(jws_alg_of(str_of(unknown[i])), -1);
	assert_int_equal(jws_alg_of(STR_NONE), -1);
	assert_int_equal(jws_alg_of(STR_LIT("HS256\0")), -1);
}

static void
assert_same_key(const struct jwk *a, const struct jwk *b)
{
	uint8_t sig[SIGNATURE_MAX];
	size_t n;

	assert_non_null(a);
	assert_non_null(b);
	assert_string_equal(jwk_kid(a), jwk_kid(b));
	assert_int_equal(jwk_alg(a), jwk_alg(b));
	assert_true(jwk_sign(a, "text", 4, sig, &n));
	assert_true(jwk_verify(b, "text", 4, sig, n));
	assert_false(jwk_verify(b, "texT", 4, sig, n));
	assert_false(jwk_verify(b, "text", 4, sig, n - 1));
	assert_false(jwk_verify(b, "text", 4, sig, 0));
	assert_false(jwk_verify(b, "text", 4, sig, SIGNATURE_MAX));
}

/* Written and read again, a key is the same one; its public half verifies and cannot sign. */
static void
test_round(void **state)
{
	static const enum jws_alg algs[] = { JWS_EDDSA, JWS_ES256, JWS_RS256 };
	static char text[8192];
	uint8_t sig[SIGNATURE_MAX];
	struct buf b;
	size_t n;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct jwk *k = jwk_generate(algs[i]), *again, *public;

		assert_non_null(k);
		assert_int_equal(strlen(jwk_kid(k)), 43);
		buf_init(&b, text, sizeof(text));
		assert_true(jwk_private_text(k, &b));
		assert_true(str_starts(buf_str(&b), "-----BEGIN PRIVATE KEY-----\n"));
		again = jwk_from_pem(b.p, b.len);
		assert_same_key(k, again);
		buf_init(&b, text, sizeof(text));
		assert_true(jwk_public_json(k, &b));
		assert_null(strstr(text, "\"d\""));
		public = jwk_from_json(buf_str(&b));
		assert_same_key(k, public);
		assert_false(jwk_sign(public, "text", 4, sig, &n));
		buf_init(&b, text, sizeof(text));
		assert_false(jwk_private_text(public, &b));
		jwk_free(public);
		jwk_free(again);
		jwk_free(k);
	}
}

static void
test_secret(void **state)
{
	char text[512];
	uint8_t secret[256];
	struct jwk *k = jwk_generate(JWS_HS256), *again;
	struct buf b;
	size_t n;

	(void)state;
	assert_non_null(k);
	assert_int_equal(strlen(jwk_kid(k)), 22);
	buf_init(&b, text, sizeof(text));
	assert_true(jwk_private_text(k, &b));
	assert_true(base64url_decode(buf_str(&b), secret, sizeof(secret), &n));
	assert_int_equal(n, 32);
	again = jwk_from_secret(secret, n);
	assert_same_key(k, again);
	buf_init(&b, text, sizeof(text));
	assert_false(jwk_public_json(k, &b));
	assert_int_equal(b.len, 0);
	assert_null(jwk_from_secret(secret, 31));
	assert_null(jwk_from_secret("your-secret-key", 15));
	assert_null(jwk_from_secret(secret, 0));
	jwk_free(again);
	jwk_free(k);
	jwk_free(NULL);
}

/* RFC 8037 A.2 to A.4, RFC 8032 7.1 test 1: both signatures are exact, as EdDSA has no randomness. */
static void
test_eddsa(void **state)
{
	struct jwk *k = jwk_from_json(STR_LIT(EDDSA_PRIVATE)), *public = jwk_from_json(STR_LIT(EDDSA_JWK));
	uint8_t sig[SIGNATURE_MAX], want[SIGNATURE_MAX];
	char text[128];
	size_t n;

	(void)state;
	assert_same_key(k, public);
	assert_string_equal(jwk_kid(k), EDDSA_THUMBPRINT);
	assert_true(jwk_sign(k, EDDSA_INPUT, strlen(EDDSA_INPUT), sig, &n));
	base64url_encode(sig, n, text);
	assert_string_equal(text, EDDSA_SIG);
	assert_true(jwk_sign(k, "", 0, sig, &n));
	assert_int_equal(
	    hex_decode("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd"
		       "25bf5f0595bbe24655141438e7a100b",
		want),
	    n);
	assert_memory_equal(sig, want, n);
	jwk_free(public);
	jwk_free(k);
}

/* RFC 7515 A.3: signatures differ each time, are 64 bytes, and an ASN.1 one is none. */
static void
test_es256(void **state)
{
	struct jwk *k = jwk_from_json(STR_LIT(ES256_PRIVATE)), *public = jwk_from_json(STR_LIT(ES256_JWK));
	uint8_t sig[SIGNATURE_MAX], zero[64] = { 0 }, order[64];
	size_t n;

	(void)state;
	assert_same_key(k, public);
	for (int i = 0; i < 300; i++) { /* some have an R or S with leading zeros */
		assert_true(jwk_sign(k, &i, sizeof(i), sig, &n));
		assert_int_equal(n, 64);
		assert_true(jwk_verify(public, &i, sizeof(i), sig, n));
	}
	/* r and s must be within 1 … n-1 */
	assert_false(jwk_verify(public, "x", 1, zero, 64));
	hex_decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", order);
	memcpy(order + 32, order, 32);
	assert_false(jwk_verify(public, "x", 1, order, 64));
	memset(order, 0xff, 64);
	assert_false(jwk_verify(public, "x", 1, order, 64));
	memset(sig, 0x30, sizeof(sig));
	for (n = 0; n <= 512; n++)
		assert_false(jwk_verify(public, "x", 1, sig, n));
	jwk_free(public);
	jwk_free(k);
}

static const char *const refused[] = {
	"",
	"{}",
	"[]",
	"null",
	"{\"kty\":\"oct\",\"k\":\"" EDDSA_X "\"}",
	"{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" EDDSA_X "\"}",
	"{\"kty\":\"OKP\",\"crv\":\"Ed448\",\"x\":\"" EDDSA_X "\"}",
	"{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}",
	"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" EDDSA_X "=\"}",
	"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}",
	"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":7}",
	"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" EDDSA_X "\",\"x\":\"" EDDSA_X "\"}",
	/* a public half of another key */
	"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"d\":\"" EDDSA_D "\"}",
	"{\"kty\":\"EC\",\"crv\":\"P-256\"," ES256_XY ",\"d\":\"" EDDSA_D "\"}",
	/* another algorithm, another use */
	"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" EDDSA_X "\",\"alg\":\"HS256\"}",
	"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" EDDSA_X "\",\"use\":\"enc\"}",
	"{\"kty\":\"EC\",\"crv\":\"P-384\"," ES256_XY "}",
	"{\"kty\":\"EC\",\"crv\":\"secp256k1\"," ES256_XY "}",
	/* not on the curve */
	"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"" EDDSA_X "\"}",
	"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"}",
	/* RSA: too short, no exponent, one that is 1, an even one, a private part without d */
	"{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp\"}",
	"{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" RS256_N RS256_N RS256_N RS256_N
	"\"}", /* 8192 bits: a signature longer than any */
	"{\"kty\":\"RSA\",\"n\":\"" RS256_N "\"}",
	"{\"kty\":\"RSA\",\"e\":\"AQ\",\"n\":\"" RS256_N "\"}",
	"{\"kty\":\"RSA\",\"e\":\"AQAA\",\"n\":\"" RS256_N "\"}",
	"{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" RS256_N "\",\"p\":\"AQAB\"}",
	"{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" RS256_N "\",\"d\":\"AQAB\"}",
};

static void
test_refused_json(void **state)
{
	struct jwk *k = jwk_from_json(STR_LIT(RS256_JWK));

	(void)state;
	assert_non_null(k);
	jwk_free(k);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if ((k = jwk_from_json(str_of(refused[i]))) != NULL)
			fail_msg("accepted: %s", refused[i]);
}

static bool
is_pem_accepted(EVP_PKEY *pkey, const EVP_CIPHER *cipher, bool public)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct jwk *k;
	char *text;
	long n;

	assert_non_null(pkey);
	if (public)
		assert_true(PEM_write_bio_PUBKEY(bio, pkey));
	else
		assert_true(PEM_write_bio_PKCS8PrivateKey(
		    bio, pkey, cipher, cipher == NULL ? NULL : "secret", cipher == NULL ? 0 : 6, NULL, NULL));
	n = BIO_get_mem_data(bio, &text);
	k = jwk_from_pem(text, (size_t)n);
	jwk_free(k);
	BIO_free(bio);
	EVP_PKEY_free(pkey);
	return (k != NULL);
}

static void
test_pem(void **state)
{

	(void)state;
	assert_true(is_pem_accepted(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL, false));
	assert_true(is_pem_accepted(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"), NULL, false));
	assert_true(is_pem_accepted(EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048), NULL, false));
	assert_false(is_pem_accepted(EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024), NULL, false));
	assert_false(is_pem_accepted(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384"), NULL, false));
	assert_false(is_pem_accepted(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1"), NULL, false));
	assert_false(is_pem_accepted(EVP_PKEY_Q_keygen(NULL, NULL, "X25519"), NULL, false));
	assert_false(is_pem_accepted(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL, true));
	/* asks nobody for the password */
	assert_false(is_pem_accepted(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), EVP_aes_256_cbc(), false));
	assert_null(jwk_from_pem("", 0));
	assert_null(jwk_from_pem("-----BEGIN PRIVATE KEY-----\n", 28));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_secret),
		cmocka_unit_test(test_eddsa),
		cmocka_unit_test(test_es256),
		cmocka_unit_test(test_refused_json),
		cmocka_unit_test(test_pem),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
