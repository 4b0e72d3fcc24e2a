/* SPDX-License-Identifier: ISC */
/* Signatures of asymmetric keys as JWA writes them (RFC 7518 section 3, RFC 8037), with contexts made once and used again. */
#ifndef CRYPTO_JWK_SIG_H
#define CRYPTO_JWK_SIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

#include "crypto/jwk.h"

struct jwk_sig;

/* Makes ${pkey} ready to verify and, if it is ${private}, to sign. Takes a reference to it. NULL on failure. */
struct jwk_sig *jwk_sig_new(EVP_PKEY *pkey, enum jws_alg alg, bool private);
void jwk_sig_free(struct jwk_sig *s);

/* Signs ${n} bytes at ${p}; ${sig} has room for SIGNATURE_MAX. Returns false on failure and for a key that is not private. */
bool jwk_sig_make(struct jwk_sig *s, const void *p, size_t n, uint8_t *sig, size_t *siglen);

/* Returns true only if ${sig} is a signature of ${p}. Its length is checked before anything is converted. */
bool jwk_sig_check(struct jwk_sig *s, const void *p, size_t n, const uint8_t *sig, size_t siglen);

#endif
