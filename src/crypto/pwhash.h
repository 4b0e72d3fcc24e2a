/* SPDX-License-Identifier: ISC */
/*
 * Password hashes: PHC and MCF strings with their parameters. Verifying costs what the stored hash says, within bounds, so a
 * poisoned row cannot take the machine.
 *
 *   $argon2id$v=19$m=…,t=…,p=…$salt$hash, $argon2i$…         libargon2; new hashes are argon2id unless another scheme is
 * configured $2a$ $2b$ $2y$COST$…                                     bcrypt, of at most 72 bytes $y$… $7$… $6$… $5$… yescrypt,
 * scrypt, SHA-512-crypt, SHA-256-crypt, as in /etc/shadow $scrypt$ln=…,r=…,p=…$salt$hash                           passlib
 *   scrypt:N:R:P$salt$hex                                    Werkzeug
 *   $pbkdf2-sha256$ROUNDS$salt$hash, $pbkdf2-sha512$…        passlib (its ./-for-+ base64 alphabet without padding)
 *   pbkdf2_sha256$ROUNDS$salt$hash, pbkdf2_sha512$…          Django (text salt, padded base64)
 *   pbkdf2:sha256:ROUNDS$salt$hex, pbkdf2:sha512:…           Werkzeug (text salt)
 *   pbkdf2:sha256:ROUNDS:SALT:HEX, pbkdf2:sha512:…           plain: the salt is text; one that could be hexadecimal too is
 * tried as both $apr1$salt$hash, {SHA}base64, {SSHA}base64               htpasswd, LDAP
 *
 * libcrypt takes passwords of at most 511 bytes: longer ones never match what it verifies.
 */
#ifndef CRYPTO_PWHASH_H
#define CRYPTO_PWHASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PASSWORD_MAX 1024 /* bytes; longer ones are refused before any hashing (R094) */
#define PWHASH_TEXT_MAX 512

enum pwhash_verdict {
	PWHASH_MATCH,
	PWHASH_NO_MATCH,
	PWHASH_ERROR /* could not compute: memory. Fail closed, not a wrong password */
};

/* How new passwords are hashed; the values are those of password.scheme, in this order. */
enum pwhash_scheme { PWHASH_SCHEME_ARGON2ID, PWHASH_SCHEME_BCRYPT, PWHASH_SCHEME_YESCRYPT, PWHASH_SCHEME_PBKDF2_SHA256 };

struct pwhash_policy {
	enum pwhash_scheme scheme;
	uint32_t argon2_memory; /* KiB */
	uint32_t argon2_time;
	uint32_t bcrypt_cost;
	uint32_t pbkdf2_rounds;
};

/*
 * Says how this process makes new hashes, once, before it makes or verifies any: a "default hash" below is one of these.
 * Without it: argon2id with 19 MiB and 2 passes.
 */
void pwhash_configure(const struct pwhash_policy *policy);

/* The bytes that a password may have to be hashed so: more would not all count (bcrypt: 72), or are refused by the library. */
size_t pwhash_limit(void);

/* Makes a default hash of the ${n} bytes at ${password}, with a fresh salt of 16 bytes. Returns 0, or -1: too long, no memory,
 * no randomness. */
int pwhash_make(const char *password, size_t n, char out[PWHASH_TEXT_MAX]);

/*
 * Verifies. An unknown, malformed, empty, "!" or "*" hash, or one whose parameters are out of bounds, never matches and costs
 * what a default hash costs.
 */
enum pwhash_verdict pwhash_verify(const char *hash, const char *password, size_t n);

/* Spends what verifying against ${like} costs; "" or one that is not understood: a default hash. For unknown users (R091). */
void pwhash_spend(const char *like, const char *password, size_t n);

/*
 * What verifying against ${hash} costs, estimated from its parameters, in microseconds of a processor of today: good for
 * telling which of two is dearer. "" or one that is not understood: what a default hash costs, since that is what is spent.
 */
int64_t pwhash_cost(const char *hash);

/* Hashes in vain until this thread has used the processor up to ${until} (clock_cpu_us()). */
void pwhash_burn(int64_t until);

/* Returns true if ${hash} should be replaced by a default one after a successful login: of another scheme, or cheaper. */
bool pwhash_outdated(const char *hash);

/* Why no password ever matches ${hash}, in words for the operator who imports it; NULL if one can. */
const char *pwhash_problem(const char *hash);

/* PBKDF2-HMAC-SHA-256 (RFC 8018 5.2): writes ${outlen} bytes. Returns 0, or -1. */
int pwhash_pbkdf2_sha256(
    const void *password, size_t n, const void *salt, size_t saltlen, unsigned iterations, unsigned char *out, size_t outlen);

#endif
