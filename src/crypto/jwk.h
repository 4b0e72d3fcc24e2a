/* SPDX-License-Identifier: ISC */
/* One key for JSON Web Signatures: an algorithm, a kid and the key that belongs to exactly that algorithm (RFC 8725 3.1). */
#ifndef CRYPTO_JWK_H
#define CRYPTO_JWK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define KID_MAX 64
#define SIGNATURE_MAX 512 /* bytes: RSA up to 4096 bits */

enum jws_alg { JWS_EDDSA, JWS_ES256, JWS_RS256, JWS_HS256 };

struct jwk;

/* The name of ${alg} in a header, and back; -1 for any other name, "none" in any spelling included. */
const char *jws_alg_name(enum jws_alg alg);
int jws_alg_of(struct str name);

/* Makes a fresh key (Ed25519, P-256, RSA-3072, 32 random bytes). NULL on failure. */
struct jwk *jwk_generate(enum jws_alg alg);

/* Reads a private PEM key; the algorithm follows from its type. NULL if it is malformed, of another type, or weak. */
struct jwk *jwk_from_pem(const char *pem, size_t n);

/* A key from raw parts, for HS256 secrets (>= 32 bytes) and for published test vectors. NULL if weak or malformed. */
struct jwk *jwk_from_secret(const void *secret, size_t n);
/* ${json}: a public or private JWK of kty OKP/Ed25519, EC/P-256, RSA. */
struct jwk *jwk_from_json(struct str json);

/* Appends the private key as PKCS#8 PEM (HS256: the secret in base64url). Returns false on failure. */
bool jwk_private_text(const struct jwk *k, struct buf *out);

/* Appends the public JWK with kid, alg and use (RFC 7517). Returns false for HS256, which has no public part. */
bool jwk_public_json(const struct jwk *k, struct buf *out);

enum jws_alg jwk_alg(const struct jwk *k);
const char *jwk_kid(const struct jwk *k);
void jwk_free(struct jwk *k);

/* Signs ${n} bytes at ${p}; stores at most SIGNATURE_MAX bytes. ES256 is R||S, 64 bytes (RFC 7518 3.4). False on failure. */
bool jwk_sign(const struct jwk *k, const void *p, size_t n, uint8_t *sig, size_t *siglen);

/* Returns true only if ${sig} is this key's signature of ${p}. The length is checked before anything is converted. */
bool jwk_verify(const struct jwk *k, const void *p, size_t n, const uint8_t *sig, size_t siglen);

#endif
