/* SPDX-License-Identifier: ISC */
/*
 * Entering what was seen of a server into the shared memory of this host; and the log lines that go with it, one a host, not
 * one a process.
 */
#ifndef STORE_NODE_H
#define STORE_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include "doorward/node.h"
#include "store/look.h"

struct config;

/*
 * Enters ${l}. Faults that nobody had seen are logged with the line that mends them, those that are gone as mended. If
 * another process of Redis answers than the last time, everybody's connections are void.
 */
void node_enter(struct node *n, const struct look *l, const struct config *c);

/* So many replicas were seen: the most of all times counts. */
void node_replicas(struct node *n, uint32_t seen);

/*
 * Sentinels have named a master under ${config}. False: another has been named under a higher number a moment ago, do not
 * connect to this one. A number that is higher than before voids all connections.
 */
bool node_follow(struct node *n, uint64_t config);

/* Is it time to ask the sentinels again, ${ms} after anybody did? True for one caller only. */
bool node_ask_due(struct node *n, int64_t ms);

/* Changes of a cluster's map that are not in the log yet. 0: none, or it was told of others a moment ago. */
uint64_t node_map_untold(struct node *n);

/*
 * The place of the server at ${address} among ${nodes}, which is claimed if it has none: a free one, or that of a server which
 * nobody has claimed or seen for a minute. NULL: there is none.
 */
struct node *node_claim(struct node *nodes, const char *address);

/* Voids all connections made under ${epoch}, if nobody has done so already. Returns true if this call did. */
bool node_void(struct node *n, uint32_t epoch);

#endif
