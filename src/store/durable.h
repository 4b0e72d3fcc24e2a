/* SPDX-License-Identifier: ISC */
/*
 * When is an ending written well enough to be acknowledged? redis.durability says, for what people were promised and nothing
 * else. What is written and not durable is reported so (at_risk in doorward/store.h); the spool takes it then.
 */
#ifndef STORE_DURABLE_H
#define STORE_DURABLE_H

#include <stdbool.h>
#include <stdint.h>

struct conn;
struct redis_store;

/* Before a command that is to be durable. Returns how many ms that may take, on top of the command's. */
int64_t durable_begin(struct redis_store *s, struct conn *c);

/* Queues, behind it, what has to follow it; false as conn_append(). */
bool durable_ask(const struct redis_store *s, struct conn *c);

/* Reads the answer to that, if one was queued. False: the connection is lost. Else ${*kept} says whether the command is
 * durable. */
bool durable_take(struct redis_store *s, struct conn *c, int64_t deadline, bool *kept);

/* For a moment after replicas were too slow nobody need wait for them again: what is promised goes to the spool at once. */
bool durable_is_hopeless(const struct redis_store *s, unsigned bucket);

#endif
