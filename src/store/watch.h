/* SPDX-License-Identifier: ISC */
/* Following the events: the body of redis_store_watch(). */
#ifndef STORE_WATCH_H
#define STORE_WATCH_H

#include "store/call.h"

enum dw_result watch_run(struct redis_store *s, redis_event_fn *event, void *arg);

#endif
