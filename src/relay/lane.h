/* SPDX-License-Identifier: ISC */
/* The way of events to one sink: from its consumer group in Redis through its queue to its driver, and acknowledged behind it.
 */
#ifndef RELAY_LANE_H
#define RELAY_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doorward/config.h"
#include "relay/task.h"
#include "store/keys.h"

struct lane;

/* For the row ${conf}, NULL: for the ledger. NULL with a sentence in ${why}, and errno as child/outcome.h reads it. */
struct lane *lane_open(struct relay *r, const struct sink_conf *conf, char *why, size_t len);
void lane_close(struct lane *l);

/* The driver's descriptor, -1: none. */
int lane_fd(const struct lane *l);

/* Something may be new in ${bucket}; in all of them; nothing is known of ${n} of them from ${first} on. */
void lane_hint(struct lane *l, unsigned bucket);
void lane_hint_all(struct lane *l);
void lane_sweep(struct lane *l, unsigned first, unsigned n);

/* ms until it wants to run, 0: now, -1: not before its descriptor is readable. */
int64_t lane_due(struct lane *l);

/* One bounded piece of everything. ${marks}: the outboxes in which it found something. */
void lane_run(struct lane *l, bool marks[KEYS_BUCKETS]);

/* This relay delivers to it, and no other. */
bool lane_is_active(const struct lane *l);

/* Takes nothing new. True: nothing is under way any more, what was is acknowledged, and the lease is given back. */
bool lane_leave(struct lane *l);

#endif
