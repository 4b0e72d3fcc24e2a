/* SPDX-License-Identifier: ISC */
/*
 * A signing key: its algorithm, its name (kid) and how to sign and verify with it, whether it is a pair of keys or a secret.
 * Where it comes from (generated, PEM, JSON, a secret) makes no difference afterwards. The algorithm is a property of the key
 * and never of a token. The kid is computed from the public key (RFC 7638), so all hosts that have the file agree on it.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/base64url.h"
#include "crypto/jwk_parts.h"
#include "crypto/jwk_sig.h"
#include "crypto/mac.h"
#include "crypto/random.h"

#include "crypto/jwk.h"

#define SECRET_MIN 32 /* bytes: RFC 7518 3.2 */
#define SECRET_MAX 256
#define RSA_BITS_NEW 3072 /* the strength of the other algorithms */
#define KID_HASH_LEN 16   /* bytes of the hash that names an HS256 secret */

struct jwk {
	enum jws_alg alg;
	bool private;
	char kid[KID_MAX + 1];
	EVP_PKEY *pkey; /* NULL for HS256 */
	struct jwk_sig *sig;
	struct mac_key *mac; /* HS256 */
	uint8_t secret[SECRET_MAX];
	size_t secret_len;
};

static const char *const names[] = {
	[JWS_EDDSA] = "EdDSA",
	[JWS_ES256] = "ES256",
	[JWS_RS256] = "RS256",
	[JWS_HS256] = "HS256",
};
#define NAMES (sizeof(names) / sizeof(names[0]))

const char *
jws_alg_name(enum jws_alg alg)
{

	return ((size_t)alg < NAMES ? names[alg] : "");
}

int
jws_alg_of(struct str name)
{

	for (size_t i = 0; i < NAMES; i++)
		if (str_is(name, names[i]))
			return ((int)i);
	return (-1);
}

/* The RFC 7638 thumbprint. */
static bool
name_by_thumbprint(struct jwk *k)
{
	char text[BASE64URL_LEN(SIGNATURE_MAX) + 128];
	uint8_t hash[MAC_LEN];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	if (!jwk_parts_write(k->pkey, k->alg, &b))
		return (false);
	buf_putc(&b, '}');
	if (b.overflow)
		return (false);
	mac_sha256(b.p, b.len, hash);
	base64url_encode(hash, sizeof(hash), k->kid);
	return (true);
}

/* A private key is only taken if its public half believes it: a torn or mixed-up file must not sign what nobody can verify. */
static bool
is_consistent(struct jwk *k)
{
	static const char probe[] = "doorward";
	uint8_t sig[SIGNATURE_MAX];
	size_t len;

	return (!k->private || (jwk_sig_make(k->sig, probe, sizeof(probe), sig, &len) &&
				   jwk_sig_check(k->sig, probe, sizeof(probe), sig, len)));
}

/*
 * Makes a key of ${pkey} and takes it over, even on failure. NULL is fine, and fails. Every way to get a key ends here, so none
 * can leave out a check.
 */
static struct jwk *
adopt(EVP_PKEY *pkey, bool private)
{
	int alg = pkey == NULL ? -1 : jwk_parts_alg(pkey);
	struct jwk *k = alg < 0 ? NULL : calloc(1, sizeof(*k));

	if (k == NULL) {
		EVP_PKEY_free(pkey);
		ERR_clear_error();
		return (NULL);
	}
	k->alg = (enum jws_alg)alg;
	k->private = private;
	k->pkey = pkey;
	k->sig = jwk_sig_new(pkey, k->alg, private);
	if (k->sig != NULL && name_by_thumbprint(k) && is_consistent(k))
		return (k);
	jwk_free(k);
	ERR_clear_error();
	return (NULL);
}

static struct jwk *
generate_secret(void)
{
	uint8_t secret[SECRET_MIN];
	struct jwk *k = NULL;

	if (random_bytes(secret, sizeof(secret)) == 0)
		k = jwk_from_secret(secret, sizeof(secret));
	OPENSSL_cleanse(secret, sizeof(secret));
	return (k);
}

struct jwk *
jwk_generate(enum jws_alg alg)
{

	switch (alg) {
	case JWS_EDDSA:
		return (adopt(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), true));
	case JWS_ES256:
		return (adopt(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"), true));
	case JWS_RS256:
		return (adopt(EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)RSA_BITS_NEW), true));
	case JWS_HS256:
		return (generate_secret());
	}
	return (NULL);
}

/* Without it OpenSSL would ask the terminal for the password of an encrypted key. */
static int
no_password(char *out, int size, int writing, void *arg)
{

	(void)out;
	(void)size;
	(void)writing;
	(void)arg;
	return (-1);
}

struct jwk *
jwk_from_pem(const char *pem, size_t n)
{
	BIO *bio = n > INT_MAX ? NULL : BIO_new_mem_buf(pem, (int)n);
	EVP_PKEY *pkey;

	if (bio == NULL)
		return (NULL);
	pkey = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	BIO_free(bio);
	return (adopt(pkey, true));
}

/* Its name is a hash of it, cut: enough to tell keys apart, and of no use for finding a random secret. */
struct jwk *
jwk_from_secret(const void *secret, size_t n)
{
	uint8_t hash[MAC_LEN];
	struct jwk *k;

	if (n < SECRET_MIN || n > SECRET_MAX || (k = calloc(1, sizeof(*k))) == NULL)
		return (NULL);
	k->alg = JWS_HS256;
	k->private = true;
	memcpy(k->secret, secret, n);
	k->secret_len = n;
	if ((k->mac = mac_key_new(secret, n)) == NULL) {
		jwk_free(k);
		return (NULL);
	}
	mac_sha256(secret, n, hash);
	base64url_encode(hash, KID_HASH_LEN, k->kid);
	return (k);
}

struct jwk *
jwk_from_json(struct str json)
{
	bool private = false;
	EVP_PKEY *pkey = jwk_parts_read(json, &private);

	return (adopt(pkey, private));
}

static bool
private_pem(const struct jwk *k, struct buf *out)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long n;
	bool ok = false;

	if (bio != NULL && PEM_write_bio_PrivateKey(bio, k->pkey, NULL, NULL, 0, NULL, NULL) &&
	    (n = BIO_get_mem_data(bio, &text)) > 0) {
		buf_put(out, text, (size_t)n);
		ok = !out->overflow;
	}
	BIO_free(bio); /* wipes what it held */
	return (ok);
}

/* Only keyring files are written from this. */
bool
jwk_private_text(const struct jwk *k, struct buf *out)
{
	char text[BASE64URL_LEN(SECRET_MAX) + 1];

	if (!k->private)
		return (false);
	if (k->alg != JWS_HS256)
		return (private_pem(k, out));
	base64url_encode(k->secret, k->secret_len, text);
	buf_puts(out, text);
	OPENSSL_cleanse(text, sizeof(text));
	return (!out->overflow);
}

/* A secret has no public half: it is left out of the set. */
bool
jwk_public_json(const struct jwk *k, struct buf *out)
{

	if (k->alg == JWS_HS256 || !jwk_parts_write(k->pkey, k->alg, out))
		return (false);
	buf_printf(out, ",\"alg\":\"%s\",\"kid\":\"%s\",\"use\":\"sig\"}", jws_alg_name(k->alg), k->kid);
	return (!out->overflow);
}

enum jws_alg
jwk_alg(const struct jwk *k)
{

	return (k->alg);
}

const char *
jwk_kid(const struct jwk *k)
{

	return (k->kid);
}

void
jwk_free(struct jwk *k)
{

	if (k == NULL)
		return;
	mac_key_free(k->mac);
	jwk_sig_free(k->sig);
	EVP_PKEY_free(k->pkey); /* wipes its private half */
	OPENSSL_cleanse(k, sizeof(*k));
	free(k);
}

bool
jwk_sign(const struct jwk *k, const void *p, size_t n, uint8_t *sig, size_t *siglen)
{

	if (k->alg != JWS_HS256)
		return (jwk_sig_make(k->sig, p, n, sig, siglen));
	mac_compute(k->mac, p, n, sig);
	*siglen = MAC_LEN;
	return (true);
}

/* The length is no secret and is compared openly; the content is not. */
bool
jwk_verify(const struct jwk *k, const void *p, size_t n, const uint8_t *sig, size_t siglen)
{
	uint8_t want[MAC_LEN];

	if (k->alg != JWS_HS256)
		return (jwk_sig_check(k->sig, p, n, sig, siglen));
	if (siglen != MAC_LEN)
		return (false);
	mac_compute(k->mac, p, n, want);
	return (mac_equal(want, sig, MAC_LEN));
}
