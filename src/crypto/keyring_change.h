/* SPDX-License-Identifier: ISC */
/* What the operator does with keys: look at them, make a new one, retire an old one. Processes see it at the next reload. */
#ifndef CRYPTO_KEYRING_CHANGE_H
#define CRYPTO_KEYRING_CHANGE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "crypto/jwk.h"
#include "crypto/keyring_dates.h"

enum keyring_state {
	KEY_NEXT,      /* known, and signs later */
	KEY_SIGNING,   /* makes what is new */
	KEY_VERIFYING, /* what it made is good */
	KEY_RETIRED    /* its secret is gone, and so is what it made */
};

/* One key. The kid of a token key is "token-NNN". */
struct keyring_entry {
	bool token; /* of cookies and refresh tokens; else of access tokens */
	char kid[KID_MAX + 1];
	char stem[KID_MAX + 8];     /* the name of its file, without what follows the dot */
	struct keyring_dates dates; /* with the name of the algorithm; "" of a token key */
	enum keyring_state state;
};

struct keyring_entries {
	struct keyring_entry *all;
	size_t n;
};

/*
 * Lists the keys in ${state}/keys, those of a kind together and the newest first. Which one signs follows from the files: it
 * does in a process that starts now. Returns 0, or -1 with a sentence in ${err}. The caller frees ${out}->all.
 */
int keyring_list(const char *state, struct keyring_entries *out, char *err, size_t errlen);

/* Puts right the states of ${kid}'s kind where it is known that ${kid} is the one that signs: newer ones have not been loaded
 * yet. */
void keyring_list_signing(struct keyring_entries *e, const char *kid);

/* What to make: a token key, or a signing key for ${alg}; it signs ${in} ms from now, or as soon as it is loaded. */
struct keyring_wish {
	bool token;
	enum jws_alg alg;
	int64_t in;
};

/*
 * Makes a key and puts its kid in ${kid}; retires ${kid}: refused for the one that signs. Files are owned by ${uid}:${gid}
 * ((uid_t)-1 = leave). Return 0, or -1 with a sentence in ${err}.
 */
int keyring_generate(
    const char *state, const struct keyring_wish *wish, uid_t uid, gid_t gid, char kid[KID_MAX + 1], char *err, size_t errlen);
int keyring_retire(const char *state, const char *kid, uid_t uid, gid_t gid, char *err, size_t errlen);

#endif
