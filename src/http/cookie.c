/* SPDX-License-Identifier: ISC */
/*
 * Cookies (RFC 6265bis): names exact, so that "name =" is another cookie, for browsers guard the prefix __Host- of exact names
 * only; values as they are: quotes and commas belong to them, nothing is decoded; order means nothing. A line that a front
 * joined of two with ", " is not taken apart: a comma may stand in any cookie's value, and whoever can set one could make it
 * carry ours.
 */
#include <string.h>

#include "doorward/request.h"

static bool
next_pair(struct str *rest, struct str *name, struct str *value)
{

	while (rest->p != NULL) {
		struct str pair = str_trim(str_cut(rest, ';'));

		*value = pair;
		*name = str_cut(value, '=');
		if (value->p == NULL || name->len == 0)
			continue; /* no '=', or no name: not a cookie of ours */
		*value = str_trim(*value);
		return (true);
	}
	return (false);
}

static bool
is_among(const struct str *all, size_t n, struct str one)
{

	for (size_t i = 0; i < n; i++)
		if (all[i].len == one.len && memcmp(all[i].p, one.p, one.len) == 0)
			return (true);
	return (false);
}

/* Returns how many there are, also beyond ${max}: the caller refuses a crowd. The same one again is no other. */
size_t
request_cookies(const struct request *r, const char *name, struct str *out, size_t max)
{
	size_t found = 0;

	for (size_t i = 0; i < r->n_cookie; i++) {
		struct str rest = r->cookie[i], n, v;

		while (next_pair(&rest, &n, &v)) {
			if (!str_is(n, name) || is_among(out, found < max ? found : max, v))
				continue;
			if (found < max)
				out[found] = v;
			found++;
		}
	}
	return (found);
}
