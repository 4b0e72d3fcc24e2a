/* SPDX-License-Identifier: ISC */
/*
 * When a key was made, from when it makes new tokens, and when it was retired: lines at the head of its file, which a copy
 * keeps whatever it does to the times of the file.
 *
 *   # created: 2026-11-25T21:40:00.123Z
 *   # from: 2026-11-26T21:40:00.123Z
 *   # retired: 2027-11-26T08:00:00.000Z      in what is left of a retired key
 *   # alg: EdDSA                             the same
 */
#ifndef CRYPTO_KEYRING_DATES_H
#define CRYPTO_KEYRING_DATES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define KEYRING_DATES_MAX 256 /* bytes of these lines, terminator included */
#define KEYRING_ALG_MAX 8

struct keyring_dates {
	int64_t created; /* wall, ms */
	int64_t from;    /* the same; 0 = always */
	int64_t retired; /* the same; 0 = not */
	bool dated;      /* the file says when it was created */
	char alg[KEYRING_ALG_MAX];
};

/*
 * Reads the lines that begin with # at the head of ${*text} and leaves there what follows them. Lines that say something else
 * are remarks. Returns false if one of ours is malformed: a key must not sign early because of a typing error.
 */
bool keyring_dates_read(struct str *text, struct keyring_dates *out);

/* Appends them as such lines; what is 0 or empty is left out. */
void keyring_dates_write(const struct keyring_dates *d, struct buf *out);

/*
 * Whether a key of ${a} is to be preferred to one of ${b} for what is new at ${now} (wall, ms): one that is due to one that is
 * not; of those that are due the newest, else the one that is due first, since something must sign when the clock has stepped
 * back. Positive: ${a}, negative:
 * ${b}, 0: they are alike.
 */
int keyring_dates_prefer(const struct keyring_dates *a, const struct keyring_dates *b, int64_t now);

#endif
