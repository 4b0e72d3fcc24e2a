/* SPDX-License-Identifier: ISC */
/* Which relay of all hosts is active for a sink: a key in Redis that only its holder renews, and that goes when he does not. */
#ifndef STORE_LEASE_H
#define STORE_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "doorward/result.h"

struct redis_store;

#define LEASE_HOLDER_MAX 127 /* bytes of a holder's name */

/*
 * Takes or renews the lease of ${sink} for ${me}, ${ms} from now; 0 gives it back. ${dead}: a holder that is known to have
 * gone, whose lease counts no more; NULL = none. ${*mine}: it is ours now; ${holder}: whose it is, "" = nobody's.
 */
enum dw_result lease_take(struct redis_store *s, const char *sink, const char *me, int64_t ms, const char *dead, bool *mine,
    char holder[LEASE_HOLDER_MAX + 1]);

/* Who holds it, "" = nobody. */
enum dw_result lease_holder(struct redis_store *s, const char *sink, char holder[LEASE_HOLDER_MAX + 1]);

#endif
