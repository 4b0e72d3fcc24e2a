/* SPDX-License-Identifier: ISC */
/*
 * The cache keeper's half that speaks to Redis: to each node one connection that is told of every changed user record there and
 * redirects that to itself. (With two connections Redis silently stops telling when the first one goes, and the second looks
 * alive.)
 */
#ifndef STORE_KEEPER_H
#define STORE_KEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cache;
struct config;
struct keeper;
struct node;

#define KEEPER_PING_MS 100 /* between two proofs that the connection is alive; the lease is three of them */

/* Makes a keeper of ${cache} with one server, redis.url, ${node}; connects to nothing yet. NULL with a sentence in ${err}. */
struct keeper *keeper_new(const struct config *c, struct cache *cache, struct node *node, char *err, size_t errlen);
void keeper_free(struct keeper *k);

/*
 * Adds the server at ${url}, which is kept: from now on the cache counts only while this one vouches for it too. False with a
 * sentence in ${err}.
 */
bool keeper_add(struct keeper *k, const char *url, struct node *node, char *err, size_t errlen);

/* The descriptor to wait on, the same for all servers and as long as the keeper lives. */
int keeper_fd(const struct keeper *k);

/*
 * Does what is due: connects, takes what has arrived, asks for the next proof. Call it when the descriptor is readable and at
 * least every KEEPER_PING_MS. Never waits longer than Redis' timeouts. Returns true while the cache is being kept.
 */
bool keeper_turn(struct keeper *k, bool readable);

#endif
