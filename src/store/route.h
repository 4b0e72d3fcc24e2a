/* SPDX-License-Identifier: ISC */
/*
 * Which server a question goes to. User records lie in buckets (store/keys.h); each bucket is on one node, and to each node
 * this process has one link: a connection and a breaker of its own, so that one that is down costs only its own users.
 *
 * By default there is one node, redis.url, which has all buckets. In a cluster there is a link to each master, made when it is
 * first needed, and the cluster's map (store/cluster.h) says what lies where.
 */
#ifndef STORE_ROUTE_H
#define STORE_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doorward/node.h"
#include "store/breaker.h"
#include "store/cluster_map.h"
#include "store/keys.h"

struct cluster;
struct config;
struct conn;

struct link {
	struct conn *conn;
	struct breaker breaker;
	bool denied; /* the last script was not sent: this server, or our user there, cannot run it */
};

struct route {
	const struct config *conf;
	struct cluster *cluster; /* NULL: one server has everything */
	struct node *nodes;      /* what all processes of this host know; NULL: nobody shares it */
	struct link links[NODES_MAX];
	size_t n;
	size_t last;                 /* the link that was asked last */
	uint16_t slot[KEYS_BUCKETS]; /* of each bucket */
	uint8_t of[CLUSTER_SLOTS];   /* slot -> link */
	bool lies[NODES_MAX];        /* something lies on that link */
	bool moved;                  /* of is not what the map says: a node said so since */
};

/*
 * Makes the one link to redis.url of ${c}, which must stay alive, or none yet if that is a cluster; connects to nothing. False
 * with a sentence in ${err}.
 */
bool route_init(struct route *r, const struct config *c, char *err, size_t errlen);
void route_free(struct route *r);

/* Adds a link to ${url}, where nothing lies yet. Returns its number, or -1 with a sentence in ${err}. */
int route_add(struct route *r, const char *url, char *err, size_t errlen);

/* From now on ${bucket} is on link ${link}. */
void route_move(struct route *r, unsigned bucket, size_t link);

/* Gives the links what all processes of this host know of their servers, in ${nodes}, NODES_MAX of them. */
void route_share(struct route *r, struct node *nodes);

/*
 * The link of ${place}: a bucket, or KEYS_BUCKETS and the slot of a key that is in none (keys_sink_place()). NULL: no node of a
 * cluster has it, as far as is known.
 */
const struct link *route_link(const struct route *r, unsigned place);

/* Does anything lie on link ${i}? A node that has left, or is only known by what another one said, is not visited. */
bool route_is_used(const struct route *r, size_t i);

/*
 * Asks the cluster for its map before ${deadline} if there is none, or a reason to believe that there is another one by now;
 * with
 * ${doubt} there is. Returns true if things lie differently from now on.
 */
bool route_refresh(struct route *r, bool doubt, int64_t deadline);

/*
 * A node, which ${from} is the link of, has said ${to}. The link to follow it to; NULL: there is no room for one more. MOVED is
 * kept, ASK is not.
 */
struct link *route_follow(struct route *r, const struct link *from, const struct redirect *to);

/* The state for the board: closed if all breakers are, else that of the first that is not. */
enum breaker_state route_breaker(const struct route *r);

/* The clock of the server that was asked last minus ours, ms. All of one cluster are set by the same source, or nearly so. */
int64_t route_offset_ms(const struct route *r);

#endif
