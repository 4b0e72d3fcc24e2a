/* SPDX-License-Identifier: ISC */
/*
 * L1: the answers of recent checks, in shared memory of all workers of this host. A hit needs no system call.
 *
 * What keeps it true: Redis tells the keeper process of every changed user record, and the keeper moves that user's epoch; an
 * entry counts only under the epoch that was read before Redis was asked for it, so that a fill that raced with a change is
 * dead at birth. Whoever changes something moves the epoch itself before it answers. If the keeper hangs, dies or loses its
 * connection, its lease runs out and nothing in here counts until it is back. Refusals are never kept.
 *
 * Lock-free for readers; a writer that is killed leaves one entry that the next writer takes over. All functions take NULL for
 * "no cache".
 */
#ifndef DOORWARD_CACHE_H
#define DOORWARD_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doorward/session.h"

#define CACHE_KEY_LEN 16 /* SHA-256 of the credential's text, cut */

struct cache;

/* What a valid check says: enough for the whole answer. */
struct cached_check {
	uint8_t user_key[USER_KEY_LEN];
	uint8_t session_key[SESSION_KEY_LEN];
	char sid[PUBLIC_SID_LEN + 1];
	char user_id[USER_ID_MAX + 1];
	char username[USERNAME_MAX + 1];
	char device_id[DEVICE_ID_MAX + 1];
	int64_t expires;             /* of the credential; wall, seconds */
	int64_t touch_at;            /* from then on use has to be recorded again: not a hit; wall, seconds */
	char groups[GROUPS_MAX + 1]; /* the last: most are short, and are kept in entries that have no room for more */
};

/* Two epochs, read together before the store is asked. */
struct cache_epoch {
	uint32_t user;
	uint32_t all;
};

struct cache_numbers {
	size_t entries;     /* places there are */
	uint64_t evictions; /* user epochs moved */
	uint64_t flushes;   /* times everything was declared void */
	int64_t lease_left; /* ms; negative = run out, hits are off */
};

/*
 * Makes a cache of about ${bytes} in memory shared with later children; entries count for at most ${max_age} ms, and only while
 * the lease is younger than ${lease} ms. NULL with errno set on failure. Before any fork.
 */
struct cache *cache_new(size_t bytes, int64_t max_age, int64_t lease);

/* True if ${key} has an entry that counts at ${now} (wall, seconds): ${out} is filled, by the one copy there is. False: ${out}
 * is void. */
bool cache_recall(const struct cache *c, const uint8_t key[CACHE_KEY_LEN], int64_t now, struct cached_check *out);

/*
 * The same for an outage of the store (stale_if_error): true if ${key} was found valid at most ${max_age} ms ago and nothing
 * this host has heard of has changed since; the lease does not matter.
 */
bool cache_recall_stale(
    const struct cache *c, const uint8_t key[CACHE_KEY_LEN], int64_t now, int64_t max_age, struct cached_check *out);

/* The epochs of ${user_key}, to be read before the store is asked. */
struct cache_epoch cache_read_epoch(const struct cache *c, const uint8_t user_key[USER_KEY_LEN]);

/* Keeps ${p}, unless its epoch has moved since ${e} was read. Returns whether it was kept. */
bool cache_fill(struct cache *c, const uint8_t key[CACHE_KEY_LEN], struct cache_epoch e, const struct cached_check *p);

/* Makes void what is kept of the user ${user_key}; of everybody. Effective for every worker when it returns. */
void cache_evict(struct cache *c, const uint8_t user_key[USER_KEY_LEN]);
void cache_flush(struct cache *c);

/* The keeper's word: everything Redis changed before ${mono_ms} has been evicted. 0 = the lease is over at once. */
void cache_lease(struct cache *c, int64_t mono_ms);

void cache_numbers(const struct cache *c, struct cache_numbers *out);

#endif
