/* SPDX-License-Identifier: ISC */
/* The written forms of password hashes, listed in pwhash.h: reading them within bounds, and writing the form of new ones. */
#ifndef CRYPTO_PWHASH_TEXT_H
#define CRYPTO_PWHASH_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/pwhash.h"

#define PWHASH_SALT_MAX 64
#define PWHASH_HASH_MAX 64

enum pwhash_kind { PWHASH_ARGON2ID, PWHASH_PBKDF2 };

struct pwhash_text {
	enum pwhash_kind kind;
	uint32_t memory; /* argon2id: KiB */
	uint32_t passes; /* argon2id: t; PBKDF2: iterations */
	uint32_t lanes;  /* argon2id: p */
	uint8_t salt[PWHASH_SALT_MAX];
	size_t salt_len;
	uint8_t hash[PWHASH_HASH_MAX];
	size_t hash_len;
};

/* Reads ${text}. Returns false if it is of an unknown form, malformed, or asks for more than the bounds allow. */
bool pwhash_text_read(const char *text, struct pwhash_text *out);

/* Writes the argon2id hash ${t} as a PHC string. Returns false if it does not fit. */
bool pwhash_text_write(const struct pwhash_text *t, char out[PWHASH_TEXT_MAX]);

#endif
