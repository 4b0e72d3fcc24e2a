/* SPDX-License-Identifier: ISC */
/* postgresql://user@host:port,host/database?parameters, in libpq's spelling. What is not understood is another machine. */
#include <string.h>

#include "base/address_reach.h"
#include "base/str.h"

#include "userdb/pgsql_url.h"

static bool
is_directory(struct str place)
{

	return (str_starts(place, "/") || str_starts(place, "%2F") || str_starts(place, "%2f"));
}

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
	if (place.len == 0 || is_directory(place) || str_is(place, "localhost"))
		return (true);
	return (address_parse(place, &a) && address_reach(&a) == REACH_LOOPBACK);
}

/* A host that a parameter names may be anywhere, unless it is the directory of a socket. So may what is behind the name of a
 * service, or of a parameter that is spelled with %. */
static bool
is_parameter_here(struct str value)
{
	struct str name = str_cut(&value, '=');

	if (memchr(name.p, '%', name.len) != NULL || str_is(name, "service"))
		return (false);
	if (!str_is(name, "host") && !str_is(name, "hostaddr"))
		return (true);
	while (value.p != NULL)
		if (!is_directory(str_cut(&value, ',')))
			return (false);
	return (true);
}

static bool
is_here(const char *url)
{
	struct str rest = str_of(strstr(url, "://") + 3), hosts, user, parameters = rest;
	bool here = true;

	(void)str_cut(&parameters, '?');
	while (parameters.p != NULL)
		here = is_parameter_here(str_cut(&parameters, '&')) && here;
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
