/* SPDX-License-Identifier: ISC */
#include <string.h>

#include <argon2.h>
#include <openssl/crypto.h>

#include "base/clock.h"
#include "crypto/mac.h"
#include "crypto/pwhash_text.h"
#include "crypto/random.h"

#include "crypto/pwhash.h"

/* New hashes: OWASP's and ASVS's first choice, some 25 ms and 19 MiB. */
#define DEFAULT_MEMORY 19456
#define DEFAULT_PASSES 2
#define DEFAULT_LANES 1
#define DEFAULT_SALT_LEN 16
#define DEFAULT_HASH_LEN 32

/* Measured on an AMD EPYC: argon2id for each KiB and pass, PBKDF2 for each round of 32 bytes. */
#define ARGON2_NS_A_KIB 620
#define PBKDF2_NS_A_ROUND 88
#define BURN_ROUNDS 500 /* some 50 us: what it can be too long by */

/*
 * Computes ${t->hash_len} bytes for ${password} into ${out}, all lanes in this thread: how many hashes run at a time is counted
 * by process. Returns 0, or -1 if there was no memory.
 */
static int
compute_argon2id(const struct pwhash_text *t, const char *password, size_t n, uint8_t *out)
{
	uint8_t copy[PASSWORD_MAX], salt[PWHASH_SALT_MAX]; /* the library wants them writable */
	argon2_context c = {
		.out = out,
		.outlen = (uint32_t)t->hash_len,
		.pwd = copy,
		.pwdlen = (uint32_t)n,
		.salt = salt,
		.saltlen = (uint32_t)t->salt_len,
		.t_cost = t->passes,
		.m_cost = t->memory,
		.lanes = t->lanes,
		.threads = 1,
		.version = ARGON2_VERSION_13,
		.flags = ARGON2_DEFAULT_FLAGS,
	};
	int rc;

	memcpy(copy, password, n);
	memcpy(salt, t->salt, t->salt_len);
	rc = argon2_ctx(&c, Argon2_id);
	OPENSSL_cleanse(copy, sizeof(copy));
	return (rc == ARGON2_OK ? 0 : -1);
}

static int
compute(const struct pwhash_text *t, const char *password, size_t n, uint8_t *out)
{

	if (t->kind == PWHASH_ARGON2ID)
		return (compute_argon2id(t, password, n, out));
	return (pwhash_pbkdf2_sha256(password, n, t->salt, t->salt_len, t->passes, out, t->hash_len));
}

static const struct pwhash_text defaults = {
	.kind = PWHASH_ARGON2ID,
	.memory = DEFAULT_MEMORY,
	.passes = DEFAULT_PASSES,
	.lanes = DEFAULT_LANES,
	.salt_len = DEFAULT_SALT_LEN,
	.hash_len = DEFAULT_HASH_LEN,
};

int
pwhash_make(const char *password, size_t n, char out[PWHASH_TEXT_MAX])
{
	struct pwhash_text t = defaults;
	int rc = -1;

	out[0] = '\0';
	if (n > PASSWORD_MAX || random_bytes(t.salt, t.salt_len) != 0)
		return (-1);
	if (compute(&t, password, n, t.hash) == 0 && pwhash_text_write(&t, out))
		rc = 0;
	OPENSSL_cleanse(&t, sizeof(t));
	return (rc);
}

void
pwhash_spend(const char *like, const char *password, size_t n)
{
	struct pwhash_text t;
	uint8_t hash[PWHASH_HASH_MAX];

	if (n > PASSWORD_MAX)
		return; /* a long password is refused as fast for everybody */
	(void)compute(pwhash_text_read(like, &t) ? &t : &defaults, password, n, hash);
	OPENSSL_cleanse(hash, sizeof(hash));
}

int64_t
pwhash_cost(const char *hash)
{
	struct pwhash_text read;
	const struct pwhash_text *t = pwhash_text_read(hash, &read) ? &read : &defaults;

	if (t->kind == PWHASH_ARGON2ID)
		return ((int64_t)t->memory * t->passes * ARGON2_NS_A_KIB / 1000);
	return ((int64_t)t->passes * ((t->hash_len + 31) / 32) * PBKDF2_NS_A_ROUND / 1000);
}

void
pwhash_burn(int64_t until)
{
	uint8_t out[PWHASH_HASH_MAX];

	while (clock_cpu_us() < until)
		(void)pwhash_pbkdf2_sha256("", 0, "", 0, BURN_ROUNDS, out, 32);
}

enum pwhash_verdict
pwhash_verify(const char *hash, const char *password, size_t n)
{
	uint8_t got[PWHASH_HASH_MAX];
	enum pwhash_verdict verdict;
	struct pwhash_text t;

	if (n > PASSWORD_MAX)
		return (PWHASH_NO_MATCH);
	if (!pwhash_text_read(hash, &t)) {
		pwhash_spend("", password, n);
		return (PWHASH_NO_MATCH);
	}
	if (compute(&t, password, n, got) != 0)
		verdict = PWHASH_ERROR;
	else
		verdict = mac_equal(got, t.hash, t.hash_len) ? PWHASH_MATCH : PWHASH_NO_MATCH;
	OPENSSL_cleanse(got, sizeof(got));
	OPENSSL_cleanse(&t, sizeof(t));
	return (verdict);
}

bool
pwhash_outdated(const char *hash)
{
	struct pwhash_text t;

	return (!pwhash_text_read(hash, &t) || t.kind != PWHASH_ARGON2ID || t.memory < DEFAULT_MEMORY ||
		t.passes < DEFAULT_PASSES || t.salt_len < DEFAULT_SALT_LEN || t.hash_len < DEFAULT_HASH_LEN);
}
