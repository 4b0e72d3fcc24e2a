/* SPDX-License-Identifier: ISC */
/* The store in Redis: one hash a user, one script a change. Made after the fork; one process, one thread. */
#ifndef STORE_REDIS_H
#define STORE_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doorward/session.h"
#include "doorward/store.h"

#define REDIS_SERVER_MAX 271

struct board_slot;
struct cache;
struct config;
struct keyring;
struct look;
struct node;
struct redis_store;

/* The operations; their ${store} is a struct redis_store. */
extern const struct store_ops redis_store_ops;

/*
 * Makes a store of ${c} and ${k}, which stay the caller's and must outlive it; connects at first use. ${slot} is this process's
 * place on the board, where breaker and errors are shown, or NULL. Returns NULL with a sentence in ${err} if the configuration
 * makes no sense. A process that uses it ignores SIGPIPE.
 */
struct redis_store *redis_store_new(
    const struct config *c, const struct keyring *k, struct board_slot *slot, char *err, size_t errlen);
void redis_store_free(struct redis_store *s);

/* Gives ${s} this host's cache: from now on every change evicts its user before it is answered. */
void redis_store_set_cache(struct redis_store *s, struct cache *cache);

/* Gives ${s} what all processes of this host know of its servers, NODES_MAX of them; before the first question. */
void redis_store_set_nodes(struct redis_store *s, struct node *nodes);

/*
 * Looks whether every server is good enough, if that has not been done for a second: ${*out} is what was seen of the worst,
 * zeroes if nothing was; ${*why} the last failure in words, "" if there was none. Results as in store.h; DW_UNAVAILABLE also
 * for a server that is no master.
 */
enum dw_result redis_store_look(struct redis_store *s, struct look *out, const char **why);

/* What this process saw last of one of its servers. */
struct redis_server {
	char name[REDIS_SERVER_MAX + 1]; /* host:port or unix:/path; "" = not found yet */
	const struct look *seen;
	uint64_t failovers; /* times another one answered in its place, on this host */
};

/* Fills ${out} with server ${i}; false: there are no more. */
bool redis_store_server(struct redis_store *s, size_t i, struct redis_server *out);

/* Called with one user's locator; one user may come twice. */
typedef void redis_user_fn(void *arg, const uint8_t user_key[USER_KEY_LEN]);

/*
 * Walks over all user records, node by node, a bounded piece a call: start with ${*cursor} 0, go on until it is 0 again.
 * Results as in store.h. Needs SCAN, which the workers' Redis user does not have: for doorwardctl and the sweep.
 */
enum dw_result redis_store_scan(struct redis_store *s, uint64_t *cursor, redis_user_fn *each, void *arg);

/* Puts the record of ${user_key} in order: sessions that are past leave their logout record and their "expired" event. For the
 * sweep. */
enum dw_result redis_store_prune(struct redis_store *s, const uint8_t user_key[USER_KEY_LEN]);

#endif
