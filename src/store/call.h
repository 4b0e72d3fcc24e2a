/* SPDX-License-Identifier: ISC */
/*
 * Questions to Redis: routing, breaker, connection, deadline, one second try, and what an error means. Shared by what makes up
 * the store; nobody else includes it.
 */
#ifndef STORE_CALL_H
#define STORE_CALL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "doorward/result.h"
#include "doorward/session.h"
#include "store/args.h"
#include "store/keys.h"
#include "store/redis.h"
#include "store/route.h"
#include "store/script.h"

struct board_slot;
struct redisReply;
struct user_keys;

struct redis_store {
	const struct config *conf;
	const struct user_keys *keys;
	struct board_slot *slot; /* NULL: nobody watches */
	struct cache *cache;     /* NULL: none on this host, or not ours to evict */
	struct route route;
	char *clients; /* for scripts: hash4 len1 JSON of each configured client */
	size_t clients_len;
	uint8_t user_key[USER_KEY_LEN]; /* of the change under way */
	bool keep, kept;                /* that change is to be as durable as redis.durability says; it is */
	int64_t waiting;                /* for so many replicas, 0 none */
	uint8_t room[KEYS_BUCKETS];     /* events that may be added to each outbox without a look at its length */
	int64_t looked[KEYS_BUCKETS];   /* when it was looked at last; mono, ms */
	int64_t until;                  /* mono, ms: no question that is under way is sent after that */
	bool sent;                      /* of the last one something was, whatever came back */
	bool strayed;                   /* it was answered by another node than the map says */
};

#define CALLS_MAX 128 /* questions at a time: others get their turn in between */

/* One of several questions. */
struct call {
	unsigned bucket; /* or another place: route_link() */
	const struct args *a;
	bool keep;                /* it is to be durable (store/durable.h); not of several at once */
	bool kept;                /* and is */
	struct redisReply *reply; /* with DW_OK, to be freed with freeReplyObject(); else NULL */
	enum dw_result result;
	/* not the caller's */
	enum { CALL_OPEN, CALL_ENDED, CALL_ASK, CALL_LATER, CALL_DOWN } next;
	bool asking;               /* it was sent to where ASK said */
	const struct link *detour; /* there */
};

/*
 * Asks ${a} of the node of ${bucket}. DW_OK: ${*out} is the reply, not an error, to be freed with freeReplyObject().
 * DW_UNAVAILABLE and DW_FAULT as in store.h. DW_ABSENT: Redis does not know that script, or that
 * consumer group; DW_REFUSED: there is that group already. A command is sent a second time if the
 * connection turned out to be dead at once, and in a cluster up to five times: every command of ours may be.
 */
enum dw_result call_ask(struct redis_store *s, unsigned bucket, const struct args *a, struct redisReply **out);

/*
 * How many nodes there are to visit with call_node(), those included that are not used (route_is_used()). 0: it is not known
 * which there are.
 */
size_t call_nodes(struct redis_store *s);

/* The same of node ${node}, for questions about no user. */
enum dw_result call_node(struct redis_store *s, size_t node, const struct args *a, struct redisReply **out);

/*
 * Asks ${n} questions, at most CALLS_MAX: those of one node in one piece, which is sent a second time as a whole; node by node.
 * Each has its own result, as call_ask()'s.
 */
void call_many(struct redis_store *s, struct call *calls, size_t n);

/* Asks EVALSHA of ${id}, which ${a} holds, of the node of ${bucket}; a script that it does not know is loaded there. */
enum dw_result call_script(
    struct redis_store *s, unsigned bucket, enum script_id id, const struct args *a, struct redisReply **out);

/* The same of what is to be as durable as redis.durability says, if ${kept} is not NULL; whether it is so is there after DW_OK.
 */
enum dw_result call_script_kept(
    struct redis_store *s, unsigned bucket, enum script_id id, const struct args *a, struct redisReply **out, bool *kept);

/* Reports a reply that makes no sense; returns DW_FAULT. */
enum dw_result call_nonsense(const char *command);

#endif
