/* SPDX-License-Identifier: ISC */
/* The operators' routes. What is open only reads; everything else needs the unix socket or the token. */
#include <stddef.h>

#include "web/route.h"

#include "admin/routes.h"

#define READS (METHOD_GET | METHOD_HEAD)

static const struct admin_route routes[] = {
	{ "/health/live", READS, .open = true, .handle = health_live },
	{ "/health/ready", READS, .open = true, .handle = health_ready },
	{ "/metrics", READS, .open = true, .handle = metrics_text },
	{ "/status", READS, .open = true, .handle = status_page },
	{ "/explorer", READS, .person = true, .handle = explorer_get },
	{ "/explorer/kick", READS, .person = true, .handle = explorer_kick },
	{ "/admin/flush", METHOD_POST, .handle = flush_post },
	{ "/admin/kick", METHOD_POST, .forms = true, .handle = kick_post },
	{ "/admin/sessions", READS, .handle = sessions_list },
	{ "/admin/sessions/*", READS, .handle = sessions_show },
};

const struct admin_route *
routes_find(const char *path)
{

	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (route_matches(routes[i].path, path))
			return (&routes[i]);
	return (NULL);
}
