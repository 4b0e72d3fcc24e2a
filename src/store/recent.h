/* SPDX-License-Identifier: ISC */
/* The newest events of all outboxes or of one user's, for the operators' pages. */
#ifndef STORE_RECENT_H
#define STORE_RECENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "doorward/result.h"
#include "doorward/session.h"

struct arena;
struct redis_store;

#define RECENT_MAX 64 /* events of one look */

/*
 * Finds the newest at most ${most} events of the last ${seconds}, newest first, as JSON in ${arena}. ${user_key}: only of the
 * outbox that this user's events are in, among others'; NULL = of all. Results as in store.h; with DW_OK ${out} and ${*n} are
 * filled.
 */
enum dw_result recent_events(struct redis_store *s, int64_t seconds, const uint8_t *user_key, size_t most, struct arena *arena,
    struct str out[RECENT_MAX], size_t *n);

#endif
