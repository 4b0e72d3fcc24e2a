/* SPDX-License-Identifier: ISC */
#include "session/liveness.h"

static int64_t
later(int64_t a, int64_t b)
{

	return (a > b ? a : b);
}

/* The earlier of ${absolute} and ${idle} seconds after ${used}; no idle time, no limit by it. */
static int64_t
limit(int64_t absolute, int64_t used, int64_t idle)
{

	if (idle <= 0 || used > INT64_MAX - idle)
		return (absolute);
	return (used + idle < absolute ? used + idle : absolute);
}

int64_t
session_cookie_end(const struct session *s)
{

	if (!s->has_cookie)
		return (0);
	return (limit(s->absolute, s->last_seen, s->policy == POLICY_SLIDING ? s->idle : 0));
}

int64_t
session_family_end(const struct session *s)
{

	if (!s->has_family)
		return (0);
	return (limit(s->family_absolute, s->rotated, s->family_idle));
}

int64_t
session_end(const struct session *s)
{
	int64_t end = later(session_cookie_end(s), session_family_end(s));

	return (s->has_family ? later(end, s->access_exp) : end);
}
