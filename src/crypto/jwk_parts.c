/* SPDX-License-Identifier: ISC */
/*
 * Keys as JSON members and as OpenSSL objects, in both directions. Reading is strict: canonical base64url, exact lengths, known
 * curves, RSA of 2048 to 4096 bits with a sane exponent, all private parts of an RSA key or none. Writing gives public members
 * only, in the order of the thumbprint (RFC 7638), which is why the caller closes the object.
 */
#include <string.h>

#include <json-c/json.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "base/base64url.h"
#include "base/json.h"

#include "crypto/jwk_parts.h"

#define FIELD_LEN 32 /* bytes of a coordinate of P-256 and of an Ed25519 key */
#define PART_MAX (SIGNATURE_MAX + 1)
#define RSA_BITS_MIN 2048 /* RFC 7518 3.3 */
#define RSA_BITS_MAX (SIGNATURE_MAX * 8)

/* One member's bytes. */
struct part {
	uint8_t bytes[PART_MAX];
	size_t len;
};

/* With an exponent of 1 a message is its own signature, and an even one has no private half. */
static bool
is_strong_rsa(const EVP_PKEY *pkey)
{
	int bits = EVP_PKEY_get_bits(pkey);
	BIGNUM *e = NULL;
	bool ok;

	if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX || !EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e))
		return (false);
	ok = BN_is_odd(e) && !BN_is_one(e);
	BN_free(e);
	return (ok);
}

/* Of the curves only these two: another one has no algorithm here, and so no use. */
int
jwk_parts_alg(const EVP_PKEY *pkey)
{
	char group[32] = "";

	if (EVP_PKEY_is_a(pkey, "ED25519"))
		return (JWS_EDDSA);
	if (EVP_PKEY_is_a(pkey, "RSA"))
		return (is_strong_rsa(pkey) ? JWS_RS256 : -1);
	if (EVP_PKEY_is_a(pkey, "EC") && EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) &&
	    strcmp(group, SN_X9_62_prime256v1) == 0)
		return (JWS_ES256);
	return (-1);
}

/* Reads the member ${name}. Returns false if it is there but is not canonical base64url; absent is a length of 0. */
static bool
read_part(struct json_object *o, const char *name, struct part *out)
{
	bool wrong = false;
	struct str text = json_string(o, name, &wrong);

	out->len = 0;
	if (wrong)
		return (false);
	return (text.p == NULL || (base64url_decode(text, out->bytes, sizeof(out->bytes), &out->len) && out->len > 0));
}

static EVP_PKEY *
from_params(const char *type, OSSL_PARAM_BLD *bld, bool private)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) <= 0 ||
	    EVP_PKEY_fromdata(ctx, &pkey, private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) <= 0)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return (pkey);
}

static EVP_PKEY *
read_okp(struct part *x, struct part *d)
{
	uint8_t own[FIELD_LEN];
	size_t len = sizeof(own);
	EVP_PKEY *pkey;

	if (x->len != FIELD_LEN || (d->len != 0 && d->len != FIELD_LEN))
		return (NULL);
	if (d->len == 0)
		return (EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, x->bytes, x->len));
	if ((pkey = EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, d->bytes, d->len)) == NULL)
		return (NULL);
	if (EVP_PKEY_get_raw_public_key(pkey, own, &len) && len == FIELD_LEN && memcmp(own, x->bytes, FIELD_LEN) == 0)
		return (pkey);
	EVP_PKEY_free(pkey); /* signing with a public half that is not its own would give the private one away */
	return (NULL);
}

/* from_params() checks that the point is on the curve. */
static EVP_PKEY *
read_ec(struct part *x, struct part *y, struct part *d)
{
	uint8_t point[1 + 2 * FIELD_LEN] = { POINT_CONVERSION_UNCOMPRESSED };
	OSSL_PARAM_BLD *bld;
	BIGNUM *bn = NULL;
	EVP_PKEY *pkey = NULL;

	if (x->len != FIELD_LEN || y->len != FIELD_LEN || (d->len != 0 && d->len != FIELD_LEN))
		return (NULL);
	memcpy(point + 1, x->bytes, FIELD_LEN);
	memcpy(point + 1 + FIELD_LEN, y->bytes, FIELD_LEN);
	if ((bld = OSSL_PARAM_BLD_new()) == NULL)
		return (NULL);
	if (!OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) ||
	    !OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)))
		goto done;
	if (d->len != 0 && ((bn = BN_bin2bn(d->bytes, (int)d->len, NULL)) == NULL ||
			       !OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, bn)))
		goto done;
	pkey = from_params("EC", bld, d->len != 0);
done:
	BN_clear_free(bn);
	OSSL_PARAM_BLD_free(bld);
	return (pkey);
}

/* The members of an RSA key, public ones first; all of the rest, or only d, or nothing is there. */
static const struct {
	const char *member;
	const char *param;
} rsa_parts[] = {
	{ "n", OSSL_PKEY_PARAM_RSA_N },
	{ "e", OSSL_PKEY_PARAM_RSA_E },
	{ "d", OSSL_PKEY_PARAM_RSA_D },
	{ "p", OSSL_PKEY_PARAM_RSA_FACTOR1 },
	{ "q", OSSL_PKEY_PARAM_RSA_FACTOR2 },
	{ "dp", OSSL_PKEY_PARAM_RSA_EXPONENT1 },
	{ "dq", OSSL_PKEY_PARAM_RSA_EXPONENT2 },
	{ "qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1 },
};
#define RSA_PARTS (sizeof(rsa_parts) / sizeof(rsa_parts[0]))

/* Pushes the member ${i} of ${o}, kept alive in ${bn}. Returns 1, 0 if it is absent, -1 if it is malformed. */
static int
push_rsa_part(OSSL_PARAM_BLD *bld, struct json_object *o, size_t i, BIGNUM **bn)
{
	struct part part;
	int rc = -1;

	if (!read_part(o, rsa_parts[i].member, &part))
		return (-1);
	if (part.len == 0)
		return (0);
	if ((*bn = BN_bin2bn(part.bytes, (int)part.len, NULL)) != NULL && OSSL_PARAM_BLD_push_BN(bld, rsa_parts[i].param, *bn))
		rc = 1;
	OPENSSL_cleanse(&part, sizeof(part));
	return (rc);
}

static EVP_PKEY *
read_rsa(struct json_object *o, bool *private)
{
	BIGNUM *bn[RSA_PARTS] = { NULL };
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY *pkey = NULL;
	size_t found = 0;

	if (bld == NULL)
		return (NULL);
	for (size_t i = 0; i < RSA_PARTS; i++) {
		int rc = push_rsa_part(bld, o, i, &bn[i]);

		if (rc < 0 || (rc > 0 && found != i))
			goto done; /* malformed, or one is there behind one that is not */
		found += (size_t)rc;
	}
	*private = found > 2;
	if (found == 2 || found == 3 || found == RSA_PARTS)
		pkey = from_params("RSA", bld, *private);
done:
	for (size_t i = 0; i < RSA_PARTS; i++)
		BN_clear_free(bn[i]);
	OSSL_PARAM_BLD_free(bld);
	return (pkey);
}

static EVP_PKEY *
read_curve(struct json_object *o, struct str kty, struct str crv, bool *private)
{
	struct part x, y, d;
	bool ok = read_part(o, "x", &x) && read_part(o, "y", &y) && read_part(o, "d", &d);
	EVP_PKEY *pkey = NULL;

	*private = ok && d.len != 0;
	if (ok && str_is(kty, "OKP") && str_is(crv, "Ed25519"))
		pkey = read_okp(&x, &d);
	else if (ok && str_is(kty, "EC") && str_is(crv, "P-256"))
		pkey = read_ec(&x, &y, &d);
	OPENSSL_cleanse(&d, sizeof(d));
	return (pkey);
}

/* "alg" is not required; where it is given it must be the one that the key has anyway. */
static EVP_PKEY *
read_object(struct json_object *o, bool *private)
{
	bool wrong = false;
	struct str kty = json_string(o, "kty", &wrong), crv = json_string(o, "crv", &wrong);
	struct str alg = json_string(o, "alg", &wrong), use = json_string(o, "use", &wrong);
	EVP_PKEY *pkey;

	if (wrong || (use.p != NULL && !str_is(use, "sig")))
		return (NULL);
	pkey = str_is(kty, "RSA") ? read_rsa(o, private) : read_curve(o, kty, crv, private);
	if (pkey == NULL || alg.p == NULL || jws_alg_of(alg) == jwk_parts_alg(pkey))
		return (pkey);
	EVP_PKEY_free(pkey);
	return (NULL);
}

EVP_PKEY *
jwk_parts_read(struct str json, bool *private)
{
	struct json_object *o = json_parse_strict(json);
	EVP_PKEY *pkey;

	if (o == NULL)
		return (NULL);
	pkey = read_object(o, private);
	json_object_put(o);
	return (pkey);
}

static void
put_member(struct buf *out, const char *name, const uint8_t *bytes, size_t n)
{
	char text[BASE64URL_LEN(PART_MAX) + 1];

	base64url_encode(bytes, n, text);
	buf_printf(out, "%s\"%s\":\"%s\"", out->len > 0 && out->p[out->len - 1] == '{' ? "" : ",", name, text);
}

/* Puts the number ${param} of ${pkey}: in ${width} bytes, or, if that is 0, in as many as it needs. */
static bool
put_number(struct buf *out, const char *name, const EVP_PKEY *pkey, const char *param, int width)
{
	uint8_t bytes[PART_MAX];
	BIGNUM *bn = NULL;
	int n = -1;

	if (EVP_PKEY_get_bn_param(pkey, param, &bn)) {
		n = width > 0 ? width : BN_num_bytes(bn);
		if (n > (int)sizeof(bytes) || BN_bn2binpad(bn, bytes, n) != n)
			n = -1;
	}
	BN_free(bn);
	if (n <= 0)
		return (false);
	put_member(out, name, bytes, (size_t)n);
	return (true);
}

/* Members in the alphabetical order that RFC 7638 demands of a thumbprint. */
bool
jwk_parts_write(const EVP_PKEY *pkey, enum jws_alg alg, struct buf *out)
{
	uint8_t x[FIELD_LEN];
	size_t len = sizeof(x);

	switch (alg) {
	case JWS_EDDSA:
		if (!EVP_PKEY_get_raw_public_key(pkey, x, &len) || len != FIELD_LEN)
			return (false);
		buf_puts(out, "{\"crv\":\"Ed25519\",\"kty\":\"OKP\"");
		put_member(out, "x", x, len);
		return (!out->overflow);
	case JWS_ES256:
		buf_puts(out, "{\"crv\":\"P-256\",\"kty\":\"EC\"");
		return (put_number(out, "x", pkey, OSSL_PKEY_PARAM_EC_PUB_X, FIELD_LEN) &&
			put_number(out, "y", pkey, OSSL_PKEY_PARAM_EC_PUB_Y, FIELD_LEN) && !out->overflow);
	case JWS_RS256:
		buf_puts(out, "{");
		if (!put_number(out, "e", pkey, OSSL_PKEY_PARAM_RSA_E, 0))
			return (false);
		buf_puts(out, ",\"kty\":\"RSA\"");
		return (put_number(out, "n", pkey, OSSL_PKEY_PARAM_RSA_N, 0) && !out->overflow);
	default:
		return (false);
	}
}
