/* SPDX-License-Identifier: ISC */
/*
 * Reading redis.url: a scheme, hosts with commas between them, and what the scheme allows behind slashes. Nothing is looked up,
 * and a user or password has no place here.
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <stdint.h>
#include <string.h>

#include "base/str.h"

#include "base/redis_url.h"

#define PORT_MAX 65535
#define REDIS_PORT 6379
#define SENTINEL_PORT 26379

bool
redis_host_is_name(struct str name)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t a[16];

	if (name.len > 0 && memchr(name.p, ':', name.len) != NULL)
		return (str_copy(text, sizeof(text), name) && inet_pton(AF_INET6, text, a) == 1);
	return (str_is_word(name, ".-_", REDIS_HOST_MAX));
}

static bool
read_port(struct str s, int *port)
{
	uint64_t n;

	if (s.p == NULL)
		return (true);
	if (!str_to_u64(s, PORT_MAX, &n) || n == 0)
		return (false);
	*port = (int)n;
	return (true);
}

/* [v6] or [v6]:port; ${s} begins behind the bracket. */
static bool
read_ipv6(struct str s, struct redis_host *h)
{
	struct str host = str_cut(&s, ']'), port = STR_NONE;
	uint8_t a[16];

	if (s.p == NULL || (s.len > 0 && s.p[0] != ':') || !str_copy(h->name, sizeof(h->name), host))
		return (false);
	if (s.len > 0)
		port = (struct str){ s.p + 1, s.len - 1 };
	return (inet_pton(AF_INET6, h->name, a) == 1 && read_port(port, &h->port));
}

static bool
read_host(struct str s, int port, struct redis_host *h)
{
	struct str host;

	h->port = port;
	if (str_starts(s, "["))
		return (read_ipv6((struct str){ s.p + 1, s.len - 1 }, h));
	host = str_cut(&s, ':');
	return (str_is_word(host, ".-_", REDIS_HOST_MAX) && str_copy(h->name, sizeof(h->name), host) && read_port(s, &h->port));
}

static bool
read_hosts(struct str list, int port, size_t most, struct redis_url *out)
{

	while (list.p != NULL)
		if (out->n == most || !read_host(str_cut(&list, ','), port, &out->hosts[out->n++]))
			return (false);
	return (true);
}

static bool
read_database(struct str s, struct redis_url *out)
{
	uint64_t n = 0;

	if (s.p != NULL && !str_to_u64(s, REDIS_DATABASE_MAX, &n))
		return (false);
	out->database = (int)n;
	return (true);
}

/* The characters that Sentinel allows in the name of a master. */
static bool
read_master(struct str s, struct redis_url *out)
{

	return (str_is_word(s, ".-_", REDIS_MASTER_MAX) && str_copy(out->master, sizeof(out->master), s));
}

static bool
cut_scheme(struct str *s, const char *scheme)
{
	size_t n = strlen(scheme);

	if (!str_starts(*s, scheme))
		return (false);
	*s = (struct str){ s->p + n, s->len - n };
	return (true);
}

bool
redis_url_read(const char *url, struct redis_url *out)
{
	struct str rest = str_of(url), hosts;

	*out = (struct redis_url){ .kind = REDIS_UNIX };
	if (cut_scheme(&rest, "unix:")) {
		out->path = rest.p;
		return (rest.len > 1 && rest.p[0] == '/');
	}
	out->kind = cut_scheme(&rest, "redis://")      ? REDIS_TCP
		    : cut_scheme(&rest, "sentinel://") ? REDIS_SENTINEL
						       : REDIS_CLUSTER;
	if (out->kind == REDIS_CLUSTER && !cut_scheme(&rest, "cluster://"))
		return (false);
	hosts = str_cut(&rest, '/');
	switch (out->kind) {
	case REDIS_TCP:
		return (read_hosts(hosts, REDIS_PORT, 1, out) && read_database(rest, out));
	case REDIS_SENTINEL:
		return (read_hosts(hosts, SENTINEL_PORT, REDIS_HOSTS_MAX, out) && rest.p != NULL &&
			read_master(str_cut(&rest, '/'), out) && read_database(rest, out));
	default:
		return (read_hosts(hosts, REDIS_PORT, REDIS_HOSTS_MAX, out) && rest.p == NULL);
	}
}
