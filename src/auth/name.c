/* SPDX-License-Identifier: ISC */
/*
 * Names of users in their one spelling, and lists of groups that somebody types: what could be left out of a directory's list
 * without a word (base/groups.h) is refused here.
 */
#include "base/groups.h"
#include "base/precis.h"

#include "auth/name.h"

bool
name_canonical(struct str given, char out[USERNAME_MAX + 1])
{

	return (precis_username(given, out, USERNAME_MAX + 1));
}

bool
name_groups_join(const struct str *groups, size_t n, char out[GROUPS_MAX + 1])
{
	struct str names[GROUPS_COUNT_MAX];

	out[0] = '\0';
	if (n > GROUPS_COUNT_MAX)
		return (false);
	for (size_t i = 0; i < n; i++) {
		if (!groups_name_ok(groups[i]))
			return (false);
		names[i] = groups[i];
	}
	return (groups_join(names, n, NULL, out) <= GROUPS_MAX);
}
