/* SPDX-License-Identifier: ISC */
/*
 * Following the events: those of the outboxes, from a place on, and then those that come. What is given was read from the
 * streams (store/tail.h), so nothing is missing whatever happens to Redis meanwhile; what Redis publishes only says that it
 * is time to read.
 */
#ifndef STORE_WATCH_H
#define STORE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "doorward/result.h"

struct redis_store;
struct watch;

/*
 * Called with one event, the JSON as it was published; with STR_NONE when there is nothing more for now, and then about once
 * a second. False ends the watch.
 */
typedef bool watch_fn(void *arg, struct str json);

/* Follows what is asked through ${s}, which must outlive it, and connects to nothing. NULL: out of memory. */
struct watch *watch_new(struct redis_store *s);
void watch_free(struct watch *w);

/*
 * Where to begin, before anything else: with what happens from now on, with what happened in the last ${ms}, behind the event
 * ${id}. DW_OK, or as in store.h: ask again. DW_ABSENT: the event is not there any more, and the watch begins with what
 * happened since the second that is in the id, or with all there is. DW_FAULT also for what is no id.
 */
enum dw_result watch_from_now(struct watch *w);
enum dw_result watch_from_ago(struct watch *w, int64_t ms);
enum dw_result watch_from_id(struct watch *w, struct str id);

/*
 * Gives ${event} all there is and all that comes, until that wants no more (DW_OK) or Redis cannot be asked (as in store.h):
 * call it again then, and it goes on where it was.
 */
enum dw_result watch_run(struct watch *w, watch_fn *event, void *arg);

#endif
