/* SPDX-License-Identifier: ISC */
/* Which server is the master, as Redis Sentinel knows it. */
#ifndef STORE_SENTINEL_H
#define STORE_SENTINEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/redis_url.h"

struct config;

struct sentinel_answer {
	struct redis_host master;
	uint64_t epoch; /* of its configuration: each failover has a higher one */
};

/*
 * Asks the sentinels of ${url}, all at once, and gives the newest of their answers. Returns before ${deadline} (monotonic ms);
 * once one has answered, the others get only a moment. The answer is no proof that the server is a master: ask it. False with a
 * reason in ${why}.
 */
bool sentinel_find(
    const struct config *c, const struct redis_url *url, int64_t deadline, struct sentinel_answer *out, char *why, size_t len);

#endif
