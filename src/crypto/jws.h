/* SPDX-License-Identifier: ISC */
/* Compact JSON Web Signatures (RFC 7515), strict: one spelling, known algorithms, the key chosen by us and not by the token. */
#ifndef CRYPTO_JWS_H
#define CRYPTO_JWS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"
#include "crypto/jwk.h"
#include "doorward/result.h"

#define JWS_MAX 8192 /* characters of a token that is looked at */

/* Finds the verifying key of ${kid} for jws_verify; returns NULL if there is none. */
typedef const struct jwk *jws_find_key(const void *keys, struct str kid);

/* Appends header.payload.signature with header {"alg","typ","kid"}. ${payload} is JSON text. Returns false on failure. */
bool jws_sign(const struct jwk *k, const char *typ, struct str payload, struct buf *out);

/*
 * True if ${token} claims to be of ${typ} and signed by a key of ours, whatever is wrong with it otherwise: its header is a
 * strict JSON object with that typ and the kid of a key that ${find} knows. Nothing is verified.
 */
bool jws_claims_key(struct str token, const char *typ, jws_find_key *find, const void *keys);

/*
 * Verifies ${token}: exactly three non-empty segments of canonical base64url, at most JWS_MAX characters, a strict JSON object
 * as header (no duplicate members) with the wanted ${typ} (NULL = any, absent included; compared case-insensitively, with or
 * without "application/", RFC 7515 4.1.9), an alg that is the found key's own, no crit at all, no b64; jwk, jku, x5u, x5c are
 * never used. The payload is decoded into ${payload}, of ${cap} bytes, and terminated; ${*len} is its length. Returns DW_OK, or
 * DW_INVALID for everything else.
 */
enum dw_result jws_verify(
    struct str token, const char *typ, jws_find_key *find, const void *keys, char *payload, size_t cap, size_t *len);

#endif
