/* SPDX-License-Identifier: ISC */
/*
 * The keeper of the session cache: one process a host that lets Redis tell it of every change to a user's record (client-side
 * caching, broadcasting mode) and evicts the user from the cache all workers share. It has a subscription to each node that
 * has records; the cache is one, so what one of them cannot vouch for nobody can.
 *
 * Notices can be lost with the connection that carries them, so the cache is believed only under a lease. It reaches to the
 * oldest moment before which each subscription (subscription.c) has proved that it told of everything.
 *
 * In a cluster there is a subscription to each master, and the keeper asks for the map once a second, and whenever another
 * process of this host has found that there is another one: until it has that, and a subscription to everybody in it, there is
 * no lease.
 */
#include <sys/epoll.h>

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
#include "store/look.h"
#include "store/node.h"
#include "store/sentinel_watch.h"
#include "store/subscription.h"
#include "store/warn.h"

#include "store/keeper.h"

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
	*s = (struct subscription){ .conf = k->conf, .cache = k->cache, .ready = k->ready };
	if (!subscription_make(s, url, node, err, errlen))
		return (false);
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

void
keeper_free(struct keeper *k)
{

	if (k == NULL)
		return;
	for (size_t i = 0; i < k->n; i++)
		if (k->subs[i].conn != NULL)
			subscription_drop(&k->subs[i]);
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

/* Is everybody in the map by whom this host goes? */
static bool
is_mapped(const struct keeper *k)
{

	return (k->cluster == NULL || cluster_is_current(k->cluster));
}

/* Does the word of each server count that we are subscribed to, or has somebody found another in its place? */
static bool
is_current(const struct keeper *k)
{

	for (size_t i = 0; i < k->n; i++)
		if (k->subs[i].conn != NULL && !conn_is_current(k->subs[i].conn))
			return (false);
	return (true);
}

/*
 * The cache is as old as the oldest proof, of servers that still count: tests/model/master.pml. Who finds another map raises
 * its number first and then ends the lease; so one that was given while he did so is seen here.
 */
static void
renew(struct keeper *k)
{
	int64_t oldest = INT64_MAX;

	for (size_t i = 0; i < k->n; i++)
		if (k->subs[i].conn != NULL && k->subs[i].proved_at < oldest)
			oldest = k->subs[i].proved_at;
	if (oldest == 0 || oldest == INT64_MAX || !is_mapped(k) || !is_current(k))
		return;
	cache_lease(k->cache, oldest);
	if (!is_mapped(k))
		cache_lease(k->cache, 0);
}

/* What has become of ${s} and of the cache, each of which was kept before or not. */
static void
note(struct keeper *k, const struct subscription *s, bool s_was_kept, bool was_kept)
{

	k->changes += is_kept(k) != was_kept;
	if (s_was_kept && !s->kept && k->cluster != NULL)
		k->cluster->stale = true; /* somebody else may be in its place */
}

/* What has arrived on any of the connections. */
static void
take_ready(struct keeper *k)
{
	struct epoll_event events[NODES_MAX + 1];
	int n = epoll_wait(k->ready, events, NODES_MAX + 1, 0);

	for (int i = 0; i < n; i++) {
		struct subscription *s = events[i].data.ptr;
		bool was_kept = is_kept(k);

		if (s == NULL)
			continue;
		if (subscription_take(s))
			renew(k);
		note(k, s, true, was_kept);
	}
}

static void
attend(struct keeper *k, struct subscription *s)
{
	bool s_was_kept = s->kept, was_kept = is_kept(k);

	if (!conn_is_open(s->conn))
		subscription_connect(s);
	subscription_attend(s);
	note(k, s, s_was_kept, was_kept);
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
			subscription_drop(&k->subs[i]);
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
	for (size_t i = 0; i < k->n; i++)
		if (k->subs[i].conn != NULL)
			attend(k, &k->subs[i]);
	report(k);
	return (is_kept(k) && is_mapped(k));
}
