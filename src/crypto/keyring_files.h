/* SPDX-License-Identifier: ISC */
/* The files of the keyring: which names they have and what stands in them. */
#ifndef CRYPTO_KEYRING_FILES_H
#define CRYPTO_KEYRING_FILES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/jwk.h"
#include "crypto/keyring_dates.h"

#define KEYRING_ROOT_LEN 32
#define KEYRING_RETIRED_SUFFIX ".retired"
#define KEYRING_SIGNING_MAX 64 /* signing keys at the same time: years of rotations that nobody tidied up */

enum keyring_kind {
	KEYRING_OTHER,      /* none of ours: left alone */
	KEYRING_USER,       /* user.key */
	KEYRING_TOKEN,      /* token-NNN.key */
	KEYRING_JWT_PEM,    /* jwt-KID.pem */
	KEYRING_JWT_SECRET, /* jwt-KID.key */
	KEYRING_RETIRED,    /* jwt-KID.retired or token-NNN.retired: what a retired key was, without the key */
	KEYRING_MISNAMED    /* begins like a token key's, and is not: a typing error that would leave a key out */
};

struct keyring_file {
	enum keyring_kind kind;
	uint8_t version;      /* of a token key; 0 = of a signing key */
	char id[KID_MAX + 1]; /* what the name says: KID, or "token-NNN"; "" if that is too long for one */
	char path[PATH_MAX];
};

/* Writes "${state}/keys" to ${dir} of PATH_MAX bytes. Returns false, with a sentence in ${err}, if that is too long. */
bool keyring_files_dir(const char *state, char *dir, char *err, size_t errlen);

/*
 * Calls ${each} for every file of ours in ${dir}, in no order. Stops and returns -1 when ${each} does, and, with a sentence in
 * ${err}, when the directory cannot be read or others may change it, or a file has a wrong name. Returns 0 otherwise.
 */
typedef int keyring_files_each(const struct keyring_file *f, void *arg, char *err, size_t errlen);
int keyring_files_walk(const char *dir, keyring_files_each *each, void *arg, char *err, size_t errlen);

/*
 * Reads a root, 32 bytes in hex; and a signing key (NULL if it is none). The dates are those in the file; without them it was
 * created when it was last modified. On failure there is a sentence in ${err}. The caller wipes ${root}.
 */
bool keyring_files_root(
    const char *path, uint8_t root[KEYRING_ROOT_LEN], struct keyring_dates *dates, char *err, size_t errlen);
struct jwk *keyring_files_jwk(const struct keyring_file *f, struct keyring_dates *dates, char *err, size_t errlen);

/*
 * Whether the key ${f} of ${dates} was retired: then its secret should be gone, but another host's copy may have brought it
 * back. 1 or 0; -1 with a sentence in ${err} if that cannot be told, which must not pass for "no".
 */
int keyring_files_is_retired(const struct keyring_file *f, const struct keyring_dates *dates, char *err, size_t errlen);

/* Reads what is left of a retired key. Returns false with a sentence in ${err}. */
bool keyring_files_remains(const char *path, struct keyring_dates *dates, char *err, size_t errlen);

#endif
