/* SPDX-License-Identifier: ISC */
/* The address of a directory, as much of RFC 4516 as says where it is. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"

#include "userdb/ldap_url.h"

#define DEFAULT_SOCKET "/var/run/slapd/ldapi"

static const struct {
	const char *prefix, *port;
} schemes[] = {
	[LDAP_SCHEME_PLAIN] = { "ldap://", "389" },
	[LDAP_SCHEME_TLS] = { "ldaps://", "636" },
	[LDAP_SCHEME_UNIX] = { "ldapi://", "" },
};

#define SCHEMES (sizeof(schemes) / sizeof(schemes[0]))

static bool
read_path(struct str s, char out[LDAP_SOCKET_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		int c = (unsigned char)s.p[i];

		if (c == '%') {
			if (s.len - i < 3 || str_hex_value(s.p[i + 1]) < 0 || str_hex_value(s.p[i + 2]) < 0)
				return (false);
			c = str_hex_value(s.p[i + 1]) * 16 + str_hex_value(s.p[i + 2]);
			i += 2;
		}
		if (c == '\0' || n + 1 >= LDAP_SOCKET_MAX)
			return (false);
		out[n++] = (char)c;
	}
	out[n] = '\0';
	if (strcmp(out, "") == 0 || strcmp(out, "/") == 0)
		strcpy(out, DEFAULT_SOCKET);
	return (out[0] == '/');
}

static bool
read_port(struct str s, char out[DIAL_PORT_MAX + 1])
{
	uint64_t port;

	return (str_to_u64(s, 65535, &port) && port > 0 && str_copy(out, DIAL_PORT_MAX + 1, s));
}

/* "host", "host:port", "[address]", "[address]:port" */
static bool
read_host(struct str s, struct ldap_url *out)
{
	bool bracketed = s.len > 0 && s.p[0] == '[';
	struct str host, rest = s;

	if (s.len > 0 && s.p[s.len - 1] == '/')
		rest.len--;
	if (bracketed) {
		rest.p++;
		rest.len--;
		host = str_cut(&rest, ']');
		if (rest.p == NULL || (rest.len > 0 && rest.p[0] != ':'))
			return (false);
		if (rest.len == 0)
			rest = STR_NONE;
		else
			rest = (struct str){ rest.p + 1, rest.len - 1 };
	} else {
		host = str_cut(&rest, ':');
	}
	if (rest.p != NULL && !read_port(rest, out->port))
		return (false);
	return (str_is_word(host, bracketed ? ":." : ".-_", DIAL_HOST_MAX) && str_copy(out->host, sizeof(out->host), host));
}

bool
ldap_url_read(const char *url, struct ldap_url *out)
{
	struct str s = str_of(url);

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < SCHEMES; i++) {
		size_t n = strlen(schemes[i].prefix);

		if (!str_starts(s, schemes[i].prefix))
			continue;
		out->scheme = (enum ldap_scheme)i;
		strcpy(out->port, schemes[i].port);
		s = (struct str){ s.p + n, s.len - n };
		return (i == LDAP_SCHEME_UNIX ? read_path(s, out->path) : read_host(s, out));
	}
	return (false);
}

bool
ldap_url_is_loopback(const struct ldap_url *u)
{

	return (u->scheme == LDAP_SCHEME_UNIX || strcmp(u->host, "localhost") == 0 || strcmp(u->host, "::1") == 0 ||
		(strncmp(u->host, "127.", 4) == 0 && strspn(u->host, "0123456789.") == strlen(u->host)));
}
