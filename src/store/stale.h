/* SPDX-License-Identifier: ISC */
/* Which records hold something that is past and has not been reported: for the sweep. Reads and changes nothing. */
#ifndef STORE_STALE_H
#define STORE_STALE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doorward/result.h"
#include "doorward/session.h"

struct arena;
struct redis_store;

#define STALE_MAX 32 /* records at a time: a few kilobytes each at most, and their answers come within one time-out */

/*
 * Sets ${stale}[i] where the record of ${user_keys}[i] has a session that is over; ${n} is at most STALE_MAX. A record that
 * makes no sense is passed over, and in the log. DW_OK, or as in store.h if one could not be asked. ${arena} holds the
 * sessions of one record, and is reset.
 */
enum dw_result stale_find(
    struct redis_store *s, uint8_t (*user_keys)[USER_KEY_LEN], size_t n, struct arena *arena, bool *stale);

#endif
