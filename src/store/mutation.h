/* SPDX-License-Identifier: ISC */
/* What all writing operations share: the arguments of every script, the call, and the end of reading its answer. */
#ifndef STORE_MUTATION_H
#define STORE_MUTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doorward/store.h"
#include "store/call.h"
#include "store/reply.h"

/*
 * Begins a call of script ${id} with the arguments all scripts share (src/store/lua/head.lua). ${session_key} is the caller's
 * session or NULL, and stays borrowed; ${act} NULL is an act of now. Returns the time as this process believes the store has
 * it: what is prepared for that time the script need not make.
 */
int64_t mutation_begin(struct redis_store *s, struct args *a, enum script_id id, const uint8_t *user_key,
    const uint8_t *session_key, const struct actor *by, const struct act *act);

/* The first part of it: the script, and the two keys that all have. Further keys come next, and then mutation_common(). */
void mutation_keys(struct args *a, enum script_id id, const uint8_t *user_key);
int64_t mutation_common(struct redis_store *s, struct args *a, const uint8_t *user_key, const uint8_t *session_key,
    const struct actor *by, const struct act *act);

/*
 * Runs the script with the arguments ${a}, to which the public ids of other sessions are added as far as it asks for them.
 * DW_OK: ${*p} reads its answer of at least ${min} elements, and ${*r} goes to mutation_done().
 */
enum dw_result mutation_run(
    struct redis_store *s, enum script_id id, struct args *a, size_t min, struct redisReply **r, struct reply *p);

/* The id that ${a}, a call begun by mutation_begin(), gives to an event about the caller's session. */
void mutation_event_id(const struct args *a, char out[EVENT_ID_LEN + 1]);

/* Frees ${r} after its answer was read: DW_OK, or DW_FAULT if it was not ${good}. */
enum dw_result mutation_done(enum script_id id, struct redisReply *r, const struct reply *p, bool good);

/* Runs a script whose whole answer is how many events were lost, after ${skip} integers that nobody needs. */
enum dw_result mutation_plain(struct redis_store *s, enum script_id id, struct args *a, size_t skip);

/*
 * After mutation_begin(): the change is one that people are promised, and is to be durable (store/durable.h). False: that
 * cannot be had just now, and a spool is there; nothing should be sent. And once it is done with ${result}: is it at risk?
 */
bool mutation_keep(struct redis_store *s, const struct act *act);
enum dw_result mutation_kept(const struct redis_store *s, enum dw_result result, bool *at_risk);

/*
 * Takes what the script of the last mutation_begin() says of its outbox: counts and warns of events that were displaced or had
 * no room, and remembers how many can be added before the outbox need be looked at again.
 */
void mutation_lost(struct redis_store *s, int64_t lost);

#endif
