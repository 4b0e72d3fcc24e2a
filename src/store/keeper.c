/* SPDX-License-Identifier: ISC */
/*
 * The keeper of the session cache: one process a host that lets Redis tell it of every change to a user's record (client-side
 * caching, broadcasting mode) and evicts the user from the cache all workers share.
 *
 * Notices can be lost with the connection that carries them, so the cache is believed only under a lease. The keeper proves
 * regularly that the connection works: it sends PING with a number on it, and as replies come in order, the number's return
 * means that every notice before it has been taken. With one connection that both tracks and subscribes there is no case in
 * which tracking has stopped and the subscription goes on: with two, Redis would stop telling when the tracking one is gone,
 * and say nothing.
 *
 * States: no connection (a try every RETRY_MS); subscribed, with or without a proof under way. Each proof renews the lease to
 * the moment before it was asked for.
 *
 * A server that is made a replica goes on telling of changes, only not of those of its new master. The subscribed connection
 * can ask for nothing but PING, so a second one looks at the server every LOOK_PERIOD_MS; and whoever else finds the change
 * raises the epoch of the node, which is looked at in every turn. Either way everything kept is void and the lease is over at
 * once.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "base/log.h"
#include "doorward/cache.h"
#include "doorward/config.h"
#include "store/conn.h"
#include "store/keys.h"
#include "store/look.h"
#include "store/reply.h"
#include "store/warn.h"

#include "store/keeper.h"

#define CHANNEL "__redis__:invalidate"
#define RETRY_MS 100    /* between two tries to connect */
#define SILENCE_MS 1000 /* a proof that takes longer means that the connection is dead */

struct keeper {
	const struct config *conf;
	struct cache *cache;
	struct conn *conn;
	struct conn *looking; /* the second connection */
	int64_t looked_at;    /* mono, ms */
	bool kept;            /* subscribed, and told the last time we asked */
	struct log_pace pace;
	unsigned changes; /* of ${kept} that the log does not have yet */
	uint64_t asked;   /* number of the proof that is awaited, or was last */
	bool awaiting;
	int64_t asked_at; /* mono, ms */
	int64_t retry_at;
};

struct keeper *
keeper_new(const struct config *c, struct cache *cache, struct node *node, char *err, size_t errlen)
{
	struct keeper *k = calloc(1, sizeof(*k));

	if (k == NULL) {
		snprintf(err, errlen, "out of memory");
		return (NULL);
	}
	k->conf = c;
	k->cache = cache;
	if ((k->conn = conn_new(c, err, errlen)) == NULL || (k->looking = conn_new(c, err, errlen)) == NULL) {
		keeper_free(k);
		return (NULL);
	}
	conn_set_node(k->conn, node);
	conn_set_node(k->looking, node);
	return (k);
}

/* Whatever may have changed unseen is void, and nothing counts until somebody keeps it again. */
static void
let_go(struct keeper *k)
{

	cache_lease(k->cache, 0);
	cache_flush(k->cache);
	k->kept = k->awaiting = false;
	k->retry_at = clock_mono_ms() + RETRY_MS;
	conn_close(k->conn);
	conn_close(k->looking);
}

static void
lose(struct keeper *k)
{

	k->changes += k->kept;
	let_go(k);
}

/* What goes on and off every second is told as what it comes to, with how often it changed. */
static void
report(struct keeper *k)
{

	if (k->changes == 0 || !log_paced(&k->pace))
		return;
	if (k->kept)
		log_info("the session cache is on changes=%u", k->changes);
	else
		log_warn("the session cache is off: its connection to Redis is lost changes=%u", k->changes);
	k->changes = 0;
}

void
keeper_free(struct keeper *k)
{

	if (k == NULL)
		return;
	if (k->looking != NULL)
		let_go(k);
	conn_free(k->conn);
	conn_free(k->looking);
	free(k);
}

int
keeper_fd(const struct keeper *k)
{

	return (conn_is_open(k->conn) ? conn_fd(k->conn) : -1);
}

/* One command of the set-up; the reply is the caller's to free. NULL: lost or refused. */
static redisReply *
ask(struct keeper *k, int argc, const char **argv)
{
	redisReply *r;

	if (!conn_append(k->conn, argc, argv, NULL))
		return (NULL);
	r = conn_read(k->conn, clock_mono_ms() + k->conf->redis_command_timeout);
	if (r == NULL || r->type != REDIS_REPLY_ERROR)
		return (r);
	if (warn_due(WARN_GREETING))
		log_error("Redis refuses to tell of changes, the session cache stays off error=%s",
		    log_text((struct str){ r->str, r->len }));
	freeReplyObject(r);
	return (NULL);
}

static bool
subscribe(struct keeper *k)
{
	const char *id_command[] = { "CLIENT", "ID" }, *subscribe_command[] = { "SUBSCRIBE", CHANNEL };
	const char *tracking[] = { "CLIENT", "TRACKING", "ON", "REDIRECT", NULL, "BCAST", "PREFIX", KEYS_RECORDS_PREFIX };
	char id[24];
	redisReply *r = ask(k, 2, id_command);

	if (r == NULL)
		return (false);
	snprintf(id, sizeof(id), "%lld", r->integer);
	freeReplyObject(r);
	tracking[4] = id;
	if ((r = ask(k, 8, tracking)) == NULL)
		return (false);
	freeReplyObject(r);
	if ((r = ask(k, 2, subscribe_command)) == NULL)
		return (false);
	freeReplyObject(r);
	return (true);
}

static void
connect_again(struct keeper *k)
{
	int64_t now = clock_mono_ms();

	if (now < k->retry_at)
		return;
	if (!conn_open(k->conn, now + k->conf->redis_connect_timeout + k->conf->redis_command_timeout)) {
		let_go(k);
		return;
	}
	if ((conn_seen(k->conn)->faults & LOOK_BIT(LOOK_UNTOLD)) != 0 || !subscribe(k)) {
		let_go(k);
		k->retry_at = now + LOOK_PERIOD_MS; /* what lacks is a right, which has been said */
		return;
	}
	/* From here on we are told of every change; what was kept before may have missed one. */
	cache_flush(k->cache);
	k->kept = true;
	k->changes++;
}

static void
ask_for_proof(struct keeper *k)
{
	char number[24];
	const char *argv[] = { "PING", number };
	int64_t now = clock_mono_ms(); /* before it is sent: what changes while it is on its way is not proved by it */

	snprintf(number, sizeof(number), "%" PRIu64, k->asked + 1);
	if (!conn_append(k->conn, 2, argv, NULL) || !conn_flush(k->conn)) {
		lose(k);
		return;
	}
	k->asked++;
	k->awaiting = true;
	k->asked_at = now;
}

/* Replies come in order: when the proof is here, every change before it was asked for has been taken. */
static void
take_proof(struct keeper *k, struct str number)
{
	uint64_t n;

	if (!k->awaiting || !str_to_u64(number, UINT64_MAX, &n) || n != k->asked)
		return;
	k->awaiting = false;
	cache_lease(k->cache, k->asked_at);
}

static void
evict(struct keeper *k, const redisReply *keys)
{
	uint8_t user_key[USER_KEY_LEN];

	if (keys->type != REDIS_REPLY_ARRAY) { /* nil: FLUSHALL, FLUSHDB */
		cache_flush(k->cache);
		return;
	}
	for (size_t i = 0; i < keys->elements; i++) {
		const redisReply *one = keys->element[i];

		if (one->type == REDIS_REPLY_STRING && keys_record_parse((struct str){ one->str, one->len }, user_key))
			cache_evict(k->cache, user_key);
	}
}

static bool
is_word(const redisReply *r, const char *word)
{

	return (r->type == REDIS_REPLY_STRING && str_is((struct str){ r->str, r->len }, word));
}

static void
take(struct keeper *k, const redisReply *r)
{

	if (r->type != REDIS_REPLY_ARRAY || r->elements < 2)
		return;
	if (r->elements == 3 && is_word(r->element[0], "message") && is_word(r->element[1], CHANNEL))
		evict(k, r->element[2]);
	else if (is_word(r->element[0], "pong") && r->element[1]->type == REDIS_REPLY_STRING)
		take_proof(k, (struct str){ r->element[1]->str, r->element[1]->len });
}

static void
take_all(struct keeper *k)
{
	redisReply *r = conn_read(k->conn, clock_mono_ms() + k->conf->redis_command_timeout);

	while (r != NULL) {
		take(k, r);
		freeReplyObject(r);
		r = conn_buffered(k->conn);
	}
	if (!conn_is_open(k->conn))
		lose(k);
}

/* Is the server still the master, and the one that tells us? */
static void
look(struct keeper *k, int64_t now)
{
	const struct config *conf = k->conf;
	bool good;

	if (!conn_is_current(k->conn)) {
		lose(k);
		return;
	}
	if (now - k->looked_at < LOOK_PERIOD_MS)
		return;
	k->looked_at = now;
	if (conn_is_open(k->looking) && conn_is_current(k->looking))
		good = conn_look(k->looking, now + conf->redis_command_timeout);
	else
		good = conn_open(k->looking, now + conf->redis_connect_timeout + conf->redis_command_timeout);
	if (good || (conn_seen(k->looking)->faults & LOOK_UNUSABLE) == 0)
		return; /* one that does not answer proves nothing either, and so ends the lease */
	conn_void(k->conn);
	lose(k);
}

bool
keeper_turn(struct keeper *k, bool readable)
{
	int64_t now;

	if (!conn_is_open(k->conn))
		connect_again(k);
	else if (readable)
		take_all(k);
	if (conn_is_open(k->conn))
		look(k, clock_mono_ms());
	now = clock_mono_ms();
	if (k->awaiting && now - k->asked_at > SILENCE_MS)
		lose(k);
	if (conn_is_open(k->conn) && !k->awaiting && now - k->asked_at >= KEEPER_PING_MS)
		ask_for_proof(k);
	report(k);
	return (k->kept);
}
