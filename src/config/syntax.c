/* SPDX-License-Identifier: ISC */
/*
 * What values have to look like: paths, hosts, origins, prefixes. Each function answers yes or no about a
 * string and knows no option. They accept one spelling only (lower case, no default port, no slash at the end), because the
 * values are compared as text with what browsers and proxies send.
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "doorward/event.h"

#include "config/syntax.h"

#define PORT_MAX 65535
#define UNIX_PEER "unix:" /* whoever comes over a unix socket */
#define MAPPED_BITS 96    /* of ::ffff:0:0, below which IPv4 addresses are */
#define HOST_MAX 253      /* characters of a DNS name */
#define LABEL_MAX 63      /* of what stands between its dots */
#define LOOPBACK_NET 127u /* 127.0.0.0/8 */
#define WIDE_IPV4 24      /* a public prefix shorter than these holds strangers */
#define WIDE_IPV6 64

/* Addresses that are never routed on the Internet: RFC 1918, 6598, 3927, 5735; RFC 4193, 4291. */
static const struct range {
	int family;
	unsigned bits;
	uint8_t net[4]; /* no range has more than 32 bits */
} own_ranges[] = {
	{ AF_INET, 8, { 10 } },
	{ AF_INET, 12, { 172, 16 } },
	{ AF_INET, 16, { 192, 168 } },
	{ AF_INET, 10, { 100, 64 } },
	{ AF_INET, 16, { 169, 254 } },
	{ AF_INET, 8, { 127 } },
	{ AF_INET6, 7, { 0xfc } },
	{ AF_INET6, 10, { 0xfe, 0x80 } },
};

/* A path of segments; none of them empty, "." or "..". */
static bool
is_normal_path(struct str path)
{
	struct str rest = path;

	if (str_cut(&rest, '/').len != 0 || rest.p == NULL)
		return (false);
	while (rest.p != NULL) {
		struct str segment = str_cut(&rest, '/');

		if (!str_is_word(segment, "._~-", path.len) || str_is(segment, ".") || str_is(segment, ".."))
			return (false);
	}
	return (true);
}

bool
syntax_is_mount(const char *s)
{

	return (is_normal_path(str_of(s)));
}

/* No leading zero: "080" would be another text for the same port. */
static bool
is_port(struct str s)
{
	uint64_t port;

	return (str_to_u64(s, PORT_MAX, &port) && port != 0 && s.p[0] != '0');
}

static bool
is_ipv6(struct str s)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr a;

	return (str_copy(text, sizeof(text), s) && inet_pton(AF_INET6, text, &a) == 1);
}

static bool
is_lower_name(struct str s)
{

	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] >= 'A' && s.p[i] <= 'Z')
			return (false);
	return (str_is_word(s, ".-", HOST_MAX));
}

/* Splits "host:port" or "[address]:port"; ${*port} is absent if there is none. Returns false if it is neither. */
static bool
split_host(struct str s, struct str *host, struct str *port)
{

	*port = STR_NONE;
	if (!str_starts(s, "[")) {
		*port = s;
		*host = str_cut(port, ':');
		return (port->p == NULL || is_port(*port));
	}
	s.p++;
	s.len--;
	*host = str_cut(&s, ']');
	if (s.p == NULL || !is_ipv6(*host))
		return (false);
	if (s.len == 0)
		return (true);
	*port = (struct str){ s.p + 1, s.len - 1 };
	return (s.p[0] == ':' && is_port(*port));
}

/* Takes the scheme off ${*s}; returns its default port, or NULL if it is not one that is allowed. */
static const char *
cut_scheme(struct str *s, bool http)
{
	size_t n;

	if (str_starts(*s, "https://"))
		n = sizeof("https://") - 1;
	else if (http && str_starts(*s, "http://"))
		n = sizeof("http://") - 1;
	else
		return (NULL);
	s->p += n;
	s->len -= n;
	return (n == sizeof("https://") - 1 ? "443" : "80");
}

static bool
is_authority(struct str s, const char *default_port)
{
	struct str host, port;

	if (!split_host(s, &host, &port) || str_is(port, default_port))
		return (false);
	return (s.p[0] == '[' || is_lower_name(host));
}

bool
syntax_is_origin(const char *s, bool http)
{
	struct str rest = str_of(s);
	const char *port = cut_scheme(&rest, http);

	return (port != NULL && is_authority(rest, port));
}

static bool
is_label(struct str s)
{

	return (s.len > 0 && s.len <= LABEL_MAX && s.p[0] != '-' && s.p[s.len - 1] != '-' && str_is_word(s, "-", LABEL_MAX));
}

bool
syntax_is_domain(const char *s)
{
	struct str rest = str_of(s), label = STR_NONE;
	size_t labels = 0;
	uint64_t number;

	if (!is_lower_name(rest))
		return (false);
	for (; rest.p != NULL; labels++)
		if (!is_label(label = str_cut(&rest, '.')))
			return (false);
	return (labels > 1 && !str_to_u64(label, UINT64_MAX, &number)); /* else an address, or what will be taken for one */
}

bool
syntax_is_in_domain(const char *address, const char *domain)
{
	const char *host = strstr(address, "://");
	size_t n = strlen(domain), len;

	if (host == NULL)
		return (false);
	host += 3;
	len = strcspn(host, ":/");
	if (len < n || memcmp(host + len - n, domain, n) != 0)
		return (false);
	return (len == n || host[len - n - 1] == '.');
}

/* An origin with a path, and no slash at its end. */
bool
syntax_is_issuer(const char *s, bool http)
{
	struct str rest = str_of(s), authority;
	const char *port = cut_scheme(&rest, http);

	if (port == NULL)
		return (false);
	authority = rest;
	authority.len = strcspn(rest.p, "/");
	rest.p += authority.len;
	rest.len -= authority.len;
	return (is_authority(authority, port) && (rest.len == 0 || is_normal_path(rest)));
}

/* A path of ours or an address with a scheme that does nothing by itself: no "javascript:". */
bool
syntax_is_link(const char *s)
{
	static const char *const schemes[] = { "https://", "http://", "mailto:" };

	for (const char *p = s; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f)
			return (false);
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strncmp(s, schemes[i], strlen(schemes[i])) == 0)
			return (s[strlen(schemes[i])] != '\0');
	return (s[0] == '/' && s[1] != '/');
}

bool
syntax_is_prefix(const char *s)
{
	struct str bits = str_of(s), address = str_cut(&bits, '/');
	char text[INET6_ADDRSTRLEN];
	struct in_addr a;
	uint64_t n;

	if (strcmp(s, UNIX_PEER) == 0)
		return (true);
	if (!str_copy(text, sizeof(text), address))
		return (false);
	if (is_ipv6(address))
		return (bits.p == NULL || str_to_u64(bits, 128, &n));
	return (inet_pton(AF_INET, text, &a) == 1 && (bits.p == NULL || str_to_u64(bits, 32, &n)));
}

/* ${address} in the first r->bits of ${r}. */
static bool
is_below(const struct range *r, int family, const uint8_t *address, unsigned bits)
{
	uint8_t last = (uint8_t)(0xff << (8 - r->bits % 8));

	if (family != r->family || bits < r->bits || memcmp(address, r->net, r->bits / 8) != 0)
		return (false);
	return (r->bits % 8 == 0 || (address[r->bits / 8] & last) == r->net[r->bits / 8]);
}

/* "::ffff:a.b.c.d" is a.b.c.d. */
static bool
unmap(uint8_t a[16], uint64_t *bits)
{
	static const uint8_t mapped[MAPPED_BITS / 8] = { [10] = 0xff, [11] = 0xff };

	if (*bits < MAPPED_BITS || memcmp(a, mapped, sizeof(mapped)) != 0)
		return (false);
	memmove(a, a + MAPPED_BITS / 8, 4);
	*bits -= MAPPED_BITS;
	return (true);
}

bool
syntax_is_wide(const char *prefix)
{
	struct str rest = str_of(prefix), address = str_cut(&rest, '/');
	int family = memchr(address.p, ':', address.len) == NULL ? AF_INET : AF_INET6;
	uint64_t bits = family == AF_INET ? 32 : 128;
	char text[INET6_ADDRSTRLEN];
	uint8_t a[16];

	if (strcmp(prefix, UNIX_PEER) == 0)
		return (false); /* who may connect is said by the socket's mode */
	if (!str_copy(text, sizeof(text), address) || inet_pton(family, text, a) != 1 ||
	    (rest.p != NULL && !str_to_u64(rest, bits, &bits)))
		return (true);
	if (family == AF_INET6 && unmap(a, &bits))
		family = AF_INET;
	for (size_t i = 0; i < sizeof(own_ranges) / sizeof(own_ranges[0]); i++)
		if (is_below(&own_ranges[i], family, a, (unsigned)bits))
			return (false);
	return (bits < (family == AF_INET ? WIDE_IPV4 : WIDE_IPV6));
}

/* A name is not looked up: it could lead elsewhere tomorrow. */
bool
syntax_is_loopback(const char *s)
{
	struct str host, port;
	char text[INET6_ADDRSTRLEN];
	struct in_addr a;

	if (!split_host(str_of(s), &host, &port) || port.p == NULL || !str_copy(text, sizeof(text), host))
		return (false);
	if (s[0] == '[')
		return (str_is(host, "::1"));
	return (inet_pton(AF_INET, text, &a) == 1 && ntohl(a.s_addr) >> 24 == LOOPBACK_NET);
}

bool
syntax_is_token(const char *s)
{

	return (str_is_word(str_of(s), "!#$%&'*+-.^_`|~", SIZE_MAX));
}

bool
syntax_is_name(const char *s)
{

	return (s[0] != '-' && s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-_")] == '\0');
}

bool
syntax_is_event(const char *s)
{
	static const char *const types[] = { EVENT_TYPES };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i], s) == 0)
			return (true);
	return (false);
}

bool
syntax_is_fraction(const char *s)
{
	size_t whole = strspn(s, "0123456789"), part = 0;

	if (whole == 0)
		return (false);
	if (s[whole] == '.')
		part = 1 + strspn(s + whole + 1, "0123456789");
	return (part != 1 && s[whole + part] == '\0' && strtod(s, NULL) <= 1);
}
