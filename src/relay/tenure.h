/* SPDX-License-Identifier: ISC */
/* Whether this relay is the one that delivers to a sink: the lease, held as long as it can be renewed. */
#ifndef RELAY_TENURE_H
#define RELAY_TENURE_H

#include <stdbool.h>
#include <stdint.h>

#include "store/lease.h"

struct tenure {
	struct redis_store *store;
	const char *sink;
	char me[LEASE_HOLDER_MAX + 1];
	int64_t until; /* mono, ms: it is ours so long */
	int64_t at;    /* when it is renewed or tried for */
};

/* Both are kept by the caller. Asks nobody yet. */
void tenure_open(struct tenure *t, struct redis_store *store, const char *sink);

/* Renews it or tries for it, if that is due. */
void tenure_see_to(struct tenure *t, int64_t now);

/* Is it ours? Redis that cannot be asked takes it from nobody, until it has run out. */
bool tenure_is_ours(const struct tenure *t, int64_t now);

/* Gives it back, for another relay to take at once. */
void tenure_end(struct tenure *t);

#endif
