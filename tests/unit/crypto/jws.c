/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cmocka.h>

#include "base/base64url.h"

#include "vectors.h"

#include "crypto/jws.h"

/* The published keys, and one of our own. */
static struct jwk *hs256, *rs256, *es256, *eddsa, *ours;

/* Gives the one key ${keys} whatever the kid, as the published tokens have none. */
static const struct jwk *
find_only(const void *keys, struct str kid)
{

	(void)kid;
	return (keys);
}

/* Gives the one key ${keys} if the kid is its own. */
static const struct jwk *
find_by_kid(const void *keys, struct str kid)
{

	return (str_is(kid, jwk_kid(keys)) ? keys : NULL);
}

static struct jwk *
secret_key(const char *text)
{
	uint8_t secret[256];
	size_t n;

	assert_true(base64url_decode(str_of(text), secret, sizeof(secret), &n));
	return (jwk_from_secret(secret, n));
}

static int
set_up(void **state)
{

	(void)state;
	hs256 = secret_key(HS256_SECRET);
	rs256 = jwk_from_json(STR_LIT(RS256_JWK));
	es256 = jwk_from_json(STR_LIT(ES256_JWK));
	eddsa = jwk_from_json(STR_LIT(EDDSA_JWK));
	ours = jwk_generate(JWS_EDDSA);
	return (hs256 != NULL && rs256 != NULL && es256 != NULL && eddsa != NULL && ours != NULL ? 0 : -1);
}

static int
tear_down(void **state)
{

	(void)state;
	jwk_free(hs256);
	jwk_free(rs256);
	jwk_free(es256);
	jwk_free(eddsa);
	jwk_free(ours);
	return (0);
}

/* On the heap and not terminated, so that the sanitizer sees a byte read behind the end. */
static bool
is_valid(struct str token, const char *typ, jws_find_key *find, const struct jwk *k)
{
	char payload[JWS_MAX], *copy = malloc(token.len + 1);
	enum dw_result rc;
	size_t len;

	copy = realloc(copy, token.len + (token.len == 0));
	memcpy(copy, token.p, token.len);
	rc = jws_verify((struct str){ copy, token.len }, typ, find, k, payload, sizeof(payload), &len);
	free(copy);
	assert_true(rc == DW_OK || rc == DW_INVALID);
	return (rc == DW_OK);
}

static void
test_published(void **state)
{
	const struct {
		const struct jwk *key;
		const char *token;
		bool ok;
	} table[] = {
		{ hs256, HS256_TOKEN, true },
		{ hs256, HS256_TWIN, false },
		{ rs256, RS256_TOKEN, true },
		{ es256, ES256_TOKEN, true },
		{ es256, ES256_MALLEATED, true }, /* a valid second signature: why revocation goes by jti and not by text */
		{ es256, ES256_TWIN, false },
		{ eddsa, EDDSA_TOKEN, true },
		{ eddsa, EDDSA_TWIN, false },
		{ hs256, UNSECURED, false },
		{ eddsa, UNSECURED, false },
		/* each token with the others' keys */
		{ hs256, RS256_TOKEN, false },
		{ hs256, ES256_TOKEN, false },
		{ rs256, HS256_TOKEN, false },
		{ rs256, ES256_TOKEN, false },
		{ es256, RS256_TOKEN, false },
		{ es256, EDDSA_TOKEN, false },
		{ eddsa, HS256_TOKEN, false },
		{ ours, EDDSA_TOKEN, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (is_valid(str_of(table[i].token), NULL, find_only, table[i].key) != table[i].ok)
			fail_msg("row %zu: %s", i, table[i].token);
}

static void
test_payload(void **state)
{
	char payload[sizeof(PAYLOAD)];
	size_t len;

	(void)state;
	assert_int_equal(jws_verify(STR_LIT(HS256_TOKEN), NULL, find_only, hs256, payload, sizeof(payload), &len), DW_OK);
	assert_string_equal(payload, PAYLOAD);
	assert_int_equal(len, sizeof(PAYLOAD) - 1);
	/* no room for the terminator */
	assert_int_equal(
	    jws_verify(STR_LIT(HS256_TOKEN), NULL, find_only, hs256, payload, sizeof(payload) - 1, &len), DW_INVALID);
	assert_int_equal(jws_verify(STR_LIT(HS256_TOKEN), NULL, find_only, hs256, payload, 0, &len), DW_INVALID);
}

static void
put_base64url(struct buf *b, struct str s)
{
	char text[BASE64URL_LEN(JWS_MAX) + 1];

	base64url_encode(s.p, s.len, text);
	buf_puts(b, text);
}

/* Makes a token with the header ${header}, whatever it says, and a good signature of ${k}. */
static struct str
forge(struct buf *b, struct str header, const struct jwk *k)
{
	static char text[2 * JWS_MAX];
	uint8_t sig[SIGNATURE_MAX];
	size_t siglen;

	buf_init(b, text, sizeof(text));
	put_base64url(b, header);
	buf_puts(b, "." P);
	assert_true(jwk_sign(k, b->p, b->len, sig, &siglen));
	buf_putc(b, '.');
	put_base64url(b, (struct str){ (const char *)sig, siglen });
	assert_false(b->overflow);
	return (buf_str(b));
}

#define LONG16 "aaaaaaaaaaaaaaaa"
#define LONG64 LONG16 LONG16 LONG16 LONG16

/* Headers in front of a good HS256 signature. */
static const struct {
	const char *header;
	const char *typ;
	bool ok;
} headers[] = {
	{ "{\"alg\":\"HS256\"}", NULL, true },
	{ " {\"alg\" : \"HS256\"}\n", NULL, true },
	/* alg */
	{ "{}", NULL, false },
	{ "{\"alg\":\"none\"}", NULL, false },
	{ "{\"alg\":\"None\"}", NULL, false },
	{ "{\"alg\":\"NONE\"}", NULL, false },
	{ "{\"alg\":\"nOnE\"}", NULL, false },
	{ "{\"alg\":\"\"}", NULL, false },
	{ "{\"alg\":null}", NULL, false },
	{ "{\"alg\":[\"HS256\"]}", NULL, false },
	{ "{\"alg\":\"hs256\"}", NULL, false },
	{ "{\"alg\":\"HS256 \"}", NULL, false },
	{ "{\"alg\":\"HS256\\u0000\"}", NULL, false },
	{ "{\"alg\":\"HS384\"}", NULL, false },
	{ "{\"alg\":\"HS512\"}", NULL, false },
	{ "{\"alg\":\"RS256\"}", NULL, false },
	{ "{\"alg\":\"PS256\"}", NULL, false },
	{ "{\"alg\":\"ES256\"}", NULL, false },
	{ "{\"alg\":\"ES256K\"}", NULL, false },
	{ "{\"alg\":\"EdDSA\"}", NULL, false },
	{ "{\"alg\":\"PBES2-HS256+A128KW\",\"p2c\":2147483647}", NULL, false },
	{ "{\"alg\\u0000\":\"HS256\"}", NULL, false },
	{ "{\"Alg\":\"HS256\"}", NULL, false },
	/* one name twice */
	{ "{\"alg\":\"none\",\"alg\":\"HS256\"}", NULL, false },
	{ "{\"alg\":\"HS256\",\"\\u0061lg\":\"HS256\"}", NULL, false },
	{ "{\"alg\":\"HS256\",\"x\":1,\"x\":2}", NULL, false },
	/* not one JSON object */
	{ "[\"HS256\"]", NULL, false },
	{ "{\"alg\":\"HS256\"}{}", NULL, false },
	{ "{\"alg\":\"HS256\",}", NULL, false },
	{ "{\"alg\":\"HS256\",\"x\":\"\xc0\xaf\"}", NULL, false },
	/* extensions */
	{ "{\"alg\":\"HS256\",\"crit\":[\"exp\"]}", NULL, false },
	{ "{\"alg\":\"HS256\",\"crit\":[]}", NULL, false },
	{ "{\"alg\":\"HS256\",\"crit\":\"b64\"}", NULL, false },
	{ "{\"alg\":\"HS256\",\"crit\":null}", NULL, false },
	{ "{\"alg\":\"HS256\",\"b64\":false,\"crit\":[\"b64\"]}", NULL, false },
	{ "{\"alg\":\"HS256\",\"b64\":false}", NULL, false },
	{ "{\"alg\":\"HS256\",\"b64\":true}", NULL, false },
	{ "{\"alg\":\"HS256\",\"unknown\":{\"crit\":[]}}", NULL, true },
	/* what belongs to encryption and compression (R135) */
	{ "{\"alg\":\"HS256\",\"zip\":\"DEF\"}", NULL, false },
	{ "{\"alg\":\"HS256\",\"enc\":\"A256GCM\"}", NULL, false },
	{ "{\"alg\":\"dir\",\"enc\":\"A256GCM\"}", NULL, false },
	{ "{\"alg\":\"RSA-OAEP\",\"enc\":\"A256GCM\",\"zip\":\"DEF\"}", NULL, false },
	/* kid */
	{ "{\"alg\":\"HS256\",\"kid\":\"any-Kid_1.2\"}", NULL, true },
	{ "{\"alg\":\"HS256\",\"kid\":\"" LONG64 "\"}", NULL, true },
	{ "{\"alg\":\"HS256\",\"kid\":\"" LONG64 "a\"}", NULL, false },
	{ "{\"alg\":\"HS256\",\"kid\":\"\"}", NULL, false },
	{ "{\"alg\":\"HS256\",\"kid\":\"../../dev/null\"}", NULL, false },
	{ "{\"alg\":\"HS256\",\"kid\":\"' OR 1=1\"}", NULL, false },
	{ "{\"alg\":\"HS256\",\"kid\":1}", NULL, false },
	{ "{\"alg\":\"HS256\",\"kid\":null}", NULL, false },
	/* typ */
	{ "{\"alg\":\"HS256\"}", "at+jwt", false },
	{ "{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}", "at+jwt", true },
	{ "{\"alg\":\"HS256\",\"typ\":\"AT+JWT\"}", "at+jwt", true },
	{ "{\"alg\":\"HS256\",\"typ\":\"application/at+jwt\"}", "at+jwt", true },
	{ "{\"alg\":\"HS256\",\"typ\":\"Application/AT+JWT\"}", "at+jwt", true },
	{ "{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}", "application/at+jwt", true },
	{ "{\"alg\":\"HS256\",\"typ\":\"application/application/at+jwt\"}", "at+jwt", false },
	{ "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", "at+jwt", false },
	{ "{\"alg\":\"HS256\",\"typ\":\"logout+jwt\"}", "at+jwt", false },
	{ "{\"alg\":\"HS256\",\"typ\":\"at+jwt2\"}", "at+jwt", false },
	{ "{\"alg\":\"HS256\",\"typ\":\"\"}", "at+jwt", false },
	{ "{\"alg\":\"HS256\",\"typ\":[\"at+jwt\"]}", "at+jwt", false },
	{ "{\"alg\":\"HS256\",\"typ\":1}", NULL, false },
	{ "{\"alg\":\"HS256\",\"typ\":\"anything\"}", NULL, true },
};

static void
test_headers(void **state)
{
	struct buf b;

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		if (is_valid(forge(&b, str_of(headers[i].header), hs256), headers[i].typ, find_only, hs256) != headers[i].ok)
			fail_msg("row %zu: %s", i, headers[i].header);
}

/* A key that comes with the token is no key of ours (CVE-2018-0114). */
static void
test_embedded_jwk(void **state)
{
	static const char *const names[] = { "jwk", "jku", "x5u", "x5c" };
	struct jwk *theirs = jwk_generate(JWS_EDDSA);
	char header[1024], public[512];
	struct buf b;

	(void)state;
	buf_init(&b, public, sizeof(public));
	assert_true(jwk_public_json(theirs, &b));
	for (size_t i = 0; i < 4; i++) {
		snprintf(
		    header, sizeof(header), "{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"%s\":%s}", jwk_kid(ours), names[i], public);
		assert_false(is_valid(forge(&b, str_of(header), theirs), NULL, find_by_kid, ours));
		assert_true(is_valid(forge(&b, str_of(header), ours), NULL, find_by_kid, ours));
	}
	snprintf(header, sizeof(header), "{\"alg\":\"EdDSA\",\"kid\":\"%s\"}", jwk_kid(theirs));
	assert_false(is_valid(forge(&b, str_of(header), theirs), NULL, find_by_kid, ours));
	assert_false(is_valid(forge(&b, STR_LIT("{\"alg\":\"EdDSA\"}"), ours), NULL, find_by_kid, ours));
	jwk_free(theirs);
}

/* The public key as an HMAC secret (RFC 8725 2.1), as raw bytes and as its JSON. */
static void
test_confusion(void **state)
{
	const struct jwk *keys[] = { rs256, es256, eddsa };
	char text[1024];
	struct buf b;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct jwk *forger;

		buf_init(&b, text, sizeof(text));
		assert_true(jwk_public_json(keys[i], &b));
		forger = jwk_from_secret(b.p, b.len < 256 ? b.len : 256);
		assert_non_null(forger);
		assert_false(is_valid(forge(&b, STR_LIT("{\"alg\":\"HS256\"}"), forger), NULL, find_only, keys[i]));
		jwk_free(forger);
	}
}

static void
test_public_pem_as_secret(void **state)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	BIO *private = BIO_new(BIO_s_mem()), *public = BIO_new(BIO_s_mem());
	struct jwk *k, *forger;
	struct buf b;
	char *text;
	long n;

	(void)state;
	assert_true(PEM_write_bio_PUBKEY(public, pkey));
	assert_true(PEM_write_bio_PrivateKey(private, pkey, NULL, NULL, 0, NULL, NULL));
	n = BIO_get_mem_data(private, &text);
	k = jwk_from_pem(text, (size_t)n);
	assert_non_null(k);
	n = BIO_get_mem_data(public, &text);
	forger = jwk_from_secret(text, (size_t)n);
	assert_non_null(forger);
	assert_false(is_valid(forge(&b, STR_LIT("{\"alg\":\"HS256\"}"), forger), NULL, find_only, k));
	assert_false(is_valid(forge(&b, STR_LIT("{\"alg\":\"ES256\"}"), forger), NULL, find_only, k));
	assert_true(is_valid(forge(&b, STR_LIT("{\"alg\":\"ES256\"}"), k), NULL, find_only, k));
	jwk_free(forger);
	jwk_free(k);
	BIO_free(public);
	BIO_free(private);
	EVP_PKEY_free(pkey);
}

/* Signs ${input}, header and payload as they are spelled there, with ${k}. */
static struct str
sign_as_spelled(struct buf *b, const char *input, const struct jwk *k)
{
	static char text[1024];
	uint8_t sig[SIGNATURE_MAX];
	size_t siglen;

	buf_init(b, text, sizeof(text));
	buf_puts(b, input);
	assert_true(jwk_sign(k, b->p, b->len, sig, &siglen));
	buf_putc(b, '.');
	put_base64url(b, (struct str){ (const char *)sig, siglen });
	return (buf_str(b));
}

/*
 * The signature is good for what stands there, and what stands there is another spelling of the same: nobody but us could have
 * signed it, and it is refused all the same, so that one token has one text (R124). The first row is the right one.
 */
static void
test_spellings(void **state)
{
	static const char *const inputs[] = {
		"eyJhbGciOiJIUzI1NiJ9.e30", /* {"alg":"HS256"}, {} */
		"eyJhbGciOiJIUzI1NiJ9.e31", /* bits that stand for nothing */
		"eyJhbGciOiJIUzI1NiJ9.e30=",
		"eyJhbGciOiJIUzI1NiJ9.e30 ",
		"eyJhbGciOiJIUzI1NiJ9.e3 0",
		"eyJhbGciOiJIUzI1NiJ9.e30\n",
		"eyJhbGciOiJIUzI1NiJ9.\te30",
		"eyJhbGciOiJIUzI1NiJ9.e3",
		"eyJhbGciOiJIUzI1NiJ9.e3000",
		"eyJhbGciOiJIUzI1NiJ9.e%330",
		"eyJhbGciOiJIUzI1NiJ9.e30.e30",
		"eyJhbGciOiJIUzI1NiJ9..e30",
		"eyJhbGciOiJIUzI1NiJ9=.e30",
		" eyJhbGciOiJIUzI1NiJ9.e30",
		"eyJhbGciOiJIUzI1NiJ9 .e30",
		"eyJhbGciOiJIUzI1NiJ9\r\n.e30",
		"eyJhbGciOiJIUzI1Ni\nJ9.e30",
		"eyJhbGciOiJIUzI1NiIsIngiOiL_In0.e30", /* no UTF-8 in the header */
		"eyJhbGciOiJIUzI1NiIsIngiOiI/In0.e30",
		"eyJhbGciOiJIUzI1NiJ9.e30.",
		"eyJhbGciOiJIUzI1NiJ9",
		".e30",
	};
	struct buf b;

	(void)state;
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++)
		if (is_valid(sign_as_spelled(&b, inputs[i], hs256), NULL, find_only, hs256) != (i == 0))
			fail_msg("row %zu: %s", i, inputs[i]);
}

/* Signatures of every length up to what a token may have: refused before anything is converted (R128, HAProxy's overflow). */
static void
test_signature_lengths(void **state)
{
	const struct jwk *keys[] = { hs256, rs256, es256, eddsa };
	static const char *const inputs[] = { HS256_INPUT, "eyJhbGciOiJSUzI1NiJ9." P ".", "eyJhbGciOiJFUzI1NiJ9." P ".",
		"eyJhbGciOiJFZERTQSJ9." P "." };
	static char text[4 * JWS_MAX];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		size_t head = (size_t)snprintf(text, sizeof(text), "%s", inputs[i]);

		memset(text + head, 'A', sizeof(text) - head);
		for (size_t n = 0; n < sizeof(text) - head; n += n < 800 ? 1 : 397)
			assert_false(is_valid((struct str){ text, head + n }, NULL, find_only, keys[i]));
	}
}

static const char *const malformed[] = {
	/* an encrypted one has five parts (RFC 7516 7.1) */
	"eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_"
	"EFShS8iB7j6ji.XFBoMYUZodetZdvTiFvSkQ",
	"eyJhbGciOiJQQkVTMi1IUzI1NitBMTI4S1ciLCJwMmMiOjIxNDc0ODM2NDcsInAycyI6IkEifQ.A.A.A.A",
	"",
	".",
	"..",
	"...",
	"a.b.c",
	HS256_INPUT,
	HS256_TOKEN ".",
	HS256_TOKEN ".x",
	"." HS256_TOKEN,
	HS256_TOKEN "=",
	HS256_TOKEN " ",
	" " HS256_TOKEN,
	HS256_TOKEN "\n",
	"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9",
	"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." P,
	"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9..dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
	"." P ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
	HS256_INPUT "dBjftJeZ4CVP+mB92K27uhbUJU1p1r/wW1gFWFOEjXk",
	HS256_INPUT "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk.x",
	"{\"payload\":\"" P "\",\"signature\":\"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\"}",
};

static void
test_malformed(void **state)
{

	(void)state;
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++)
		if (is_valid(str_of(malformed[i]), NULL, find_only, hs256))
			fail_msg("accepted: %s", malformed[i]);
	assert_false(is_valid(STR_LIT(HS256_TOKEN "\0"), NULL, find_only, hs256));
}

static void
test_size(void **state)
{
	static char payload[JWS_MAX], text[2 * JWS_MAX], out[JWS_MAX];
	struct buf b;
	size_t len;

	(void)state;
	memset(payload, 'x', sizeof(payload));
	for (size_t n = 5990; n < 6110; n++) {
		bool fits;

		buf_init(&b, text, sizeof(text));
		fits = jws_sign(hs256, "at+jwt", (struct str){ payload, n }, &b);
		assert_int_equal(fits, b.len <= JWS_MAX);
		assert_int_equal(jws_verify(buf_str(&b), "at+jwt", find_by_kid, hs256, out, sizeof(out), &len) == DW_OK, fits);
	}
}

/* A token of ours and each of its algorithms: whole it verifies, cut or with one bit changed it never does. */
static void
torture(struct str token, const char *typ, const struct jwk *k, size_t step)
{
	char text[2048];

	assert_true(token.len < sizeof(text) && is_valid(token, typ, find_only, k));
	for (size_t n = 0; n < token.len; n++)
		assert_false(is_valid((struct str){ token.p, n }, typ, find_only, k));
	memcpy(text, token.p, token.len);
	for (size_t bit = 0; bit < token.len * 8; bit += step) {
		text[bit / 8] ^= (char)(1 << bit % 8);
		if (is_valid((struct str){ text, token.len }, typ, find_only, k))
			fail_msg("accepted with bit %zu changed", bit);
		text[bit / 8] ^= (char)(1 << bit % 8);
	}
}

static void
test_torture(void **state)
{
	char text[2048];
	struct buf b;

	(void)state;
	buf_init(&b, text, sizeof(text));
	assert_true(jws_sign(ours, "at+jwt", STR_LIT(PAYLOAD), &b));
	torture(buf_str(&b), "at+jwt", ours, 3);
	torture(STR_LIT(HS256_TOKEN), NULL, hs256, 1);
	torture(STR_LIT(ES256_TOKEN), NULL, es256, 3);
	torture(STR_LIT(RS256_TOKEN), NULL, rs256, 5);
	torture(STR_LIT(EDDSA_TOKEN), NULL, eddsa, 3);
}

static void
test_sign(void **state)
{
	char text[512], header[256], want[256];
	struct str token, first;
	struct buf b;
	size_t n;

	(void)state;
	buf_init(&b, text, sizeof(text));
	assert_true(jws_sign(ours, "at+jwt", STR_LIT(PAYLOAD), &b));
	token = buf_str(&b);
	first = str_cut(&token, '.');
	assert_true(base64url_decode(first, (uint8_t *)header, sizeof(header) - 1, &n));
	header[n] = '\0';
	snprintf(want, sizeof(want), "{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}", jwk_kid(ours));
	assert_string_equal(header, want);
	assert_true(str_is(str_cut(&token, '.'), P));
	assert_true(is_valid(buf_str(&b), "at+jwt", find_by_kid, ours));
	assert_false(is_valid(buf_str(&b), "logout+jwt", find_by_kid, ours));
	assert_false(is_valid(buf_str(&b), "at+jwt", find_by_kid, eddsa));

	buf_init(&b, text, 64);
	assert_false(jws_sign(ours, "at+jwt", STR_LIT(PAYLOAD), &b));
	buf_init(&b, text, sizeof(text));
	assert_false(jws_sign(eddsa, "at+jwt", STR_LIT(PAYLOAD), &b)); /* a public key */
	buf_init(&b, text, sizeof(text));
	assert_false(jws_sign(ours, "at+jwt", STR_LIT(""), &b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published),
		cmocka_unit_test(test_payload),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_embedded_jwk),
		cmocka_unit_test(test_confusion),
		cmocka_unit_test(test_public_pem_as_secret),
		cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_signature_lengths),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_torture),
		cmocka_unit_test(test_sign),
	};

	return (cmocka_run_group_tests(tests, set_up, tear_down));
}
