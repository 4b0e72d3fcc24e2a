/* SPDX-License-Identifier: ISC */
/*
 * The links and the table from slot to link. Who is not in the cluster's map any more keeps his link, without a connection,
 * until the room is needed; links are only taken away while nobody is being asked, so that who holds one in the middle of a
 * question may keep it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "doorward/config.h"
#include "store/cluster.h"
#include "store/conn.h"
#include "store/node.h"

#include "store/route.h"

#define SCHEME strlen("redis://")

static void
set_slots(struct route *r)
{
	char tag[8];

	for (unsigned b = 0; b < KEYS_BUCKETS; b++) {
		snprintf(tag, sizeof(tag), "%03x", b);
		r->slot[b] = (uint16_t)cluster_slot(str_of(tag));
	}
}

static bool
init_cluster(struct route *r, char *err, size_t errlen)
{

	if ((r->cluster = malloc(sizeof(*r->cluster))) == NULL) {
		snprintf(err, errlen, "out of memory");
		return (false);
	}
	memset(r->of, CLUSTER_NOBODY, sizeof(r->of));
	(void)cluster_init(r->cluster, r->conf);
	return (true);
}

bool
route_init(struct route *r, const struct config *c, char *err, size_t errlen)
{
	struct redis_url url;

	*r = (struct route){ .conf = c };
	set_slots(r);
	if (redis_url_read(c->redis_url, &url) && url.kind == REDIS_CLUSTER)
		return (init_cluster(r, err, errlen));
	r->lies[0] = true;
	return (route_add(r, c->redis_url, err, errlen) == 0);
}

void
route_free(struct route *r)
{

	for (size_t i = 0; i < r->n; i++)
		conn_free(r->links[i].conn);
	r->n = 0;
	free(r->cluster);
	r->cluster = NULL;
}

/* Makes link ${i} one to ${url}. False: it is what it was, since a link without a connection is none. */
static bool
set_link(struct route *r, size_t i, const char *url, char *err, size_t errlen)
{
	struct conn *c = conn_new(r->conf, url, err, errlen);
	struct link *l = &r->links[i];

	if (c == NULL)
		return (false);
	conn_free(l->conn);
	*l = (struct link){ .conn = c };
	breaker_init(&l->breaker, r->conf->redis_breaker_failures, r->conf->redis_breaker_open);
	return (true);
}

int
route_add(struct route *r, const char *url, char *err, size_t errlen)
{

	if (r->n == NODES_MAX) {
		snprintf(err, errlen, "more than %d Redis servers", NODES_MAX);
		return (-1);
	}
	if (!set_link(r, r->n, url, err, errlen))
		return (-1);
	return ((int)r->n++);
}

/* What of all that lies on the links, and the connections to those where nothing does. */
static void
count(struct route *r)
{
	bool before[NODES_MAX];

	memcpy(before, r->lies, sizeof(before));
	memset(r->lies, 0, sizeof(r->lies));
	for (size_t slot = 0; slot < CLUSTER_SLOTS; slot++)
		if (r->of[slot] < r->n)
			r->lies[r->of[slot]] = true;
	for (size_t i = 0; i < r->n; i++) {
		if (!r->lies[i])
			conn_close(r->links[i].conn);
		else if (!before[i])
			breaker_hasten(&r->links[i].breaker);
	}
}

void
route_move(struct route *r, unsigned bucket, size_t link)
{

	if (bucket >= KEYS_BUCKETS || link >= r->n)
		return;
	r->of[r->slot[bucket]] = (uint8_t)link;
	count(r);
}

void
route_share(struct route *r, struct node *nodes)
{

	r->nodes = nodes;
	if (r->cluster != NULL)
		cluster_share(r->cluster, nodes);
	for (size_t i = 0; i < r->n; i++)
		conn_set_node(r->links[i].conn, &nodes[i]);
}

const struct link *
route_link(const struct route *r, unsigned place)
{
	unsigned slot = place < KEYS_BUCKETS ? r->slot[place] : (place - KEYS_BUCKETS) % CLUSTER_SLOTS;

	return (r->of[slot] < r->n ? &r->links[r->of[slot]] : NULL);
}

bool
route_is_used(const struct route *r, size_t i)
{

	return (r->lies[i]);
}

static int
find(const struct route *r, const struct redis_host *h)
{

	for (size_t i = 0; i < r->n; i++) {
		const struct redis_host *one = conn_host(r->links[i].conn);

		if (one->port == h->port && strcmp(one->name, h->name) == 0)
			return ((int)i);
	}
	return (-1);
}

/* A link that nothing lies on. */
static int
find_unused(const struct route *r)
{

	for (size_t i = 0; i < r->n; i++)
		if (!r->lies[i])
			return ((int)i);
	return (-1);
}

/* The link to ${h}, which is made if there is none; with ${reuse} in the place of one that is not used. -1: no room. */
static int
link_to(struct route *r, const struct redis_host *h, bool reuse)
{
	char url[CLUSTER_URL_MAX], err[128];
	struct node *node;
	int i = find(r, h);

	if (i >= 0)
		return (i);
	cluster_url("redis", h, url);
	if (r->n < NODES_MAX)
		i = route_add(r, url, err, sizeof(err));
	else if (!reuse || (i = find_unused(r)) < 0 || !set_link(r, (size_t)i, url, err, sizeof(err)))
		return (-1);
	else
		r->lies[i] = true; /* or the next one that looks for room would take it for unused */
	if (i >= 0 && r->nodes != NULL && (node = node_claim(r->nodes, url + SCHEME)) != NULL)
		conn_set_node(r->links[i].conn, node);
	return (i);
}

/* Who is in the map keeps his place among the nodes of this host. */
static void
claim(const struct route *r, size_t i)
{
	char url[CLUSTER_URL_MAX];

	cluster_url("redis", conn_host(r->links[i].conn), url);
	(void)node_claim(r->nodes, url + SCHEME);
}

/* In two steps: what is not in the map is known to be unused before room is looked for. */
static void
take_map(struct route *r, const struct cluster_map *m)
{
	int links[NODES_MAX];

	memset(r->of, CLUSTER_NOBODY, sizeof(r->of));
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < m->n; i++)
			links[i] = link_to(r, &m->masters[i], round > 0);
		for (size_t slot = 0; slot < CLUSTER_SLOTS; slot++)
			if (m->of[slot] < m->n && links[m->of[slot]] >= 0)
				r->of[slot] = (uint8_t)links[m->of[slot]];
		count(r);
	}
	for (size_t i = 0; i < r->n; i++)
		if (r->nodes != NULL && r->lies[i])
			claim(r, i);
}

bool
route_refresh(struct route *r, bool doubt, int64_t deadline)
{

	if (r->cluster == NULL)
		return (false);
	r->cluster->stale = r->cluster->stale || doubt;
	if (cluster_is_current(r->cluster))
		return (false);
	if (cluster_refresh(r->cluster, deadline) == CLUSTER_SAME && (!r->moved || r->cluster->stale))
		return (false);
	r->moved = false;
	take_map(r, &r->cluster->map);
	return (true);
}

struct link *
route_follow(struct route *r, const struct link *from, const struct redirect *to)
{
	struct redirect next = *to;
	int i;

	if (r->cluster == NULL)
		return (NULL);
	if (next.to.name[0] == '\0')
		(void)str_copy(next.to.name, sizeof(next.to.name), str_of(conn_host(from->conn)->name));
	if ((i = link_to(r, &next.to, false)) < 0)
		return (NULL);
	if (!to->ask) {
		r->of[to->slot] = (uint8_t)i;
		r->lies[i] = true;
		r->moved = r->cluster->stale = true;
	}
	return (&r->links[i]);
}

enum breaker_state
route_breaker(const struct route *r)
{

	for (size_t i = 0; i < r->n; i++)
		if (r->lies[i] && r->links[i].breaker.state != BREAKER_CLOSED)
			return (r->links[i].breaker.state);
	return (BREAKER_CLOSED);
}

int64_t
route_offset_ms(const struct route *r)
{

	return (r->n > 0 ? conn_offset_ms(r->links[r->last].conn) : 0);
}
