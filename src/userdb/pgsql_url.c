/* SPDX-License-Identifier: ISC */
/* postgresql://user@host:port,host/database?parameters, in libpq's spelling. What is not understood is another machine. */
#include <string.h>

#include "base/address_reach.h"
#include "base/str.h"

#include "userdb/pgsql_url.h"

/* "host:port", "[::1]:port", "" or, percent-encoded, the directory of a socket. */
static bool
is_host_here(struct str place)
{
	struct address a;

	if (place.len > 0 && place.p[0] == '[') {
		place.p++;
		place.len--;
		place = str_cut(&place, ']');
	} else {
		place = str_cut(&place, ':');
	}
	if (place.len == 0 || str_starts(place, "%2F") || str_starts(place, "%2f") || str_is(place, "localhost"))
		return (true);
	return (address_parse(place, &a) && address_reach(&a) == REACH_LOOPBACK);
}

/* A host that a parameter names may be anywhere. */
static bool
is_here(const char *url)
{
	struct str rest = str_of(strstr(url, "://") + 3), hosts, user;
	bool here = strstr(url, "?host") == NULL && strstr(url, "&host") == NULL;

	rest.len = strcspn(rest.p, "/?");
	hosts = rest;
	user = str_cut(&hosts, '@');
	if (hosts.p == NULL)
		hosts = user;
	while (hosts.p != NULL)
		here = is_host_here(str_cut(&hosts, ',')) && here;
	return (here);
}

bool
pgsql_url_is_unproved(const char *url)
{

	return (strstr(url, "sslmode=verify-full") == NULL && !is_here(url));
}
