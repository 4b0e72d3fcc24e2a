/* SPDX-License-Identifier: ISC */
/* The written forms of password hashes, listed in pwhash.h: reading them within bounds, and writing the forms of new ones. */
#ifndef CRYPTO_PWHASH_TEXT_H
#define CRYPTO_PWHASH_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/pwhash.h"

#define PWHASH_SALT_MAX 64
#define PWHASH_HASH_MAX 88 /* bytes; the digest of SHA-512-crypt is compared as its 86 characters */

enum pwhash_kind {
	PWHASH_ARGON2ID,
	PWHASH_ARGON2I,
	PWHASH_PBKDF2_SHA256,
	PWHASH_PBKDF2_SHA512,
	PWHASH_SCRYPT,
	PWHASH_SHA1,
	PWHASH_APR1,
	/* of libcrypt: ${text} is its setting, ${hash} the characters of the digest */
	PWHASH_BCRYPT,
	PWHASH_YESCRYPT,
	PWHASH_SCRYPT_CRYPT,
	PWHASH_SHA256_CRYPT,
	PWHASH_SHA512_CRYPT,
	PWHASH_KINDS
};

struct pwhash_text {
	enum pwhash_kind kind;
	uint32_t version; /* argon2: 16 or 19 */
	uint32_t memory;  /* argon2: KiB; scrypt and yescrypt: N */
	uint32_t passes;  /* argon2: t; scrypt and yescrypt: r; bcrypt: the logarithm; others: rounds */
	uint32_t lanes;   /* argon2, scrypt: p */
	uint8_t salt[PWHASH_SALT_MAX];
	size_t salt_len;
	uint8_t other_salt[PWHASH_SALT_MAX]; /* the other reading of the salt: either may be meant */
	size_t other_salt_len;               /* 0 = there is no other */
	uint8_t hash[PWHASH_HASH_MAX];
	size_t hash_len;
	const char *text; /* borrowed: what was read */
};

/* Reads ${text}. Returns false if it is of an unknown form, malformed, or asks for more than the bounds allow. */
bool pwhash_text_read(const char *text, struct pwhash_text *out);

/* Writes the argon2id hash ${t} as a PHC string, a PBKDF2-SHA256 one as passlib does. Returns false if it does not fit. */
bool pwhash_text_write(const struct pwhash_text *t, char out[PWHASH_TEXT_MAX]);

#endif
