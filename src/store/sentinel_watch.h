/* SPDX-License-Identifier: ISC */
/* Being told by the sentinels that another server is the master now. For the keeper, which tells everybody on this host. */
#ifndef STORE_SENTINEL_WATCH_H
#define STORE_SENTINEL_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/redis_url.h"

struct config;
struct sentinel_watch;

/* Listens to the sentinels of ${url}, both of which must stay alive; connects in sentinel_watch_run(). NULL: out of memory. */
struct sentinel_watch *sentinel_watch_new(const struct config *c, const struct redis_url *url);
void sentinel_watch_free(struct sentinel_watch *w);

/* Readable when sentinel_watch_run() has work. */
int sentinel_watch_fd(const struct sentinel_watch *w);

/* Does what is due, and waits for nothing. True: where the master is has to be asked for again. */
bool sentinel_watch_run(struct sentinel_watch *w);

#endif
