/* SPDX-License-Identifier: ISC */
/* Writes key files: one writer at a time, whole files, owned by whom the daemon runs as. */
#ifndef CRYPTO_KEYRING_WRITE_H
#define CRYPTO_KEYRING_WRITE_H

#include <sys/types.h>

#include <limits.h>
#include <stddef.h>

#include "base/buf.h"
#include "crypto/jwk.h"
#include "crypto/keyring_dates.h"

struct keyring_writer {
	char dir[PATH_MAX];
	uid_t uid; /* who shall own what is made; (uid_t)-1 = leave */
	gid_t gid;
	int lock; /* the directory, locked */
	char *err;
	size_t errlen;
};

/*
 * All return 0, or -1 with a sentence in ${w}->err. Open: makes the directory ${state}/keys if ${make}, and the one above it,
 * and keeps other writers out until close.
 */
int keyring_write_open(struct keyring_writer *w, const char *state, bool make);
void keyring_write_close(struct keyring_writer *w);

/* Make a fresh root in the file ${name}; a fresh signing key, whose kid is put in ${kid}. */
int keyring_write_root(const struct keyring_writer *w, const char *name, const struct keyring_dates *dates);
int keyring_write_jwt(
    const struct keyring_writer *w, enum jws_alg alg, const struct keyring_dates *dates, char kid[KID_MAX + 1]);

/* Write what stays of a retired key; remove a file of the directory for good. */
int keyring_write_remains(const struct keyring_writer *w, const char *name, const struct keyring_dates *dates);
int keyring_write_remove(const struct keyring_writer *w, const char *path);

#endif
