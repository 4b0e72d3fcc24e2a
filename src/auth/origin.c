/* SPDX-License-Identifier: ISC */
/*
 * Our own origins: the issuer's, which the login page is at, and those listed in "origins". One rule for all who ask: whose
 * pages may write with a cookie (csrf.c), where a login may lead (handle/next.c), where a form may (csp.c). Origins are
 * compared as text, byte by byte: what a browser sends as Origin has one spelling, and any other, though it might mean the
 * same, is nobody's.
 */
#include <string.h>

#include "doorward/config.h"

#include "auth/origin.h"

/* The length of "scheme://authority" at the start of ${s}; 0 if it does not begin so. */
static size_t
origin_length(struct str s)
{
	const char *mark = s.len == 0 ? NULL : memmem(s.p, s.len, "://", 3);
	size_t n;

	if (mark == NULL)
		return (0);
	for (n = (size_t)(mark - s.p) + 3; n < s.len; n++)
		if (s.p[n] == '/' || s.p[n] == '?' || s.p[n] == '#')
			break;
	return (n);
}

struct str
origin_of_issuer(const struct config *c)
{
	struct str s = str_of(c->issuer);

	s.len = origin_length(s);
	return (s);
}

static bool
is_same(struct str a, struct str b)
{

	return (a.len == b.len && memcmp(a.p, b.p, a.len) == 0);
}

bool
origin_is_own(const struct config *c, struct str origin)
{

	if (origin.len == 0)
		return (false); /* nothing said is nothing proved, whatever the configuration holds */
	for (size_t i = 0; c->origins != NULL && c->origins[i] != NULL; i++)
		if (str_is(origin, c->origins[i]))
			return (true);
	return (is_same(origin, origin_of_issuer(c)));
}

struct str
origin_cut(const struct config *c, struct str *uri)
{
	struct str origin = { uri->p, origin_length(*uri) };

	if (!origin_is_own(c, origin))
		return (STR_NONE);
	uri->p += origin.len;
	uri->len -= origin.len;
	return (origin);
}

struct str
origin_of_host(const struct config *c, bool tls, struct str host, char room[ORIGIN_TEXT_MAX])
{
	static const char *const schemes[] = { "http://", "https://" };
	size_t n = strlen(schemes[tls]);
	struct str origin = { room, n + host.len };

	if (c->cookie_domain[0] == '\0' || host.len == 0 || origin.len > ORIGIN_TEXT_MAX)
		return (STR_NONE);
	memcpy(room, schemes[tls], n);
	memcpy(room + n, host.p, host.len);
	return (origin_is_own(c, origin) && !is_same(origin, origin_of_issuer(c)) ? origin : STR_NONE);
}
