/* SPDX-License-Identifier: ISC */
/*
 * Where we are and who belongs to us. These options are compared as text with what browsers send, so each has one spelling.
 * With cookie_domain they have to fit together, or nobody could sign in, or not everywhere, without anything saying why: a
 * browser drops a cookie for a domain that its sender is not in, and sends none to a host outside.
 */
#include <string.h>

#include "config/check.h"
#include "config/syntax.h"
#include "doorward/config.h"

#include "config/hosts.h"

#define PLACE_MAX 384 /* bytes of the issuer where every refusal names it, beside 6 KB of the way back */

/* Compared as text, by applications and by ourselves: one spelling only. */
static void
check_issuer(const struct loading *l)
{
	const struct config *c = l->c;

	if (c->require_tls && strncmp(c->issuer, "http://", 7) == 0)
		wrong(l, "issuer", "must be an https address unless require_tls is false");
	else if (!syntax_is_issuer(c->issuer, !c->require_tls))
		wrong(l, "issuer",
		    "\"%s\" is not an address such as https://example.org/auth: host in lower case, no default port, no '/' at "
		    "the "
		    "end",
		    c->issuer);
	else if (c->cookie_domain[0] != '\0' && strlen(c->issuer) > PLACE_MAX)
		wrong(l, "issuer", "is longer than %d bytes, too long to be named in each refusal", PLACE_MAX);
}

static void
check_origin(const struct loading *l, const char *origin)
{
	const struct config *c = l->c;

	if (!syntax_is_origin(origin, !c->require_tls))
		wrong(l, "origins", "\"%s\" is not an origin such as https://example.org: lower case, no default port, no path",
		    origin);
	else if (c->cookie_domain[0] != '\0' && !syntax_is_in_domain(origin, c->cookie_domain))
		wrong(l, "origins", "\"%s\" is not in cookie_domain (%s): the session's cookie would not get there", origin,
		    c->cookie_domain);
	else if (c->cookie_domain[0] != '\0' && strncmp(origin, c->issuer, 5) != 0)
		wrong(l, "origins", "\"%s\" is not over %s as the issuer is: they could not share a cookie", origin,
		    strncmp(c->issuer, "https", 5) == 0 ? "https" : "http");
}

static void
check_origins(const struct loading *l)
{
	size_t bytes = 0;

	for (char **p = l->c->origins; *p != NULL; p++) {
		check_origin(l, *p);
		bytes += strlen(*p) + 1;
	}
	if (bytes > ORIGINS_BYTES_MAX)
		wrong(l, "origins", "have %zu bytes, at most %d are allowed", bytes, ORIGINS_BYTES_MAX);
}

static void
check_domain(const struct loading *l)
{
	const struct config *c = l->c;

	if (c->cookie_domain[0] == '\0')
		return;
	if (!syntax_is_domain(c->cookie_domain))
		wrong(l, "cookie_domain",
		    "\"%s\" is not a domain such as example.org: lower case, at least two names, no dot in front, no address, "
		    "no port",
		    c->cookie_domain);
	else if (!syntax_is_in_domain(c->issuer, c->cookie_domain))
		wrong(l, "cookie_domain", "the issuer (%s) is not in \"%s\": no browser would keep its cookie", c->issuer,
		    c->cookie_domain);
}

/* By what follows the prefix, which comes and goes with TLS and cookie_domain. */
static bool
is_other_cookie(const char *name)
{
	static const char *const prefixes[] = { COOKIE_HOST_PREFIX, COOKIE_DOMAIN_PREFIX };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			name += strlen(prefixes[i]);
	return (strcmp(name, COOKIE_CSRF_NAME) == 0 || strcmp(name, COOKIE_DEVICE_NAME) == 0);
}

/* Without the prefix a host that is not ours could plant a session's cookie, over plain http at least. */
static void
check_cookie_name(const struct loading *l)
{
	const struct config *c = l->c;
	bool domain = c->cookie_domain[0] != '\0';
	const char *prefix = domain ? COOKIE_DOMAIN_PREFIX : COOKIE_HOST_PREFIX;

	if (!syntax_is_token(c->cookie_name))
		wrong(l, "cookie_name", "\"%s\" holds what the name of a cookie may not", c->cookie_name);
	else if (domain && strncmp(c->cookie_name, COOKIE_HOST_PREFIX, sizeof(COOKIE_HOST_PREFIX) - 1) == 0)
		wrong(l, "cookie_name",
		    "with cookie_domain it must begin with " COOKIE_DOMAIN_PREFIX ", not with " COOKIE_HOST_PREFIX);
	else if (c->require_tls && strncmp(c->cookie_name, prefix, strlen(prefix)) != 0)
		wrong(l, "cookie_name", "must begin with %s unless require_tls is false", prefix);
	else if (is_other_cookie(c->cookie_name))
		wrong(l, "cookie_name", "\"%s\" is another cookie of doorward's", c->cookie_name);
}

void
hosts_check(const struct loading *l)
{

	check_issuer(l);
	check_origins(l);
	check_domain(l);
	check_cookie_name(l);
}
