/* SPDX-License-Identifier: ISC */
/*
 * The special-purpose registries of IANA as far as a request could do harm there: whoever may write a URL into a configuration,
 * or own the name in it, must not talk to what only this machine or its network can reach (server-side request forgery). The
 * blocks for documentation are nobody's and count as public.
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <stdio.h>
#include <string.h>

#include "base/resolve.h"
#include "base/str.h"

#include "base/address_reach.h"

static char *const loopback[] = { "127.0.0.0/8", "::1", NULL };

static char *const nobody[] = {
	"0.0.0.0/8",   /* Linux connects 0.0.0.0 to this machine */
	"224.0.0.0/4", /* multicast */
	"240.0.0.0/4", /* reserved, broadcast */
	"::",
	"ff00::/8", /* multicast */
	NULL,
};

static char *const inner[] = {
	"10.0.0.0/8",
	"172.16.0.0/12",
	"192.168.0.0/16",
	"100.64.0.0/10",  /* carriers' NAT; some clouds' metadata */
	"169.254.0.0/16", /* link-local; most clouds' metadata */
	"168.63.129.16",  /* Azure's metadata, on a public address */
	"192.0.0.0/24",   /* protocol assignments; Oracle's metadata */
	"198.18.0.0/15",  /* benchmarks */
	"192.88.99.0/24", /* 6to4 relays */
	"::/96",          /* IPv4-compatible, long gone */
	"64:ff9b:1::/48", /* NAT64 of a network's own */
	"100::/64",       /* discard */
	"2001::/32",      /* Teredo: the peer's address is anybody's claim */
	"2001:2::/48",    /* benchmarks */
	"2001:10::/28",   /* ORCHID */
	"2001:20::/28",
	"5f00::/16", /* segment routing */
	"fc00::/7",  /* unique local; Amazon's metadata */
	"fe80::/10", /* link-local */
	"fec0::/10", /* site-local, before unique local */
	NULL,
};

static char *const nat64[] = { "64:ff9b::/96", NULL };
static char *const six_to_four[] = { "2002::/16", NULL };

/* The IPv4 address that ${a} leads to, if it does: NAT64 has it in its last four bytes, 6to4 behind its prefix. */
static bool
embedded(const struct address *a, struct address *out)
{
	size_t at;

	if (address_is_listed(nat64, a))
		at = 12;
	else if (address_is_listed(six_to_four, a))
		at = 2;
	else
		return (false);
	out->bits = ADDRESS_BITS_V4;
	memcpy(out->bytes, a->bytes + at, ADDRESS_BITS_V4 / 8);
	return (true);
}

enum address_reach
address_reach(const struct address *a)
{
	struct address v4;

	if (embedded(a, &v4))
		return (address_reach(&v4) == REACH_PUBLIC ? REACH_PUBLIC : REACH_INNER);
	if (address_is_listed(loopback, a))
		return (REACH_LOOPBACK);
	if (address_is_listed(nobody, a))
		return (REACH_NOBODY);
	return (address_is_listed(inner, a) ? REACH_INNER : REACH_PUBLIC);
}

bool
address_of_socket(const struct sockaddr *sa, struct address *out)
{
	char text[INET6_ADDRSTRLEN];
	const void *bytes;

	if (sa->sa_family == AF_INET)
		bytes = &((const struct sockaddr_in *)(const void *)sa)->sin_addr;
	else if (sa->sa_family == AF_INET6)
		bytes = &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr;
	else
		return (false);
	/* by way of its text, where mapped addresses become IPv4 */
	return (inet_ntop(sa->sa_family, bytes, text, sizeof(text)) != NULL && address_parse(str_of(text), out));
}

/* ${known}: it is an address at all. */
static bool
judge(bool known, const struct address *a, address_objection *objection, const void *of, char *why, size_t len)
{
	char text[ADDRESS_MAX + 1];
	const char *fault;

	if (!known) {
		snprintf(why, len, "has an address of a family that is not connected to");
		return (false);
	}
	if ((fault = objection(of, address_reach(a))) == NULL)
		return (true);
	address_write(a, text);
	snprintf(why, len, "%s is %s", text, fault);
	return (false);
}

bool
address_admits(const struct sockaddr *sa, address_objection *objection, const void *of, char *why, size_t len)
{
	struct address a;
	bool known = address_of_socket(sa, &a);

	return (judge(known, &a, objection, of, why, len));
}

bool
address_admits_host(const char *host, int64_t deadline, address_objection *objection, const void *of, char *why, size_t len)
{
	struct resolved found;
	bool fine = true;

	(void)resolve(host, deadline, &found);
	for (size_t i = 0; i < found.n && fine; i++) {
		struct str text = str_of(found.address[i]);
		struct address a;
		bool known = address_parse(str_cut(&text, '%'), &a); /* without its zone */

		fine = judge(known, &a, objection, of, why, len);
	}
	return (fine);
}
