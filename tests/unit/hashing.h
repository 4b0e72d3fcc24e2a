/* SPDX-License-Identifier: ISC */
/*
 * Hashing is another test's business: in programs that are linked with $(wrap_pwhash) and name ${hashing} it costs nothing,
 * says what it is told to, and is noted in the trail as "verify", "spend" and "make". No hash is ever outdated.
 */
#ifndef UNIT_HASHING_H
#define UNIT_HASHING_H

#include "crypto/pwhash.h"

#include "fake.h"

struct hashing {
	struct fake *fake; /* whose trail */
	const char *right; /* the password that matches every hash; NULL: of each password it is said: */
	enum pwhash_verdict verdict;
	bool cannot_make; /* else it is "new hash" */
};

extern struct hashing hashing;

#endif
