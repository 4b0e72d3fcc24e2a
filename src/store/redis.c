/* SPDX-License-Identifier: ISC */
/*
 * The store's operations on Redis, as the rules know them (doorward/store.h), and what only operators use: looking, scanning,
 * pruning. The object holds a connection, a breaker and the clients' hashes that the scripts need for their events.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/keyring.h"
#include "crypto/mac.h"
#include "doorward/board.h"
#include "doorward/config.h"
#include "store/call.h"
#include "store/cluster.h"
#include "store/conn.h"
#include "store/guess.h"
#include "store/keys.h"
#include "store/look.h"
#include "store/reading.h"
#include "store/reply.h"
#include "store/writing.h"

#include "store/redis.h"

#define SCAN_COUNT "512" /* keys looked at a call: well below a millisecond of the server's time */
#define CURSOR_BITS 56   /* of a cursor are Redis', far more than it has keys; above them stands the node */
#define CURSOR_MAX ((UINT64_C(1) << CURSOR_BITS) - 1)
#define CLIENT_JSON_MAX 255 /* bytes of a client id as JSON: its length is one byte */

/* Appends one client to the list the scripts search: hash4 len1 JSON. Returns its length, 0 if it has no room in a byte. */
static size_t
pack_client(const char *id, char out[CLIENT_HASH_LEN + 1 + CLIENT_JSON_MAX + 1])
{
	uint8_t hash[MAC_LEN];
	struct buf b;

	mac_sha256(id, strlen(id), hash);
	memcpy(out, hash, CLIENT_HASH_LEN);
	buf_init(&b, out + CLIENT_HASH_LEN + 1, CLIENT_JSON_MAX + 1);
	buf_json(&b, str_of(id));
	out[CLIENT_HASH_LEN] = (char)(uint8_t)b.len;
	return (b.overflow ? 0 : CLIENT_HASH_LEN + 1 + b.len);
}

static bool
pack_clients(struct redis_store *s)
{
	const size_t most = CLIENT_HASH_LEN + 1 + CLIENT_JSON_MAX + 1;

	if ((s->clients = malloc((s->conf->n_clients + 1) * most)) == NULL)
		return (false);
	for (size_t i = 0; i < s->conf->n_clients; i++)
		s->clients_len += pack_client(s->conf->clients[i].id, s->clients + s->clients_len);
	return (true);
}

struct redis_store *
redis_store_new(const struct config *c, const struct keyring *k, struct board_slot *slot, char *err, size_t errlen)
{
	struct redis_store *s = calloc(1, sizeof(*s));

	if (s == NULL)
		goto err0;
	s->conf = c;
	s->keys = keyring_user(k);
	s->slot = slot;
	if (!pack_clients(s))
		goto err1;
	if (!route_init(&s->route, c, err, errlen))
		goto err2;
	return (s);

err2:
	redis_store_free(s);
	return (NULL);
err1:
	redis_store_free(s);
err0:
	snprintf(err, errlen, "out of memory");
	return (NULL);
}

void
redis_store_free(struct redis_store *s)
{

	if (s == NULL)
		return;
	route_free(&s->route);
	free(s->clients);
	free(s);
}

void
redis_store_set_cache(struct redis_store *s, struct cache *cache)
{

	s->cache = cache;
}

void
redis_store_set_nodes(struct redis_store *s, struct node *nodes)
{

	route_share(&s->route, nodes);
}

static enum dw_result
ping_node(struct redis_store *s, size_t node)
{
	enum dw_result result;
	struct args a;
	redisReply *r;

	args_init(&a, "PING");
	if ((result = call_node(s, node, &a, &r)) != DW_OK)
		return (result == DW_ABSENT ? DW_FAULT : result);
	freeReplyObject(r);
	return (DW_OK);
}

/* Every node, so that each is noticed when it is back. One that answers is enough: whose part is away is for his own question
 * to say. */
static enum dw_result
ping(void *store)
{
	struct redis_store *s = store;
	enum dw_result result = DW_UNAVAILABLE, one;

	for (size_t i = 0, n = call_nodes(s); i < n; i++)
		if (route_is_used(&s->route, i) && ((one = ping_node(s, i)) == DW_OK || result != DW_OK))
			result = one;
	return (result);
}

/* By Redis' clock, which all hosts share (of several nodes, that of the one asked last): lifetimes are stored as points in
 * time, and hosts may disagree about those. */
static int64_t
now(void *store)
{
	const struct redis_store *s = store;

	return ((clock_wall_ms() + route_offset_ms(&s->route)) / 1000);
}

/* Any question brings the time along when that is old. */
static void
look_at_clock(void *store)
{
	struct redis_store *s = store;

	for (size_t i = 0; i < s->route.n; i++)
		conn_doubt_time(s->route.links[i].conn);
	(void)ping(store);
}

const struct store_ops redis_store_ops = {
	.lookup = reading_lookup,
	.login = writing_login,
	.end = writing_end,
	.rotate = writing_rotate,
	.touch = writing_touch,
	.list = reading_list,
	.notify = writing_notify,
	.ping = ping,
	.now = now,
	.look_at_clock = look_at_clock,
	.revoke = writing_revoke,
	.set_groups = writing_set_groups,
	.guess = guess_steps,
	.history = reading_history,
	.remember = writing_remember,
};

static enum dw_result
look_at_node(struct redis_store *s, size_t node)
{
	enum dw_result result = ping_node(s, node);
	struct conn *c = s->route.links[node].conn;
	int64_t now = clock_mono_ms();

	/* Whose disk is full refuses a ping, too, and says in its INFO that it is. */
	if ((result == DW_OK || conn_is_open(c)) && now - conn_seen(c)->at >= LOOK_PERIOD_MS &&
	    !conn_look(c, now + s->conf->redis_command_timeout))
		result = DW_UNAVAILABLE;
	return (result);
}

/* A ping first: it connects if need be, and is refused by an open breaker. */
enum dw_result
redis_store_look(struct redis_store *s, struct look *out, const char **why)
{
	enum dw_result result = DW_OK;
	const struct conn *worst = NULL;
	size_t n = call_nodes(s);

	for (size_t i = 0; i < n; i++) {
		const struct conn *c = s->route.links[i].conn;
		enum dw_result one = route_is_used(&s->route, i) ? look_at_node(s, i) : DW_ABSENT;

		if (one == DW_ABSENT)
			continue;
		if (worst == NULL || (result == DW_OK && one != DW_OK) ||
		    (one == result && look_first(conn_seen(c)->faults) < look_first(conn_seen(worst)->faults))) {
			worst = c;
			result = one;
		}
	}
	*out = worst != NULL ? *conn_seen(worst) : (struct look){ .at = 0 };
	*why = worst != NULL ? conn_why(worst) : s->route.cluster->why;
	return (worst != NULL ? result : DW_UNAVAILABLE);
}

bool
redis_store_server(struct redis_store *s, size_t i, struct redis_server *out)
{
	struct conn *c;
	size_t at = 0;

	while (at < s->route.n && (!route_is_used(&s->route, at) || i-- > 0))
		at++;
	if (at == s->route.n)
		return (false);
	c = s->route.links[at].conn;
	conn_server(c, out->name);
	out->seen = conn_seen(c);
	out->failovers = atomic_load(&conn_node(c)->failovers);
	return (true);
}

enum dw_result
redis_store_prune(struct redis_store *s, const uint8_t user_key[USER_KEY_LEN])
{

	return (writing_prune(s, user_key));
}

/* Hands on the users among the keys; foreign keys that happen to match are none of ours. */
static bool
take_keys(const redisReply *keys, redis_user_fn *each, void *arg)
{
	struct reply p = reply_open(keys, 0);
	uint8_t user_key[USER_KEY_LEN];

	while (reply_left(&p) > 0)
		if (keys_record_parse(reply_str(&p), user_key))
			each(arg, user_key);
	return (!p.bad);
}

/* What follows ${next} of ${node}: the same node, the next one that has something, or the end. */
static uint64_t
cursor_after(const struct redis_store *s, uint64_t node, uint64_t next)
{

	if (next != 0)
		return (node << CURSOR_BITS | next);
	while (++node < s->route.n)
		if (route_is_used(&s->route, node))
			return (node << CURSOR_BITS);
	return (0);
}

/* SCAN gives keys in batches and some twice; the caller sorts that out. */
enum dw_result
redis_store_scan(struct redis_store *s, uint64_t *cursor, redis_user_fn *each, void *arg)
{
	uint64_t node = *cursor >> CURSOR_BITS, next = 0;
	enum dw_result result;
	struct args a;
	redisReply *r;

	args_init(&a, "SCAN");
	args_int(&a, (int64_t)(*cursor & CURSOR_MAX));
	args_text(&a, "MATCH");
	args_text(&a, KEYS_RECORDS_PATTERN);
	args_text(&a, "COUNT");
	args_text(&a, SCAN_COUNT);
	if (call_nodes(s) == 0)
		return (DW_UNAVAILABLE);
	if (node >= s->route.n)
		return (DW_FAULT);
	if (!route_is_used(&s->route, node)) {
		*cursor = cursor_after(s, node, 0);
		return (DW_OK);
	}
	if ((result = call_node(s, node, &a, &r)) != DW_OK)
		return (result == DW_ABSENT ? DW_FAULT : result);
	if (r->type != REDIS_REPLY_ARRAY || r->elements != 2 || r->element[0]->type != REDIS_REPLY_STRING ||
	    !str_to_u64((struct str){ r->element[0]->str, r->element[0]->len }, CURSOR_MAX, &next) ||
	    !take_keys(r->element[1], each, arg))
		result = call_nonsense("SCAN");
	*cursor = cursor_after(s, node, next);
	freeReplyObject(r);
	return (result);
}
