/* SPDX-License-Identifier: ISC */
/* The JSON form of asymmetric keys (RFC 7518 section 6, RFC 8037): between OpenSSL's keys and their members. */
#ifndef CRYPTO_JWK_PARTS_H
#define CRYPTO_JWK_PARTS_H

#include <stdbool.h>

#include <openssl/types.h>

#include "base/buf.h"
#include "base/str.h"
#include "crypto/jwk.h"

/* The algorithm that goes with ${pkey}, or -1 if it is of a type or size that is not used here. */
int jwk_parts_alg(const EVP_PKEY *pkey);

/*
 * Makes the key that the JWK ${json} describes; ${*private} tells whether it can sign. NULL if it is malformed, of another
 * type, meant for another use, or if its parts contradict each other. The caller frees it.
 */
EVP_PKEY *jwk_parts_read(struct str json, bool *private);

/*
 * Appends the members by which RFC 7638 identifies the public key, in its order and without the closing brace: the beginning
 * both of a thumbprint's text and of a published key. Returns false on failure.
 */
bool jwk_parts_write(const EVP_PKEY *pkey, enum jws_alg alg, struct buf *out);

#endif
