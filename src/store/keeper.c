/* SPDX-License-Identifier: ISC */
/*
 * The keeper of the session cache: one process a host that lets Redis tell it of every change to a user's record (client-side
 * caching, broadcasting mode) and evicts the user from the cache all workers share. It has a subscription to each node that
 * has records; the cache is one, so what one of them cannot vouch for nobody can.
 *
 * Notices can be lost with the connection that carries them, so the cache is believed only under a lease. The keeper proves
 * regularly that the connection works: it sends PING with a number on it, and as replies come in order, the number's return
 * means that every notice before it has been taken. With one connection that both tracks and subscribes there is no case in
 * which tracking has stopped and the subscription goes on: with two, Redis would stop telling when the tracking one is gone,
 * and say nothing.
 *
 * States of a subscription: no connection (a try every RETRY_MS); subscribed, with or without a proof under way. The lease
 * reaches to the oldest moment before which each of them was asked for its last proof.
 *
 * In a cluster there is a subscription to each master, and the keeper asks for the map once a second, and whenever another
 * process of this host has found that there is another one: until it has that, and a subscription to everybody in it, there is
 * no lease.
 *
 * A server that is made a replica goes on telling of changes, only not of those of its new master. The subscribed connection
 * can ask for nothing but PING, so a second one looks at the server every LOOK_PERIOD_MS; and whoever else finds the change
 * raises the epoch of the node, which is looked at in every turn. Either way everything kept is void and the lease is over at
 * once.
 */
#include <sys/epoll.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/redis_url.h"
#include "doorward/cache.h"
#include "doorward/config.h"
#include "doorward/node.h"
#include "store/cluster.h"
#include "store/conn.h"
#include "store/keys.h"
#include "store/look.h"
#include "store/meaning.h"
#include "store/node.h"
#include "store/reply.h"
#include "store/sentinel_watch.h"
#include "store/warn.h"

#include "store/keeper.h"

#define CHANNEL "__redis__:invalidate"
#define RETRY_MS 100    /* between two tries to connect */
#define SILENCE_MS 1000 /* a proof that takes longer means that the connection is dead */

struct subscription {
	struct conn *conn;    /* NULL: there is no such subscription */
	struct conn *looking; /* the second connection */
	int64_t looked_at;    /* mono, ms */
	bool kept;            /* subscribed, and told the last time we asked */
	uint64_t asked;       /* number of the proof that is awaited, or was last */
	bool awaiting;
	int64_t asked_at;  /* mono, ms */
	int64_t proved_at; /* until then everything is proved to have been told; 0 = nothing is */
	int64_t retry_at;
};

struct keeper {
	const struct config *conf;
	struct cache *cache;
	struct subscription subs[NODES_MAX];
	size_t n;                /* those without a connection included */
	struct cluster *cluster; /* NULL: there is one server */
	struct node *nodes;
	int64_t mapped_at; /* mono, ms: when its map was asked for last */
	int ready;         /* epoll: what the subscribed connections have to say */
	struct log_pace pace;
	struct redis_url url;
	struct sentinel_watch *sentinels; /* NULL: redis.url names none */
	unsigned changes;                 /* between on and off, that the log does not have yet */
};

/* The sentinels' set is one of the descriptors in ours. */
static bool
hear(struct keeper *k, char *err, size_t errlen)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };

	if (!redis_url_read(k->conf->redis_url, &k->url) || k->url.kind != REDIS_SENTINEL)
		return (true);
	if ((k->sentinels = sentinel_watch_new(k->conf, &k->url)) != NULL &&
	    epoll_ctl(k->ready, EPOLL_CTL_ADD, sentinel_watch_fd(k->sentinels), &event) == 0)
		return (true);
	snprintf(err, errlen, "no descriptor for the sentinels");
	return (false);
}

static bool
open_cluster(struct keeper *k, char *err, size_t errlen)
{

	if ((k->cluster = malloc(sizeof(*k->cluster))) == NULL) {
		snprintf(err, errlen, "out of memory");
		return (false);
	}
	(void)cluster_init(k->cluster, k->conf);
	cluster_share(k->cluster, k->nodes);
	return (true);
}

struct keeper *
keeper_new(const struct config *c, struct cache *cache, struct node *node, char *err, size_t errlen)
{
	struct keeper *k = calloc(1, sizeof(*k));

	if (k == NULL || (k->ready = epoll_create1(EPOLL_CLOEXEC)) < 0) {
		snprintf(err, errlen, k == NULL ? "out of memory" : "no descriptor for the session cache");
		free(k);
		return (NULL);
	}
	k->conf = c;
	k->cache = cache;
	k->nodes = node;
	if (redis_url_read(c->redis_url, &k->url) && k->url.kind == REDIS_CLUSTER
		? open_cluster(k, err, errlen)
		: keeper_add(k, c->redis_url, node, err, errlen) && hear(k, err, errlen))
		return (k);
	keeper_free(k);
	return (NULL);
}

/* A place without a subscription, or one more. */
static struct subscription *
place(struct keeper *k)
{

	for (size_t i = 0; i < k->n; i++)
		if (k->subs[i].conn == NULL)
			return (&k->subs[i]);
	return (k->n < NODES_MAX ? &k->subs[k->n++] : NULL);
}

bool
keeper_add(struct keeper *k, const char *url, struct node *node, char *err, size_t errlen)
{
	struct subscription *s = place(k);

	if (s == NULL) {
		snprintf(err, errlen, "more than %d Redis servers", NODES_MAX);
		return (false);
	}
	*s = (struct subscription){ .conn = conn_new(k->conf, url, err, errlen),
		.looking = conn_new(k->conf, url, err, errlen) };
	if (s->conn == NULL || s->looking == NULL) {
		conn_free(s->conn);
		conn_free(s->looking);
		*s = (struct subscription){ .conn = NULL };
		return (false);
	}
	if (node != NULL) {
		conn_set_node(s->conn, node);
		conn_set_node(s->looking, node);
	}
	cache_lease(k->cache, 0); /* until this one vouches too */
	return (true);
}

static bool
is_kept(const struct keeper *k)
{

	size_t kept = 0;

	for (size_t i = 0; i < k->n; i++) {
		if (k->subs[i].conn != NULL && !k->subs[i].kept)
			return (false);
		kept += k->subs[i].kept;
	}
	return (kept > 0);
}

/* Whatever may have changed unseen is void, and nothing counts until somebody keeps it again. */
static void
let_go(struct keeper *k, struct subscription *s)
{

	cache_lease(k->cache, 0);
	cache_flush(k->cache);
	s->kept = s->awaiting = false;
	s->proved_at = 0;
	s->retry_at = clock_mono_ms() + RETRY_MS;
	conn_close(s->conn);
	conn_close(s->looking);
}

static void
lose(struct keeper *k, struct subscription *s)
{

	k->changes += is_kept(k);
	if (k->cluster != NULL)
		k->cluster->stale = true; /* somebody else may be in its place */
	let_go(k, s);
}

/* What goes on and off every second is told as what it comes to, with how often it changed. */
static void
report(struct keeper *k)
{

	if (k->changes == 0 || !log_paced(&k->pace))
		return;
	if (is_kept(k))
		log_info("the session cache is on changes=%u", k->changes);
	else
		log_warn("the session cache is off: its connection to Redis is lost changes=%u", k->changes);
	k->changes = 0;
}

static void
drop(struct keeper *k, struct subscription *s)
{

	let_go(k, s);
	conn_free(s->conn);
	conn_free(s->looking);
	*s = (struct subscription){ .conn = NULL };
}

void
keeper_free(struct keeper *k)
{

	if (k == NULL)
		return;
	for (size_t i = 0; i < k->n; i++)
		if (k->subs[i].conn != NULL)
			drop(k, &k->subs[i]);
	free(k->cluster);
	sentinel_watch_free(k->sentinels);
	close(k->ready);
	free(k);
}

int
keeper_fd(const struct keeper *k)
{

	return (k->ready);
}

/* One command of the set-up; the reply is the caller's to free. NULL: lost or refused. */
static redisReply *
ask(const struct keeper *k, struct subscription *s, int argc, const char **argv)
{
	redisReply *r;

	if (!conn_append(s->conn, argc, argv, NULL))
		return (NULL);
	r = conn_read(s->conn, clock_mono_ms() + k->conf->redis_command_timeout);
	if (r == NULL || r->type != REDIS_REPLY_ERROR)
		return (r);
	if (warn_due(WARN_GREETING))
		log_error("Redis refuses to tell of changes, the session cache stays off error=%s", log_text(meaning_text(r)));
	freeReplyObject(r);
	return (NULL);
}

/* The order matters: the connection's own id, tracking that is redirected to it, then the subscription that carries it. */
static bool
subscribe(const struct keeper *k, struct subscription *s)
{
	const char *id_command[] = { "CLIENT", "ID" }, *subscribe_command[] = { "SUBSCRIBE", CHANNEL };
	const char *tracking[] = { "CLIENT", "TRACKING", "ON", "REDIRECT", NULL, "BCAST", "PREFIX", KEYS_RECORDS_PREFIX };
	char id[24];
	redisReply *r = ask(k, s, 2, id_command);

	if (r == NULL)
		return (false);
	snprintf(id, sizeof(id), "%lld", r->integer);
	freeReplyObject(r);
	tracking[4] = id;
	if ((r = ask(k, s, 8, tracking)) == NULL)
		return (false);
	freeReplyObject(r);
	if ((r = ask(k, s, 2, subscribe_command)) == NULL)
		return (false);
	freeReplyObject(r);
	return (true);
}

/* From now on the descriptor of the keeper says when this connection has something to say; until it is closed. */
static bool
listen_to(struct keeper *k, struct subscription *s)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = s };

	return (epoll_ctl(k->ready, EPOLL_CTL_ADD, conn_fd(s->conn), &event) == 0);
}

/* The cache is flushed after the subscription stands: a change between the two is then in neither. */
static void
connect_again(struct keeper *k, struct subscription *s)
{
	int64_t now = clock_mono_ms();

	if (now < s->retry_at)
		return;
	if (!conn_open(s->conn, now + k->conf->redis_connect_timeout + k->conf->redis_command_timeout)) {
		let_go(k, s);
		return;
	}
	if ((conn_seen(s->conn)->faults & LOOK_BIT(LOOK_UNTOLD)) != 0 || !subscribe(k, s) || !listen_to(k, s)) {
		let_go(k, s);
		s->retry_at = now + LOOK_PERIOD_MS; /* what lacks is a right, which has been said */
		return;
	}
	/* From here on we are told of every change; what was kept before may have missed one. */
	cache_flush(k->cache);
	s->kept = true;
	k->changes += is_kept(k);
}

static void
ask_for_proof(struct keeper *k, struct subscription *s)
{
	char number[24];
	const char *argv[] = { "PING", number };
	int64_t now = clock_mono_ms(); /* before it is sent: what changes while it is on its way is not proved by it */

	snprintf(number, sizeof(number), "%" PRIu64, s->asked + 1);
	if (!conn_append(s->conn, 2, argv, NULL) || !conn_flush(s->conn)) {
		lose(k, s);
		return;
	}
	s->asked++;
	s->awaiting = true;
	s->asked_at = now;
}

/* Is everybody in the map by whom this host goes? */
static bool
is_mapped(const struct keeper *k)
{

	return (k->cluster == NULL || cluster_is_current(k->cluster));
}

/*
 * The cache is as old as the oldest proof. Who finds another map raises its number first and then ends the lease; so one that
 * was given while he did so is seen here.
 */
static void
renew(struct keeper *k)
{
	int64_t oldest = INT64_MAX;

	for (size_t i = 0; i < k->n; i++)
		if (k->subs[i].conn != NULL && k->subs[i].proved_at < oldest)
			oldest = k->subs[i].proved_at;
	if (oldest == 0 || oldest == INT64_MAX || !is_mapped(k))
		return;
	cache_lease(k->cache, oldest);
	if (!is_mapped(k))
		cache_lease(k->cache, 0);
}

/* Replies come in order: when the proof is here, every change before it was asked for has been taken. */
static void
take_proof(struct keeper *k, struct subscription *s, struct str number)
{
	uint64_t n;

	if (!s->awaiting || !str_to_u64(number, UINT64_MAX, &n) || n != s->asked)
		return;
	s->awaiting = false;
	s->proved_at = s->asked_at;
	renew(k);
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
take(struct keeper *k, struct subscription *s, const redisReply *r)
{

	if (r->type != REDIS_REPLY_ARRAY || r->elements < 2)
		return;
	if (r->elements == 3 && is_word(r->element[0], "message") && is_word(r->element[1], CHANNEL))
		evict(k, r->element[2]);
	else if (is_word(r->element[0], "pong") && r->element[1]->type == REDIS_REPLY_STRING)
		take_proof(k, s, (struct str){ r->element[1]->str, r->element[1]->len });
}

/* Replies that are already here are taken without another wait. */
static void
take_all(struct keeper *k, struct subscription *s)
{
	redisReply *r = conn_read(s->conn, clock_mono_ms() + k->conf->redis_command_timeout);

	while (r != NULL) {
		take(k, s, r);
		freeReplyObject(r);
		r = conn_buffered(s->conn);
	}
	if (!conn_is_open(s->conn))
		lose(k, s);
}

/* Is the server still the master, and the one that tells us? */
static void
look(struct keeper *k, struct subscription *s, int64_t now)
{
	const struct config *conf = k->conf;
	bool good;

	if (!conn_is_current(s->conn)) {
		lose(k, s);
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
	lose(k, s);
}

/* What has arrived on any of the connections. */
static void
take_ready(struct keeper *k)
{
	struct epoll_event events[NODES_MAX + 1];
	int n = epoll_wait(k->ready, events, NODES_MAX + 1, 0);

	for (int i = 0; i < n; i++)
		if (events[i].data.ptr != NULL)
			take_all(k, events[i].data.ptr);
}

static void
attend(struct keeper *k, struct subscription *s)
{
	int64_t now;

	if (conn_is_open(s->conn))
		look(k, s, clock_mono_ms());
	now = clock_mono_ms();
	if (s->awaiting && now - s->asked_at > SILENCE_MS)
		lose(k, s);
	if (conn_is_open(s->conn) && !s->awaiting && now - s->asked_at >= KEEPER_PING_MS)
		ask_for_proof(k, s);
}

/*
 * What the sentinels have to say is reason to ask them at once, and once a second they are asked without. What is newest is
 * entered for all: who is connected to the master of before finds its connection void.
 */
static void
ask_sentinels(struct keeper *k)
{

	if (k->sentinels != NULL)
		conn_ask_sentinels(k->subs[0].conn, sentinel_watch_run(k->sentinels) ? 0 : LOOK_PERIOD_MS);
}

static bool
is_of(const struct cluster_map *m, const struct redis_host *h)
{

	for (size_t i = 0; i < m->n; i++)
		if (m->masters[i].port == h->port && strcmp(m->masters[i].name, h->name) == 0)
			return (true);
	return (false);
}

static bool
is_subscribed(const struct keeper *k, const struct redis_host *h)
{

	for (size_t i = 0; i < k->n; i++) {
		const struct redis_host *one = k->subs[i].conn != NULL ? conn_host(k->subs[i].conn) : NULL;

		if (one != NULL && one->port == h->port && strcmp(one->name, h->name) == 0)
			return (true);
	}
	return (false);
}

/* One subscription to each master of the map, and to nobody else. */
static void
follow_map(struct keeper *k)
{
	const struct cluster_map *m = &k->cluster->map;
	char url[CLUSTER_URL_MAX], err[128];

	for (size_t i = 0; i < k->n; i++)
		if (k->subs[i].conn != NULL && !is_of(m, conn_host(k->subs[i].conn)))
			drop(k, &k->subs[i]);
	for (size_t i = 0; i < m->n; i++) {
		if (is_subscribed(k, &m->masters[i]))
			continue;
		cluster_url("redis", &m->masters[i], url);
		if (!keeper_add(k, url, node_claim(k->nodes, url + strlen("redis://")), err, sizeof(err)) &&
		    warn_due(WARN_CONNECTION))
			log_error("the session cache stays off: %s", err);
	}
}

/* Another map: what was kept may have been changed where nobody told us. */
static void
ask_cluster(struct keeper *k)
{
	int64_t now = clock_mono_ms();

	if (k->cluster == NULL || (cluster_is_current(k->cluster) && now - k->mapped_at < LOOK_PERIOD_MS))
		return;
	if (!cluster_is_current(k->cluster))
		cache_lease(k->cache, 0);
	k->mapped_at = now;
	if (cluster_refresh(k->cluster, now + k->conf->redis_connect_timeout) == CLUSTER_SAME)
		return;
	cache_lease(k->cache, 0);
	cache_flush(k->cache);
	follow_map(k);
}

bool
keeper_turn(struct keeper *k, bool readable)
{

	if (readable)
		take_ready(k);
	ask_sentinels(k);
	ask_cluster(k);
	for (size_t i = 0; i < k->n; i++) {
		if (k->subs[i].conn == NULL)
			continue;
		if (!conn_is_open(k->subs[i].conn))
			connect_again(k, &k->subs[i]);
		attend(k, &k->subs[i]);
	}
	report(k);
	return (is_kept(k) && is_mapped(k));
}
