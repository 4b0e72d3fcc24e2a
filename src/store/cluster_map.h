/* SPDX-License-Identifier: ISC */
/* Which master of a Redis Cluster has which slot, as CLUSTER SLOTS says it. Nothing here asks anybody. */
#ifndef STORE_CLUSTER_MAP_H
#define STORE_CLUSTER_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/redis_url.h"
#include "base/str.h"
#include "doorward/node.h"

struct redisReply;

#define CLUSTER_SLOTS 16384
#define CLUSTER_NOBODY 255      /* has the slot */
#define CLUSTER_REPLICAS_MAX 64 /* more are not kept: they are only asked for the map, where others do not answer */

struct cluster_map {
	struct redis_host masters[NODES_MAX]; /* that have slots */
	size_t n;
	struct redis_host replicas[CLUSTER_REPLICAS_MAX];
	size_t n_replicas;
	uint8_t of[CLUSTER_SLOTS]; /* slot -> master, or CLUSTER_NOBODY */
};

/* The slot of ${key}: CRC16 of what is between its first braces, of all of it if there are none, or nothing is in them. */
unsigned cluster_slot(struct str key);

/*
 * Reads the answer ${r} of the server ${asked}, whose address stands for one that is NULL or empty. False: it is no such
 * answer, it names no master, or more than NODES_MAX. A server without a known address has no slots.
 */
bool cluster_map_read(const struct redisReply *r, const struct redis_host *asked, struct cluster_map *out);

/* A number that two different maps do not share; never 0. The order in which a server names its masters does not matter. */
uint32_t cluster_map_hash(const struct cluster_map *m);

/* What a node says that does not have a key: it has moved for good, or (ask) only this question is to go elsewhere. */
struct redirect {
	bool ask;
	unsigned slot;
	struct redis_host to; /* an empty name is that of the node that said so */
};

/* Reads "MOVED 3999 host:port" or "ASK …", also with an IPv6 address without brackets. False: ${error} is neither. */
bool cluster_redirect_read(struct str error, struct redirect *out);

#define CLUSTER_URL_MAX (REDIS_HOST_MAX + sizeof("cluster://[]:65535"))

/* ${h} as a URL with ${scheme}, "redis" or "cluster". */
void cluster_url(const char *scheme, const struct redis_host *h, char out[CLUSTER_URL_MAX]);

#endif
