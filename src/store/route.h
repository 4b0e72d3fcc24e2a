/* SPDX-License-Identifier: ISC */
/*
 * Which server a question goes to. User records lie in buckets (store/keys.h); each bucket is on one node, and to each node
 * this process has one link: a connection and a breaker of its own, so that one that is down costs only its own users.
 *
 * By default there is one node, redis.url, which has all buckets. A cluster adds links and moves buckets.
 */
#ifndef STORE_ROUTE_H
#define STORE_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doorward/node.h"
#include "store/breaker.h"
#include "store/keys.h"

struct config;
struct conn;
struct redisReply;

struct link {
	struct conn *conn;
	struct breaker breaker;
	bool sent;   /* of the last question something was, whatever came back */
	bool denied; /* the last script was not sent: this server, or our user there, cannot run it */
};

#define REDIRECT_ADDRESS_MAX 263 /* a host name, a colon, a port */

/* What a node says that does not have a key: it has moved for good, or (ask) only this question is to go elsewhere. */
struct redirect {
	bool ask;
	unsigned slot;
	char address[REDIRECT_ADDRESS_MAX + 1]; /* host:port; an empty host is that of the node that said so */
};

struct route {
	const struct config *conf;
	struct link links[NODES_MAX];
	size_t n;
	size_t last;              /* the link that was asked last */
	uint8_t of[KEYS_BUCKETS]; /* bucket -> link */
	uint64_t redirects;       /* how often a node said that another one has the key */
	struct redirect redirect; /* what the last one said */
};

/* Makes the one link to redis.url of ${c}, which must stay alive; connects to nothing. False with a sentence in ${err}. */
bool route_init(struct route *r, const struct config *c, char *err, size_t errlen);
void route_free(struct route *r);

/* Adds a link to ${url}, which is kept, and has no buckets yet. Returns its number, or -1 with a sentence in ${err}. */
int route_add(struct route *r, const char *url, char *err, size_t errlen);

/* From now on ${bucket} is on link ${link}. */
void route_move(struct route *r, unsigned bucket, size_t link);

/* Gives link i what all processes of this host know of its server, ${nodes}[i] of NODES_MAX. */
void route_share(struct route *r, struct node *nodes);

/* The link of ${bucket}. */
struct link *route_link(struct route *r, unsigned bucket);

/* The state for the board: closed if all breakers are, else that of the first that is not. */
enum breaker_state route_breaker(const struct route *r);

/* The clock of the server that was asked last minus ours, ms. All of one cluster are set by the same source, or nearly so. */
int64_t route_offset_ms(const struct route *r);

/* Reads "MOVED 3999 host:port" or "ASK …" into ${out}. False: ${error} is neither. */
bool route_parse(const struct redisReply *error, struct redirect *out);

/* Takes note that a node said ${to}. Nothing is followed yet: there is one server, and it is not to be part of a cluster. */
void route_redirected(struct route *r, const struct redirect *to);

#endif
