/* SPDX-License-Identifier: ISC */
/*
 * The links and the table from bucket to link. A link is never taken away while the process lives: who holds one may keep it.
 */
#include <stdio.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/str.h"
#include "doorward/config.h"
#include "store/conn.h"

#include "store/route.h"

#define SLOT_MAX 16383 /* of Redis Cluster */

bool
route_init(struct route *r, const struct config *c, char *err, size_t errlen)
{

	*r = (struct route){ .conf = c };
	return (route_add(r, c->redis_url, err, errlen) == 0);
}

void
route_free(struct route *r)
{

	for (size_t i = 0; i < r->n; i++)
		conn_free(r->links[i].conn);
	r->n = 0;
}

int
route_add(struct route *r, const char *url, char *err, size_t errlen)
{
	struct link *l = &r->links[r->n];

	if (r->n == NODES_MAX) {
		snprintf(err, errlen, "more than %d Redis servers", NODES_MAX);
		return (-1);
	}
	if ((l->conn = conn_new(r->conf, url, err, errlen)) == NULL)
		return (-1);
	breaker_init(&l->breaker, r->conf->redis_breaker_failures, r->conf->redis_breaker_open);
	return ((int)r->n++);
}

void
route_move(struct route *r, unsigned bucket, size_t link)
{

	if (bucket < KEYS_BUCKETS && link < r->n)
		r->of[bucket] = (uint8_t)link;
}

void
route_share(struct route *r, struct node *nodes)
{

	for (size_t i = 0; i < r->n; i++)
		conn_set_node(r->links[i].conn, &nodes[i]);
}

struct link *
route_link(struct route *r, unsigned bucket)
{

	return (&r->links[r->of[bucket]]);
}

enum breaker_state
route_breaker(const struct route *r)
{

	for (size_t i = 0; i < r->n; i++)
		if (r->links[i].breaker.state != BREAKER_CLOSED)
			return (r->links[i].breaker.state);
	return (BREAKER_CLOSED);
}

int64_t
route_offset_ms(const struct route *r)
{

	return (conn_offset_ms(r->links[r->last].conn));
}

bool
route_parse(const struct redisReply *error, struct redirect *out)
{
	struct str rest = { error->str, error->len }, word = str_cut(&rest, ' '), slot = str_cut(&rest, ' ');
	uint64_t n;

	*out = (struct redirect){ .ask = str_is(word, "ASK") };
	if ((!out->ask && !str_is(word, "MOVED")) || !str_to_u64(slot, SLOT_MAX, &n) || rest.p == NULL ||
	    !str_copy(out->address, sizeof(out->address), rest))
		return (false);
	out->slot = (unsigned)n;
	return (true);
}

void
route_redirected(struct route *r, const struct redirect *to)
{

	r->redirects++;
	r->redirect = *to;
}
