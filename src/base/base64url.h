/* SPDX-License-Identifier: ISC */
/* base64url without padding (RFC 4648 section 5) and its relatives, strict: one byte string has exactly one spelling. */
#ifndef BASE_BASE64URL_H
#define BASE_BASE64URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Characters that ${n} bytes become; bytes that ${n} characters become at most. */
#define BASE64URL_LEN(n) (((n)*4 + 2) / 3)
#define BASE64URL_BYTES(n) ((n)*3 / 4)
#define BASE64_LEN(n) (((n) + 2) / 3 * 4)

/* Writes the BASE64URL_LEN(${n}) characters of the ${n} bytes at ${in}, and a terminating NUL, to ${out}. */
void base64url_encode(const void *in, size_t n, char *out);

/* The same in the older alphabet with padding (section 4), BASE64_LEN(${n}) characters: for what others read. */
void base64_encode(const void *in, size_t n, char *out);

/*
 * Decodes ${in} into ${out} of ${cap} bytes and stores the length in ${*n}. Returns false, with ${out} unspecified, on
 * a character outside the alphabet, padding, an impossible length, trailing bits that are not zero (the second spelling
 * by which a revoked token would look new), or too little room.
 */
bool base64url_decode(struct str in, uint8_t *out, size_t cap, size_t *n);

/* As strict in the older alphabet, with padding. */
bool base64_decode(struct str in, uint8_t *out, size_t cap, size_t *n);

/* As strict without padding in an alphabet whose last two characters are ${c62} and ${c63}. STR_NONE is refused. */
bool base64_decode_bare(struct str in, char c62, char c63, uint8_t *out, size_t cap, size_t *n);

#endif
