/* SPDX-License-Identifier: ISC */
/*
 * The table of routes: path, methods, what the dispatcher does for them, handler. A path that is known with other methods
 * yields those for "Allow"; '*' stands for one segment. The order is the index under which the board counts them.
 */
#include <string.h>

#include "handle/handlers.h"
#include "handle/refresh.h"

#include "web/route.h"

static const struct route routes[] = {
	{ "/check", METHOD_ANY & ~METHOD_TRACE, ROUTE_OWN_REFUSAL, handle_check, "check" },
	{ "/login", METHOD_GET | METHOD_HEAD, ROUTE_OWN_REFUSAL, handle_login_page, "login_page" },
	{ "/login", METHOD_POST, ROUTE_BODY, handle_login, "login" },
	{ "/logout", METHOD_GET | METHOD_HEAD, 0, handle_logout_page, "logout_page" },
	{ "/logout", METHOD_POST, ROUTE_BODY, handle_logout, "logout" },
	{ "/refresh", METHOD_POST, ROUTE_BODY, handle_refresh, "refresh" },
	{ "/token", METHOD_POST, ROUTE_BODY, handle_token, "token" },
	{ "/revoke", METHOD_POST, ROUTE_BODY, handle_revoke, "revoke" },
	{ "/introspect", METHOD_POST, ROUTE_BODY, handle_introspect, "introspect" },
	{ "/session", METHOD_GET | METHOD_HEAD, 0, handle_session, "session" },
	{ "/sessions", METHOD_GET | METHOD_HEAD, 0, handle_sessions, "sessions" },
	{ "/sessions/*", METHOD_DELETE, ROUTE_BODY, handle_session_end, "session_end" },
	{ "/sessions/*/logout", METHOD_POST, ROUTE_BODY, handle_session_end, "session_logout" }, /* forms know no DELETE */
	{ "/password", METHOD_POST, ROUTE_BODY, handle_password, "password" },
	{ "/account", METHOD_GET | METHOD_HEAD, 0, handle_account, "account" },
	{ "/jwks.json", METHOD_GET | METHOD_HEAD, ROUTE_PLAIN_OK, handle_jwks, "jwks" },
	{ "/.well-known/oauth-authorization-server", METHOD_GET | METHOD_HEAD, ROUTE_PLAIN_OK, handle_metadata, "metadata" },
};

#define ROUTES (sizeof(routes) / sizeof(routes[0]))
_Static_assert(ROUTES <= ROUTE_SLOTS, "the scoreboard has no room for all routes");

const struct route *const route_check = &routes[0];

bool
route_matches(const char *pattern, const char *path)
{

	for (; *pattern != '\0'; pattern++) {
		size_t n = *pattern == '*' ? strcspn(path, "/") : *pattern == *path ? 1 : 0;

		if (n == 0)
			return (false);
		path += n;
	}
	return (*path == '\0');
}

const struct route *
route_find(const char *path, enum method method, unsigned *allow)
{

	*allow = 0;
	for (size_t i = 0; i < ROUTES; i++) {
		if (!route_matches(routes[i].path, path))
			continue;
		*allow |= routes[i].methods;
		if ((routes[i].methods & method) != 0)
			return (&routes[i]);
	}
	return (NULL);
}

uint32_t
route_id(const struct route *r)
{

	return ((uint32_t)(r - routes));
}

const char *
route_name(uint32_t id)
{

	return (id < ROUTES ? routes[id].name : NULL);
}
