/* SPDX-License-Identifier: ISC */
/* The MD5 scheme of Apache's htpasswd: weak, but what lies in many password files; who signs in gets a better hash. */
#ifndef CRYPTO_PWHASH_APR1_H
#define CRYPTO_PWHASH_APR1_H

#include <stddef.h>
#include <stdint.h>

#define PWHASH_APR1_LEN 22 /* characters of the digest */

/* Writes the digest of the ${n} bytes at ${password}, as it stands in the text and without a terminator, to ${out}. Returns 0,
 * or -1. */
int pwhash_apr1(const char *password, size_t n, const uint8_t *salt, size_t salt_len, uint8_t out[PWHASH_APR1_LEN]);

#endif
