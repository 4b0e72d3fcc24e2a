/* SPDX-License-Identifier: ISC */
/*
 * The keys in the state directory: files of mode 0600 under ${state}/keys, versioned, shared as copies by several hosts.
 *
 *   user.key         32 bytes, hex: root of the pseudonyms. Never rotates
 *   token-NNN.key    32 bytes, hex: root of the token keys of version NNN (1…255)
 *   jwt-KID.pem      private signing key (PKCS#8), or jwt-KID.key: an HS256 secret, base64url. KID is the RFC 7638 thumbprint
 *                    (for HS256 the first 16 bytes of the secret's SHA-256, base64url)
 *   *.retired        what a retired key was, without the key
 *
 * At the head of each stands when it was made and from when it signs (keyring_dates.h). The newest key of each kind that is due
 * makes new tokens; all verify.
 */
#ifndef CRYPTO_KEYRING_H
#define CRYPTO_KEYRING_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "crypto/mac.h"

/* The working keys of one token version. */
struct token_keys {
	uint8_t version;
	struct mac_key *mac; /* authenticates the token */
	struct mac_key *loc; /* masks the locator with the secret */
	struct mac_key *sid; /* session handle of a cookie's secret */
	struct mac_key *rot; /* successor of a refresh token */
};

/* Those that never change. */
struct user_keys {
	struct mac_key *user; /* user id -> pseudonym */
	uint8_t
	    public_sid[20];   /* masks the locator in public session ids: SHA-1(this || session_key), computed in scripts too */
	struct mac_key *csrf; /* form tokens */
	struct mac_key *cursor; /* paging cursors */
	struct mac_key *guess;  /* counters of guesses */
	struct mac_key *device; /* cookies of known devices */
};

struct keyring;
struct jwk;

/*
 * Makes what is missing in ${state}/keys, the directory included: user.key, token-001.key, and a signing key for ${alg}
 * ("EdDSA", "ES256", "RS256", "HS256") if there is none at all. Everything made is owned by ${uid}:${gid} ((uid_t)-1 = leave).
 * Returns 0, or -1 with a sentence in ${err}.
 */
int keyring_create(const char *state, const char *alg, uid_t uid, gid_t gid, char *err, size_t errlen);

/*
 * Loads all keys. Refuses files that group or others may read, malformed or weak keys (RSA below 2048 bits, HS256 below 256).
 * Returns NULL with a sentence in ${err}. The caller frees it.
 */
struct keyring *keyring_load(const char *state, char *err, size_t errlen);
void keyring_free(struct keyring *k);

const struct user_keys *keyring_user(const struct keyring *k);

/*
 * The keys that make new tokens now; those of ${version}, or NULL if that version is unknown or retired. An unknown version or
 * kid is looked for in the directory again, if that has changed.
 */
const struct token_keys *keyring_token(const struct keyring *k);
const struct token_keys *keyring_token_version(const struct keyring *k, uint8_t version);

/*
 * The key that signs now; the one that signs what others verify, who have the JWK Set: no HS256, NULL if there is no other; the
 * verifying key of ${kid}, or NULL. Owned by the keyring.
 */
const struct jwk *keyring_signer(const struct keyring *k);
const struct jwk *keyring_public_signer(const struct keyring *k);
const struct jwk *keyring_verifier(const struct keyring *k, struct str kid);

/* Learns the keys that have come into the directory since: they verify and are published, but do not sign in this process. */
void keyring_look_again(const struct keyring *k);

/* Appends the JWK Set of the public keys (RFC 7517 section 5), HS256 secrets left out. */
void keyring_jwks(const struct keyring *k, struct buf *out);

#endif
