/* SPDX-License-Identifier: ISC */
/* SHA-256 and HMAC-SHA-256 with contexts made once and used again. SHA-256 may be used by several threads, a key by one. */
#ifndef CRYPTO_MAC_H
#define CRYPTO_MAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAC_LEN 32

/* Writes SHA-256 of the ${n} bytes at ${p} to ${out}. Aborts if the library cannot hash at all. */
void mac_sha256(const void *p, size_t n, uint8_t out[MAC_LEN]);

/* The same over the concatenation of two pieces. */
void mac_sha256_2(const void *p, size_t n, const void *q, size_t m, uint8_t out[MAC_LEN]);

/* Frees what a thread that ends has used for SHA-256. */
void mac_end_thread(void);

/* A key made ready for HMAC-SHA-256. */
struct mac_key;

/* Returns the ready key of the ${n} bytes at ${key}, or NULL on lack of memory. The caller frees it; the bytes may be wiped. */
struct mac_key *mac_key_new(const void *key, size_t n);

/* Wipes and frees ${k}; NULL is fine. */
void mac_key_free(struct mac_key *k);

/* Writes HMAC(${k}, ${p}) to ${out} (RFC 2104). Aborts if the library fails: a MAC that is not computed must not be believed.
 */
void mac_compute(struct mac_key *k, const void *p, size_t n, uint8_t out[MAC_LEN]);

/* The same over the concatenation of two pieces. */
void mac_compute2(struct mac_key *k, const void *p, size_t n, const void *q, size_t m, uint8_t out[MAC_LEN]);

/* Compares ${n} bytes in constant time. */
bool mac_equal(const void *a, const void *b, size_t n);

#endif
