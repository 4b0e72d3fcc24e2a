/* SPDX-License-Identifier: ISC */
/*
 * One server that tells of every change to a record (client-side caching, broadcasting mode). The connection that tracks is the
 * one that is subscribed, so there is no case in which tracking has stopped and the subscription goes on: with two, Redis would
 * stop telling when the tracking one is gone, and say nothing.
 *
 * States: no connection (a try every RETRY_MS); subscribed, with or without a proof under way. The proof is PING with a number
 * on it: replies come in order, so its return means that every notice before it has been taken. Any doubt ends the lease and
 * voids all that is cached, at once.
 *
 * A server that is made a replica goes on telling of changes, only not of those of its new master. The subscribed connection
 * can ask for nothing but PING, so a second one looks at the server every LOOK_PERIOD_MS; and whoever else finds the change
 * raises the epoch of the node, which is looked at in every turn.
 */
#include <sys/epoll.h>

#include <inttypes.h>
#include <stdio.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "base/log.h"
#include "doorward/cache.h"
#include "doorward/config.h"
#include "store/conn.h"
#include "store/keeper.h"
#include "store/keys.h"
#include "store/look.h"
#include "store/meaning.h"
#include "store/warn.h"

#include "store/subscription.h"

#define CHANNEL "__redis__:invalidate"
#define RETRY_MS 100    /* between two tries to connect */
#define SILENCE_MS 1000 /* a proof that takes longer means that the connection is dead */

bool
subscription_make(struct subscription *s, const char *url, struct node *node, char *err, size_t errlen)
{

	s->conn = conn_new(s->conf, url, err, errlen);
	s->looking = conn_new(s->conf, url, err, errlen);
	if (s->conn == NULL || s->looking == NULL) {
		conn_free(s->conn);
		conn_free(s->looking);
		s->conn = s->looking = NULL;
		return (false);
	}
	if (node != NULL) {
		conn_set_node(s->conn, node);
		conn_set_node(s->looking, node);
	}
	return (true);
}

/* Whatever may have changed unseen is void, and nothing counts until somebody keeps it again. */
static void
let_go(struct subscription *s)
{

	cache_lease(s->cache, 0);
	cache_flush(s->cache);
	s->kept = s->awaiting = false;
	s->proved_at = 0;
	s->retry_at = clock_mono_ms() + RETRY_MS;
	conn_close(s->conn);
	conn_close(s->looking);
}

/* One command of the set-up; the reply is the caller's to free. NULL: lost or refused. */
static redisReply *
ask(struct subscription *s, int argc, const char **argv)
{
	redisReply *r;

	if (!conn_append(s->conn, argc, argv, NULL))
		return (NULL);
	r = conn_read(s->conn, clock_mono_ms() + s->conf->redis_command_timeout);
	if (r == NULL || r->type != REDIS_REPLY_ERROR)
		return (r);
	if (warn_due(WARN_GREETING))
		log_error("Redis refuses to tell of changes, the session cache stays off error=%s", log_text(meaning_text(r)));
	freeReplyObject(r);
	return (NULL);
}

/* The order matters: the connection's own id, tracking that is redirected to it, then the subscription that carries it. */
static bool
subscribe(struct subscription *s)
{
	const char *id_command[] = { "CLIENT", "ID" }, *subscribe_command[] = { "SUBSCRIBE", CHANNEL };
	const char *tracking[] = { "CLIENT", "TRACKING", "ON", "REDIRECT", NULL, "BCAST", "PREFIX", KEYS_RECORDS_PREFIX };
	char id[24];
	redisReply *r = ask(s, 2, id_command);

	if (r == NULL)
		return (false);
	snprintf(id, sizeof(id), "%lld", r->integer);
	freeReplyObject(r);
	tracking[4] = id;
	if ((r = ask(s, 8, tracking)) == NULL)
		return (false);
	freeReplyObject(r);
	if ((r = ask(s, 2, subscribe_command)) == NULL)
		return (false);
	freeReplyObject(r);
	return (true);
}

/* From now on the descriptor of the keeper says when this connection has something to say; until it is closed. */
static bool
listen_to(struct subscription *s)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = s };

	return (epoll_ctl(s->ready, EPOLL_CTL_ADD, conn_fd(s->conn), &event) == 0);
}

/* The cache is flushed after the subscription stands: a change between the two is then in neither. */
void
subscription_connect(struct subscription *s)
{
	int64_t now = clock_mono_ms();

	if (now < s->retry_at)
		return;
	if (!conn_open(s->conn, now + s->conf->redis_connect_timeout + s->conf->redis_command_timeout)) {
		let_go(s);
		return;
	}
	if ((conn_seen(s->conn)->faults & LOOK_BIT(LOOK_UNTOLD)) != 0 || !subscribe(s) || !listen_to(s)) {
		let_go(s);
		s->retry_at = now + LOOK_PERIOD_MS; /* what lacks is a right, which has been said */
		return;
	}
	/* From here on we are told of every change; what was kept before may have missed one. */
	cache_flush(s->cache);
	s->kept = true;
}

static void
ask_for_proof(struct subscription *s)
{
	char number[24];
	const char *argv[] = { "PING", number };
	int64_t now = clock_mono_ms(); /* before it is sent: what changes while it is on its way is not proved by it */

	snprintf(number, sizeof(number), "%" PRIu64, s->asked + 1);
	if (!conn_append(s->conn, 2, argv, NULL) || !conn_flush(s->conn)) {
		let_go(s);
		return;
	}
	s->asked++;
	s->awaiting = true;
	s->asked_at = now;
}

/* Replies come in order: when the proof is here, every change before it was asked for has been taken. */
static bool
take_proof(struct subscription *s, struct str number)
{
	uint64_t n;

	if (!s->awaiting || !str_to_u64(number, UINT64_MAX, &n) || n != s->asked)
		return (false);
	s->awaiting = false;
	s->proved_at = s->asked_at;
	return (true);
}

static void
evict(const struct subscription *s, const redisReply *keys)
{
	uint8_t user_key[USER_KEY_LEN];

	if (keys->type != REDIS_REPLY_ARRAY) { /* nil: FLUSHALL, FLUSHDB */
		cache_flush(s->cache);
		return;
	}
	for (size_t i = 0; i < keys->elements; i++) {
		const redisReply *one = keys->element[i];

		if (one->type == REDIS_REPLY_STRING && keys_record_parse((struct str){ one->str, one->len }, user_key))
			cache_evict(s->cache, user_key);
	}
}

static bool
is_word(const redisReply *r, const char *word)
{

	return (r->type == REDIS_REPLY_STRING && str_is((struct str){ r->str, r->len }, word));
}

/* Returns true if it is the proof that was asked for. */
static bool
take(struct subscription *s, const redisReply *r)
{

	if (r->type != REDIS_REPLY_ARRAY || r->elements < 2)
		return (false);
	if (r->elements == 3 && is_word(r->element[0], "message") && is_word(r->element[1], CHANNEL))
		evict(s, r->element[2]);
	else if (is_word(r->element[0], "pong") && r->element[1]->type == REDIS_REPLY_STRING)
		return (take_proof(s, (struct str){ r->element[1]->str, r->element[1]->len }));
	return (false);
}

/* Replies that are already here are taken without another wait. */
bool
subscription_take(struct subscription *s)
{
	redisReply *r = conn_read(s->conn, clock_mono_ms() + s->conf->redis_command_timeout);
	bool proved = false;

	while (r != NULL) {
		proved |= take(s, r);
		freeReplyObject(r);
		r = conn_buffered(s->conn);
	}
	if (!conn_is_open(s->conn))
		let_go(s);
	return (proved);
}

/* Is the server still the master, and the one that tells us? */
static void
look(struct subscription *s, int64_t now)
{
	const struct config *conf = s->conf;
	bool good;

	if (!conn_is_current(s->conn)) {
		let_go(s);
		return;
	}
	if (now - s->looked_at < LOOK_PERIOD_MS)
		return;
	s->looked_at = now;
	if (conn_is_open(s->looking) && conn_is_current(s->looking))
		good = conn_look(s->looking, now + conf->redis_command_timeout);
	else
		good = conn_open(s->looking, now + conf->redis_connect_timeout + conf->redis_command_timeout);
	if (good || (conn_seen(s->looking)->faults & LOOK_UNUSABLE) == 0)
		return; /* one that does not answer proves nothing either, and so ends the lease */
	conn_void(s->conn);
	let_go(s);
}

void
subscription_attend(struct subscription *s)
{
	int64_t now;

	if (conn_is_open(s->conn))
		look(s, clock_mono_ms());
	now = clock_mono_ms();
	if (s->awaiting && now - s->asked_at > SILENCE_MS)
		let_go(s);
	if (conn_is_open(s->conn) && !s->awaiting && now - s->asked_at >= KEEPER_PING_MS)
		ask_for_proof(s);
}

void
subscription_drop(struct subscription *s)
{

	let_go(s);
	conn_free(s->conn);
	conn_free(s->looking);
	*s = (struct subscription){ .conn = NULL };
}
