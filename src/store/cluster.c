/* SPDX-License-Identifier: ISC */
/*
 * Everybody in a cluster can be asked for the map, replicas too: first the masters of the last one, then its replicas, then who
 * is named in redis.url. A node that does not answer is not the first to be asked the next time.
 *
 * The shared word is a number and, below it, the hash of the map that raised it last. It is raised only by who found another
 * map than he had himself, so that two nodes that disagree for a moment do not make two processes raise it in turn.
 */
#include <stdio.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "base/log.h"
#include "doorward/config.h"
#include "store/conn.h"
#include "store/meaning.h"
#include "store/node.h"
#include "store/warn.h"

#include "store/cluster.h"

#define ASK_MS 100     /* between two questions for the map */
#define SILENT_MS 1000 /* where nobody answered */

bool
cluster_init(struct cluster *cl, const struct config *c)
{

	*cl = (struct cluster){ .conf = c };
	cl->shared = &cl->own;
	return (redis_url_read(c->redis_url, &cl->url) && cl->url.kind == REDIS_CLUSTER);
}

void
cluster_share(struct cluster *cl, struct node *nodes)
{

	cl->shared = nodes;
}

bool
cluster_is_current(const struct cluster *cl)
{

	return (cl->hash != 0 && !cl->stale && cl->seen == atomic_load(&cl->shared->map));
}

static const struct redis_host *
candidate(const struct cluster *cl, size_t i)
{

	if (i < cl->map.n)
		return (&cl->map.masters[i]);
	i -= cl->map.n;
	if (i < cl->map.n_replicas)
		return (&cl->map.replicas[i]);
	return (&cl->url.hosts[i - cl->map.n_replicas]);
}

static redisReply *
ask(struct conn *c, int64_t deadline)
{
	const char *argv[] = { "CLUSTER", "SLOTS" };

	if (!conn_open(c, deadline) || !conn_append(c, 2, argv, NULL))
		return (NULL);
	return (conn_read(c, deadline));
}

/* Asks ${h}. A map that makes no sense is no answer. */
static bool
ask_node(struct cluster *cl, const struct redis_host *h, int64_t deadline, struct cluster_map *out)
{
	char url[CLUSTER_URL_MAX];
	struct conn *c;
	redisReply *r;
	bool good;

	cluster_url("cluster", h, url);
	if ((c = conn_new(cl->conf, url, cl->why, sizeof(cl->why))) == NULL)
		return (false);
	conn_set_node(c, NULL);
	r = ask(c, deadline);
	good = r != NULL && cluster_map_read(r, h, out);
	if (r == NULL)
		snprintf(cl->why, sizeof(cl->why), "%.120s", conn_why(c));
	else if (!good)
		snprintf(cl->why, sizeof(cl->why), "its answer to CLUSTER SLOTS is no map: %.80s",
		    r->type == REDIS_REPLY_ERROR ? log_text(meaning_text(r)) : "it has no slots");
	freeReplyObject(r);
	conn_free(c);
	return (good);
}

static bool
ask_all(struct cluster *cl, int64_t deadline, struct cluster_map *out)
{
	size_t n = cl->map.n + cl->map.n_replicas + cl->url.n;

	for (size_t i = 0; i < n; i++) {
		int64_t now = clock_mono_ms(), each = cl->conf->redis_connect_timeout;

		if (now >= deadline)
			break;
		if (ask_node(cl, candidate(cl, (cl->turn + i) % n), now + each < deadline ? now + each : deadline, out)) {
			cl->turn = (cl->turn + i) % n;
			return (true);
		}
	}
	cl->turn = (cl->turn + 1) % n;
	return (false);
}

/* The number above the hash. Who is not the first finds the hash of his own map there. */
static void
raise(struct cluster *cl, uint32_t hash)
{
	uint64_t before = atomic_load(&cl->shared->map), next;

	do {
		if ((uint32_t)before == hash) {
			cl->seen = before;
			return;
		}
		next = ((before >> 32) + 1) << 32 | hash;
	} while (!atomic_compare_exchange_weak(&cl->shared->map, &before, next));
	cl->seen = next;
	if (before == 0)
		return;
	cl->changes++;
	atomic_fetch_add(&cl->shared->map_changes, 1);
}

static bool
is_master(const struct cluster_map *m, const struct redis_host *h)
{

	for (size_t i = 0; i < m->n; i++)
		if (m->masters[i].port == h->port && strcmp(m->masters[i].name, h->name) == 0)
			return (true);
	return (false);
}

/* ${h} is in the place of another one: counted where this host keeps what it knows of it. */
static void
count(struct cluster *cl, const struct redis_host *h)
{
	char url[CLUSTER_URL_MAX];
	struct node *n = NULL;

	cluster_url("redis", h, url);
	if (cl->shared != &cl->own)
		n = node_claim(cl->shared, url + strlen("redis://"));
	if (n != NULL)
		atomic_fetch_add(&n->failovers, 1);
}

/* A failover is a master that has nothing any more, and one that had nothing before. */
static void
tell(struct cluster *cl, const struct cluster_map *next)
{
	unsigned gone = 0, come = 0;
	uint64_t changes;

	for (size_t i = 0; i < cl->map.n; i++)
		gone += !is_master(next, &cl->map.masters[i]);
	for (size_t i = 0; i < next->n && come < gone; i++) {
		if (is_master(&cl->map, &next->masters[i]))
			continue;
		come++;
		count(cl, &next->masters[i]);
	}
	if ((changes = node_map_untold(cl->shared)) > 0)
		log_info("the cluster's slots lie differently than before masters=%zu failovers=%u changes=%llu", next->n, come,
		    (unsigned long long)changes);
}

static enum cluster_news
take(struct cluster *cl, const struct cluster_map *next, uint64_t seen)
{
	uint32_t hash = cluster_map_hash(next), before = cl->hash;
	uint64_t changes = cl->changes;

	cl->stale = false;
	cl->seen = seen;
	if (hash != before)
		raise(cl, hash);
	if (cl->changes > changes && before != 0)
		tell(cl, next);
	cl->hash = hash;
	cl->map = *next;
	return (hash != before ? CLUSTER_CHANGED : CLUSTER_SAME);
}

enum cluster_news
cluster_refresh(struct cluster *cl, int64_t deadline)
{
	uint64_t seen = atomic_load(&cl->shared->map);
	struct cluster_map next;
	bool good;

	if (clock_mono_ms() < cl->due)
		return (CLUSTER_SAME);
	good = ask_all(cl, deadline, &next);
	cl->due = clock_mono_ms() + (good ? ASK_MS : SILENT_MS);
	if (good)
		return (take(cl, &next, seen));
	if (warn_due(WARN_CONNECTION))
		log_warn("no node of the cluster says who has which slots: %s", cl->why);
	return (CLUSTER_SAME);
}
