/* SPDX-License-Identifier: ISC */
/*
 * One row a kind of hash: how it is computed, what that costs, and how many bytes of a password count in it. Verifying reads
 * the text within bounds (pwhash_text.c), computes the digest with what it says, and compares in constant time. Spending is the
 * same without the comparison. A password of more bytes than count is computed with those that do, so that it takes as long as
 * any other, and never matches.
 */
#include <string.h>

#include <argon2.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/clock.h"
#include "crypto/mac.h"
#include "crypto/pwhash_apr1.h"
#include "crypto/pwhash_crypt.h"
#include "crypto/pwhash_text.h"
#include "crypto/random.h"

#include "crypto/pwhash.h"

/* New hashes, unless configured: OWASP's and ASVS's first choice, some 25 ms and 19 MiB. */
#define DEFAULT_MEMORY 19456
#define DEFAULT_PASSES 2
#define DEFAULT_BCRYPT_COST 12
#define DEFAULT_ROUNDS 600000
#define DEFAULT_LANES 1
#define DEFAULT_SALT_LEN 16
#define DEFAULT_HASH_LEN 32
/* libcrypt's own of yescrypt: 16 MiB */
#define YESCRYPT_N 4096
#define YESCRYPT_R 32

#define SCRYPT_MEMORY ((uint64_t)320 << 20) /* bytes that OpenSSL may take: what the bounds allow, and some */

#define BURN_ROUNDS 500 /* some 50 us: what it can be too long by */

static struct pwhash_policy policy = { PWHASH_SCHEME_ARGON2ID, DEFAULT_MEMORY, DEFAULT_PASSES, DEFAULT_BCRYPT_COST,
	DEFAULT_ROUNDS };

/*
 * Computes ${t->hash_len} bytes for ${password} into ${out}, all lanes in this thread: how many hashes run at a time is counted
 * by process. Returns 0, or -1 if there was no memory.
 */
static int
compute_argon2(const struct pwhash_text *t, const char *password, size_t n, uint8_t *out)
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
		.version = t->version,
		.flags = ARGON2_DEFAULT_FLAGS,
	};
	int rc;

	memcpy(copy, password, n);
	memcpy(salt, t->salt, t->salt_len);
	rc = argon2_ctx(&c, t->kind == PWHASH_ARGON2ID ? Argon2_id : Argon2_i);
	OPENSSL_cleanse(copy, sizeof(copy));
	return (rc == ARGON2_OK ? 0 : -1);
}

static int
compute_pbkdf2_sha256(const struct pwhash_text *t, const char *password, size_t n, uint8_t *out)
{

	return (pwhash_pbkdf2_sha256(password, n, t->salt, t->salt_len, t->passes, out, t->hash_len));
}

static int
compute_pbkdf2_sha512(const struct pwhash_text *t, const char *password, size_t n, uint8_t *out)
{

	return (PKCS5_PBKDF2_HMAC(
		    password, (int)n, t->salt, (int)t->salt_len, (int)t->passes, EVP_sha512(), (int)t->hash_len, out) == 1
		    ? 0
		    : -1);
}

static int
compute_scrypt(const struct pwhash_text *t, const char *password, size_t n, uint8_t *out)
{

	return (EVP_PBE_scrypt(
		    password, n, t->salt, t->salt_len, t->memory, t->passes, t->lanes, SCRYPT_MEMORY, out, t->hash_len) == 1
		    ? 0
		    : -1);
}

static int
compute_sha1(const struct pwhash_text *t, const char *password, size_t n, uint8_t *out)
{
	uint8_t both[PASSWORD_MAX + PWHASH_SALT_MAX];
	int good;

	memcpy(both, password, n);
	memcpy(both + n, t->salt, t->salt_len);
	good = EVP_Digest(both, n + t->salt_len, out, NULL, EVP_sha1(), NULL);
	OPENSSL_cleanse(both, sizeof(both));
	return (good ? 0 : -1);
}

static int
compute_apr1(const struct pwhash_text *t, const char *password, size_t n, uint8_t *out)
{

	return (pwhash_apr1(password, n, t->salt, t->salt_len, out));
}

static int
compute_crypt(const struct pwhash_text *t, const char *password, size_t n, uint8_t *out)
{

	return (pwhash_crypt(t->text, password, n, out, t->hash_len));
}

/* What each is counted in. */
static double
kibibytes(const struct pwhash_text *t)
{

	return ((double)t->memory * t->passes);
}

static double
rounds(const struct pwhash_text *t)
{

	return (t->passes);
}

static double
rounds_of_blocks(const struct pwhash_text *t)
{
	size_t block = t->kind == PWHASH_PBKDF2_SHA256 ? 32 : 64;

	return ((double)t->passes * (double)((t->hash_len + block - 1) / block));
}

static double
blocks(const struct pwhash_text *t)
{

	return ((double)t->memory * t->passes * t->lanes);
}

static double
power(const struct pwhash_text *t)
{

	return ((double)(UINT32_C(1) << t->passes));
}

static double
one(const struct pwhash_text *t)
{

	(void)t;
	return (1);
}

static const struct kind {
	int (*compute)(const struct pwhash_text *t, const char *password, size_t n, uint8_t *out);
	double (*units)(const struct pwhash_text *t);
	double ns_a_unit; /* measured on an AMD EPYC */
	size_t limit;     /* bytes of a password */
} kinds[PWHASH_KINDS] = {
	[PWHASH_ARGON2ID] = { compute_argon2, kibibytes, 620, PASSWORD_MAX },
	[PWHASH_ARGON2I] = { compute_argon2, kibibytes, 620, PASSWORD_MAX },
	[PWHASH_PBKDF2_SHA256] = { compute_pbkdf2_sha256, rounds_of_blocks, 88, PASSWORD_MAX },
	[PWHASH_PBKDF2_SHA512] = { compute_pbkdf2_sha512, rounds_of_blocks, 500, PASSWORD_MAX },
	[PWHASH_SCRYPT] = { compute_scrypt, blocks, 370, PASSWORD_MAX },
	[PWHASH_SHA1] = { compute_sha1, one, 1500, PASSWORD_MAX },
	[PWHASH_APR1] = { compute_apr1, one, 300000, PASSWORD_MAX },
	[PWHASH_BCRYPT] = { compute_crypt, power, 50000, PWHASH_BCRYPT_LIMIT },
	[PWHASH_YESCRYPT] = { compute_crypt, blocks, 140, PWHASH_CRYPT_LIMIT },
	[PWHASH_SCRYPT_CRYPT] = { compute_crypt, blocks, 230, PWHASH_CRYPT_LIMIT },
	[PWHASH_SHA256_CRYPT] = { compute_crypt, rounds, 340, PWHASH_CRYPT_LIMIT },
	[PWHASH_SHA512_CRYPT] = { compute_crypt, rounds, 250, PWHASH_CRYPT_LIMIT },
};

/* What each scheme makes, but for its salt and digest. */
static struct pwhash_text
default_text(void)
{
	struct pwhash_text t = {
		.salt_len = DEFAULT_SALT_LEN, .hash_len = DEFAULT_HASH_LEN, .version = ARGON2_VERSION_13, .lanes = DEFAULT_LANES
	};

	switch (policy.scheme) {
	case PWHASH_SCHEME_BCRYPT:
		t.kind = PWHASH_BCRYPT;
		t.passes = policy.bcrypt_cost;
		break;
	case PWHASH_SCHEME_YESCRYPT:
		t.kind = PWHASH_YESCRYPT;
		t.memory = YESCRYPT_N;
		t.passes = YESCRYPT_R;
		break;
	case PWHASH_SCHEME_PBKDF2_SHA256:
		t.kind = PWHASH_PBKDF2_SHA256;
		t.passes = policy.pbkdf2_rounds;
		break;
	default:
		t.kind = PWHASH_ARGON2ID;
		t.memory = policy.argon2_memory;
		t.passes = policy.argon2_time;
	}
	return (t);
}

void
pwhash_configure(const struct pwhash_policy *p)
{

	policy = *p;
}

size_t
pwhash_limit(void)
{

	return (kinds[default_text().kind].limit);
}

static int
make_text(struct pwhash_text *t, const char *password, size_t n, char out[PWHASH_TEXT_MAX])
{

	if (random_bytes(t->salt, t->salt_len) != 0 || kinds[t->kind].compute(t, password, n, t->hash) != 0)
		return (-1);
	return (pwhash_text_write(t, out) ? 0 : -1);
}

int
pwhash_make(const char *password, size_t n, char out[PWHASH_TEXT_MAX])
{
	struct pwhash_text t = default_text();
	int rc;

	out[0] = '\0';
	if (n > kinds[t.kind].limit || (kinds[t.kind].compute == compute_crypt && memchr(password, '\0', n) != NULL))
		return (-1);
	if (t.kind == PWHASH_BCRYPT)
		rc = pwhash_crypt_make("$2b$", t.passes, password, n, out);
	else if (t.kind == PWHASH_YESCRYPT)
		rc = pwhash_crypt_make("$y$", 0, password, n, out);
	else
		rc = make_text(&t, password, n, out);
	OPENSSL_cleanse(&t, sizeof(t));
	return (rc);
}

/* Hashes as a new one is, in vain: a scheme of libcrypt with a salt that is made on the way. */
static void
spend_default(const char *password, size_t n)
{
	char out[PWHASH_TEXT_MAX];
	size_t limit = pwhash_limit();

	(void)pwhash_make(password, n < limit ? n : limit, out);
	OPENSSL_cleanse(out, sizeof(out));
}

/* Sets ${*match}. Of two readings of a salt both are computed, whichever is right. Returns 0, or -1 if nothing was found out.
 */
static int
compare(struct pwhash_text *t, const char *password, size_t n, bool *match)
{
	const struct kind *k = &kinds[t->kind];
	uint8_t got[PWHASH_HASH_MAX];
	int rc = k->compute(t, password, n, got);

	*match = rc == 0 && mac_equal(got, t->hash, t->hash_len);
	if (rc == 0 && t->other_salt_len > 0) {
		memcpy(t->salt, t->other_salt, t->other_salt_len);
		t->salt_len = t->other_salt_len;
		rc = k->compute(t, password, n, got);
		*match |= rc == 0 && mac_equal(got, t->hash, t->hash_len);
	}
	if (n > k->limit || (k->compute == compute_crypt && memchr(password, '\0', n) != NULL))
		*match = false; /* not all of it counted */
	OPENSSL_cleanse(got, sizeof(got));
	return (rc);
}

enum pwhash_verdict
pwhash_verify(const char *hash, const char *password, size_t n)
{
	struct pwhash_text t;
	bool match;
	int rc;

	if (n > PASSWORD_MAX)
		return (PWHASH_NO_MATCH); /* a long password is refused as fast for everybody */
	if (!pwhash_text_read(hash, &t)) {
		spend_default(password, n);
		return (PWHASH_NO_MATCH);
	}
	rc = compare(&t, password, n, &match);
	OPENSSL_cleanse(&t, sizeof(t));
	return (rc != 0 ? PWHASH_ERROR : match ? PWHASH_MATCH : PWHASH_NO_MATCH);
}

void
pwhash_spend(const char *like, const char *password, size_t n)
{

	(void)pwhash_verify(like, password, n);
}

int64_t
pwhash_cost(const char *hash)
{
	struct pwhash_text t;

	if (!pwhash_text_read(hash, &t))
		t = default_text();
	return ((int64_t)(kinds[t.kind].units(&t) * kinds[t.kind].ns_a_unit / 1000 * (t.other_salt_len > 0 ? 2 : 1)));
}

void
pwhash_burn(int64_t until)
{
	uint8_t out[DEFAULT_HASH_LEN];

	while (clock_cpu_us() < until)
		(void)pwhash_pbkdf2_sha256("", 0, "", 0, BURN_ROUNDS, out, sizeof(out));
}

/* Salt and digest of what libcrypt makes always have one length. */
bool
pwhash_outdated(const char *hash)
{
	struct pwhash_text t, want = default_text();

	if (!pwhash_text_read(hash, &t) || t.kind != want.kind || t.memory < want.memory || t.passes < want.passes)
		return (true);
	return (kinds[t.kind].compute != compute_crypt && (t.salt_len < want.salt_len || t.hash_len < want.hash_len));
}
