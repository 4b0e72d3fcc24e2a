/* SPDX-License-Identifier: ISC */
/*
 * When a session ends. It has up to three ends: of its cookie (absolute, and idle where the policy is sliding), of its refresh
 * family (absolute and idle) and of the last access token that was issued. A credential is dead at its own end; the record is
 * kept until the last of them, since a logout still has to find it. The scripts in src/store/lua calculate the same.
 */
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

bool
session_is_void(const struct session *s, int64_t not_before)
{

	return (s->created < not_before);
}

bool
session_is_alive(const struct session *s, int64_t not_before, int64_t now)
{

	return (!session_is_void(s, not_before) && now < session_end(s));
}
