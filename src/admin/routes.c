/* SPDX-License-Identifier: ISC */
/* The operators' routes. What is open only reads; everything else needs the unix socket or the token. */
#include <stddef.h>

#include "web/route.h"

#include "admin/routes.h"

#define READS (METHOD_GET | METHOD_HEAD)

static const struct admin_route routes[] = {
	{ "/health/live", READS, true, health_live },
	{ "/health/ready", READS, true, health_ready },
	{ "/metrics", READS, true, metrics_text },
	{ "/status", READS, true, status_page },
	{ "/admin/flush", METHOD_POST, false, flush_post },
	{ "/admin/kick", METHOD_POST, false, kick_post },
	{ "/admin/sessions", READS, false, sessions_list },
	{ "/admin/sessions/*", READS, false, sessions_show },
};

const struct admin_route *
routes_find(const char *path)
{

	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (route_matches(routes[i].path, path))
			return (&routes[i]);
	return (NULL);
}
