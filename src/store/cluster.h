/* SPDX-License-Identifier: ISC */
/*
 * One process's knowledge of a Redis Cluster, and where it comes from. The processes of a host share no map, only a word in
 * their first struct node that says that there is another one than before: whoever finds that raises it, and the others ask
 * before their next question.
 */
#ifndef STORE_CLUSTER_H
#define STORE_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/redis_url.h"
#include "doorward/node.h"
#include "store/cluster_map.h"

struct config;

struct cluster {
	const struct config *conf;
	struct redis_url url;
	struct cluster_map map;
	uint32_t hash;       /* of the map; 0 = there is none yet */
	struct node *shared; /* the first of those of this host, or own */
	struct node own;
	uint64_t seen;    /* the shared word when the map was asked for */
	bool stale;       /* somebody said something else than the map */
	size_t turn;      /* whom to ask first: who answered last */
	int64_t due;      /* mono, ms: not asked again before */
	uint64_t changes; /* that this process was the first to find */
	char why[160];    /* the last failure, in words */
};

enum cluster_news {
	CLUSTER_SAME,   /* also where it was not time to ask, or nobody answered */
	CLUSTER_CHANGED /* the map is another one */
};

/* Of ${c}'s redis.url. False: that names no cluster. */
bool cluster_init(struct cluster *cl, const struct config *c);

/* Gives it what all processes of this host share. */
void cluster_share(struct cluster *cl, struct node *nodes);

/* Is the map what this host believes in? */
bool cluster_is_current(const struct cluster *cl);

/*
 * Asks one node after the other for the map, beginning with who answered last, until one answers or ${deadline} (mono, ms) is
 * there; at most once in 100 ms, and less often while nobody answers. If the map is another one, and this process is the first
 * of the host to find that, the shared word is raised and ${changes} counts.
 */
enum cluster_news cluster_refresh(struct cluster *cl, int64_t deadline);

#endif
