/* SPDX-License-Identifier: ISC */
/* A connection from inside, for the two files that make it up. */
#ifndef STORE_CONN_STATE_H
#define STORE_CONN_STATE_H

#include <sys/time.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/redis_url.h"
#include "doorward/node.h"
#include "store/conn.h"
#include "store/look.h"

#define CONN_WHY_MAX 160

struct redisContext;

struct conn {
	const struct config *conf;
	struct redis_url url;
	struct redis_host at; /* the server that was connected to last; "" = none, or the unix socket of url */
	struct redisContext *c;
	size_t tries; /* to connect; each with another one of a cluster's nodes */
	bool slow;
	int64_t offset_ms;
	int64_t asked_ms, sampled_ms; /* monotonic */
	struct look look;
	int64_t role_ms;        /* mono: when ROLE was last asked */
	struct node *node, own; /* what all processes know of this server; our own where there is no board */
	uint32_t epoch;         /* of the node, when this connection was made */
	char why[CONN_WHY_MAX]; /* the last failure, in an operator's words */
};

/* ${ms} as hiredis wants it; never 0, which would mean for ever. */
struct timeval conn_timeval(int64_t ms);

/* Closes it after a failure, of which it remembers the reason, and whether it was one of time. False. */
bool conn_lost(struct conn *c, bool connecting);

/* Leaves a server that is no master: what it answered is not looked at. False. */
bool conn_demoted(struct conn *c);

/* Tells the other processes what the look has seen. */
void conn_enter(struct conn *c);

#endif
