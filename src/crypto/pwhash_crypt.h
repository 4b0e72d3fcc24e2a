/* SPDX-License-Identifier: ISC */
/* The password hashes of /etc/shadow, as libcrypt computes them: bcrypt, yescrypt, scrypt, SHA-512-crypt, SHA-256-crypt. */
#ifndef CRYPTO_PWHASH_CRYPT_H
#define CRYPTO_PWHASH_CRYPT_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/pwhash.h"

#define PWHASH_CRYPT_LIMIT 511 /* bytes of a password that the library takes */
#define PWHASH_BCRYPT_LIMIT 72 /* bytes of a password that count in bcrypt */

/*
 * Hashes ${password} as ${setting}, a hash or the beginning of one, says, and writes the last ${len} characters, the digest, to
 * ${out}. What the library does not take, bytes beyond its limit and from a NUL on, is left out: the caller knows that such a
 * password does not match, and that this took as long as another. Returns 0, or -1: no memory, or the setting is refused.
 */
int pwhash_crypt(const char *setting, const char *password, size_t n, uint8_t *out, size_t len);

/* Makes a new hash of the form ${prefix} ("$2b$", "$y$") and ${cost} (0 = the library's). Returns 0, or -1. */
int pwhash_crypt_make(const char *prefix, unsigned cost, const char *password, size_t n, char out[PWHASH_TEXT_MAX]);

#endif
