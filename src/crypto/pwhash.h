/* SPDX-License-Identifier: ISC */
/*
 * Password hashes: PHC and MCF strings with their parameters. Verifying costs what the stored hash says, within bounds, so a
 * poisoned row cannot take the machine.
 *
 *   $argon2id$v=19$m=…,t=…,p=…$salt$hash        libargon2; new hashes
 *   $pbkdf2-sha256$ITER$salt$hash               passlib form (its ./-for-+ base64 alphabet without padding)
 *   pbkdf2_sha256$ITER$salt$hash                Django form (text salt, padded base64)
 *   pbkdf2:sha256:ITER:HEXSALT:HEXHASH          plain hex
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

/* Hashes ${n} bytes at ${password} with the defaults (argon2id m=19456 t=2 p=1, 16 B salt, 32 B tag). Returns 0, or -1. */
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

/* Returns true if ${hash} should be replaced by a new one after a successful login. */
bool pwhash_outdated(const char *hash);

/* PBKDF2-HMAC-SHA-256 (RFC 8018 5.2): writes ${outlen} bytes. Returns 0, or -1. */
int pwhash_pbkdf2_sha256(
    const void *password, size_t n, const void *salt, size_t saltlen, unsigned iterations, unsigned char *out, size_t outlen);

#endif
