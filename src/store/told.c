/* SPDX-License-Identifier: ISC */
/*
 * A ring of hashes of their texts. Each text begins with an id of 86 random bits that Redis was given by us, so that nobody can
 * have one event taken for another.
 */
#include "store/told.h"

bool
told_add(struct told *t, struct str json)
{
	uint64_t hash = str_hash(STR_HASH, json.p, json.len);
	size_t n = t->n < TOLD_MAX ? t->n : TOLD_MAX;

	for (size_t i = 0; i < n; i++)
		if (t->hash[i] == hash)
			return (false);
	t->hash[t->n++ % TOLD_MAX] = hash;
	return (true);
}
