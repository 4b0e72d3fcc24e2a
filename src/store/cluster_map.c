/* SPDX-License-Identifier: ISC */
/*
 * CLUSTER SLOTS is a list of ranges: [first, last, master, replica…], each server as [address, port, id, …]. An address that is
 * NULL or empty is that of the server which was asked; "?" is one that the server does not know itself.
 */
#include <stdio.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "store/cluster_map.h"

#define SLOT_MAX (CLUSTER_SLOTS - 1)
#define PORT_MAX 65535

/* CRC-16/XMODEM: polynomial 0x1021, begins with 0. */
static unsigned
crc16(struct str s)
{
	uint16_t crc = 0;

	for (size_t i = 0; i < s.len; i++) {
		crc ^= (uint16_t)((uint16_t)(uint8_t)s.p[i] << 8);
		for (int bit = 0; bit < 8; bit++)
			crc = (uint16_t)((crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1);
	}
	return (crc);
}

unsigned
cluster_slot(struct str key)
{
	struct str tag = key;
	struct str before = str_cut(&tag, '{');

	(void)before;
	if (tag.p != NULL) {
		struct str inside = str_cut(&tag, '}');

		if (tag.p != NULL && inside.len > 0)
			return (crc16(inside) % CLUSTER_SLOTS);
	}
	return (crc16(key) % CLUSTER_SLOTS);
}

static bool
is_same(const struct redis_host *a, const struct redis_host *b)
{

	return (a->port == b->port && strcmp(a->name, b->name) == 0);
}

/* The place of ${h} in ${list}, where it is put if it is not there; -1: there is no room. */
static int
place_of(struct redis_host *list, size_t *n, size_t most, const struct redis_host *h)
{

	for (size_t i = 0; i < *n; i++)
		if (is_same(&list[i], h))
			return ((int)i);
	if (*n == most)
		return (-1);
	list[*n] = *h;
	return ((int)(*n)++);
}

/* False: it is not how a server is named. An empty name: nobody knows its address, or it has no port but for TLS. */
static bool
read_server(const redisReply *r, const struct redis_host *asked, struct redis_host *out)
{
	struct str name = STR_NONE;

	if (r->type != REDIS_REPLY_ARRAY || r->elements < 2 || r->element[1]->type != REDIS_REPLY_INTEGER ||
	    r->element[1]->integer < 0 || r->element[1]->integer > PORT_MAX)
		return (false);
	if (r->element[0]->type == REDIS_REPLY_STRING)
		name = (struct str){ r->element[0]->str, r->element[0]->len };
	else if (r->element[0]->type != REDIS_REPLY_NIL)
		return (false);
	*out = (struct redis_host){ .port = (int)r->element[1]->integer };
	if (out->port == 0 || (name.len > 0 && !redis_host_is_name(name)))
		return (true);
	return (str_copy(out->name, sizeof(out->name), name.len > 0 ? name : str_of(asked->name)));
}

static bool
is_slot(const redisReply *r)
{

	return (r->type == REDIS_REPLY_INTEGER && r->integer >= 0 && r->integer <= SLOT_MAX);
}

static bool
read_range(const redisReply *r, const struct redis_host *asked, struct cluster_map *out)
{
	struct redis_host h;
	int master;

	if (r->type != REDIS_REPLY_ARRAY || r->elements < 3 || !is_slot(r->element[0]) || !is_slot(r->element[1]) ||
	    !read_server(r->element[2], asked, &h))
		return (false);
	for (size_t i = 3; i < r->elements; i++) {
		struct redis_host replica;

		if (read_server(r->element[i], asked, &replica) && replica.name[0] != '\0')
			(void)place_of(out->replicas, &out->n_replicas, CLUSTER_REPLICAS_MAX, &replica);
	}
	if (h.name[0] == '\0')
		return (true);
	if ((master = place_of(out->masters, &out->n, NODES_MAX, &h)) < 0)
		return (false);
	for (long long slot = r->element[0]->integer; slot <= r->element[1]->integer; slot++)
		out->of[slot] = (uint8_t)master;
	return (true);
}

bool
cluster_map_read(const struct redisReply *r, const struct redis_host *asked, struct cluster_map *out)
{

	out->n = out->n_replicas = 0;
	memset(out->of, CLUSTER_NOBODY, sizeof(out->of));
	if (r->type != REDIS_REPLY_ARRAY)
		return (false);
	for (size_t i = 0; i < r->elements; i++)
		if (!read_range(r->element[i], asked, out))
			return (false);
	return (out->n > 0);
}

/* Slot by slot the name of its master, once for each run of slots of the same. */
uint32_t
cluster_map_hash(const struct cluster_map *m)
{
	uint64_t hash = STR_HASH;
	uint8_t last = CLUSTER_NOBODY;

	for (unsigned slot = 0; slot < CLUSTER_SLOTS; slot++) {
		const struct redis_host *h = m->of[slot] < m->n ? &m->masters[m->of[slot]] : NULL;

		if (m->of[slot] == last)
			continue;
		last = m->of[slot];
		hash = str_hash(hash, &slot, sizeof(slot));
		if (h != NULL)
			hash = str_hash(str_hash(hash, h->name, strlen(h->name)), &h->port, sizeof(h->port));
	}
	hash ^= hash >> 32;
	return ((uint32_t)hash != 0 ? (uint32_t)hash : 1);
}

/* The port is behind the last colon: an IPv6 address has others. */
static bool
read_address(struct str s, struct redis_host *out)
{
	const char *colon = s.len > 0 ? memrchr(s.p, ':', s.len) : NULL;
	struct str name, port;
	uint64_t n;

	if (colon == NULL)
		return (false);
	name = (struct str){ s.p, (size_t)(colon - s.p) };
	port = (struct str){ colon + 1, s.len - name.len - 1 };
	if (name.len > 2 && name.p[0] == '[' && name.p[name.len - 1] == ']')
		name = (struct str){ name.p + 1, name.len - 2 };
	if (!str_to_u64(port, PORT_MAX, &n) || n == 0 || (name.len > 0 && !redis_host_is_name(name)))
		return (false);
	out->port = (int)n;
	return (str_copy(out->name, sizeof(out->name), name));
}

bool
cluster_redirect_read(struct str error, struct redirect *out)
{
	struct str rest = error, word = str_cut(&rest, ' '), slot = str_cut(&rest, ' ');
	uint64_t n;

	*out = (struct redirect){ .ask = str_is(word, "ASK") };
	if ((!out->ask && !str_is(word, "MOVED")) || !str_to_u64(slot, SLOT_MAX, &n) || rest.p == NULL ||
	    !read_address(str_cut(&rest, ' '), &out->to))
		return (false);
	out->slot = (unsigned)n;
	return (true);
}

void
cluster_url(const char *scheme, const struct redis_host *h, char out[CLUSTER_URL_MAX])
{
	bool v6 = strchr(h->name, ':') != NULL;

	snprintf(out, CLUSTER_URL_MAX, v6 ? "%s://[%s]:%d" : "%s://%s:%d", scheme, h->name, h->port);
}
