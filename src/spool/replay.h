/* SPDX-License-Identifier: ISC */
/* What of the replay others need too: looking through what the spool holds. */
#ifndef SPOOL_REPLAY_H
#define SPOOL_REPLAY_H

#include "spool/entry.h"
#include "spool/spool.h"

/* Called with each entry, in order; false ends it. */
typedef bool spool_each_fn(void *arg, const struct entry *e);

/* Goes through all of them. DW_OK or DW_UNAVAILABLE. */
enum dw_result spool_each(struct spool *s, spool_each_fn *each, void *arg);

#endif
