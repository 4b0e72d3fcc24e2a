/* SPDX-License-Identifier: ISC */
/*
 * One question to Redis: breaker, connection, deadline, one second try, and what an error means. Shared by the reading and the
 * writing half of the store; nobody else includes it.
 */
#ifndef STORE_CALL_H
#define STORE_CALL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "doorward/result.h"
#include "doorward/session.h"
#include "store/args.h"
#include "store/breaker.h"
#include "store/keys.h"
#include "store/redis.h"
#include "store/script.h"

struct board_slot;
struct conn;
struct redisReply;
struct user_keys;

struct redis_store {
	const struct config *conf;
	const struct user_keys *keys;
	struct board_slot *slot; /* NULL: nobody watches */
	struct cache *cache;     /* NULL: none on this host, or not ours to evict */
	struct conn *conn;
	struct breaker breaker;
	bool denied;   /* the last script was not sent: this server, or our user there, cannot run it */
	char *clients; /* for scripts: hash4 len1 JSON of each configured client */
	size_t clients_len;
	uint8_t user_key[USER_KEY_LEN]; /* of the change under way */
	uint8_t room[KEYS_BUCKETS];     /* events that may be added to each outbox without a look at its length */
	int64_t looked[KEYS_BUCKETS];   /* when it was looked at last; mono, ms */
};

/*
 * Asks ${a}. DW_OK: ${*out} is the reply, not an error, to be freed with freeReplyObject(). DW_UNAVAILABLE and DW_FAULT as in
 * store.h. DW_ABSENT: Redis does not know that script. A command is sent a second time if the connection turned out to be dead
 * at once: every command of ours may be.
 */
enum dw_result call_ask(struct redis_store *s, const struct args *a, struct redisReply **out);

/* The same for EVALSHA of ${id}, which ${a} holds; a script that Redis does not know is loaded. */
enum dw_result call_script(struct redis_store *s, enum script_id id, const struct args *a, struct redisReply **out);

/* Reports a reply that makes no sense; returns DW_FAULT. */
enum dw_result call_nonsense(const char *command);

#endif
