/* SPDX-License-Identifier: ISC */
/*
 * Names of users and groups in their one spelling, and a list of groups as one text: sorted, no name twice, short enough for
 * the two fields of a record that hold it.
 */
#include <string.h>

#include "base/buf.h"
#include "base/precis.h"

#include "auth/name.h"

#define GROUPS_COUNT_MAX ((GROUPS_MAX + 1) / 2) /* one letter and a comma each */

bool
name_canonical(struct str given, char out[USERNAME_MAX + 1])
{

	return (precis_username(given, out, USERNAME_MAX + 1));
}

bool
name_group_ok(struct str group)
{

	return (str_is_word(group, "._-", GROUP_MAX));
}

static int
compare(struct str a, struct str b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int d = memcmp(a.p, b.p, n);

	return (d != 0 ? d : (a.len > b.len) - (a.len < b.len));
}

/* Puts ${g} into its place among the ${*n} sorted ones, unless it is there. */
static void
insert(struct str *sorted, size_t *n, struct str g)
{
	size_t i = *n;

	while (i > 0 && compare(sorted[i - 1], g) > 0)
		i--;
	if (i > 0 && compare(sorted[i - 1], g) == 0)
		return;
	memmove(&sorted[i + 1], &sorted[i], (*n - i) * sizeof(sorted[0]));
	sorted[i] = g;
	(*n)++;
}

/* Whether the list fits one field, or two when it is cut at the last comma that leaves a full first one. */
static bool
fits(struct str list)
{
	const char *cut;

	if (list.len <= GROUP_MAX)
		return (true);
	cut = memrchr(list.p, ',', GROUP_MAX + 1);
	return (cut != NULL && list.len - (size_t)(cut - list.p) - 1 <= GROUP_MAX);
}

/* Sorted and without repeats, so that equal lists are equal texts and can be compared as such. */
bool
name_groups_join(const struct str *groups, size_t n, char out[GROUPS_MAX + 1])
{
	struct str sorted[GROUPS_COUNT_MAX + 1];
	size_t count = 0;
	struct buf b;

	out[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		if (!name_group_ok(groups[i]) || count == GROUPS_COUNT_MAX)
			return (false);
		insert(sorted, &count, groups[i]);
	}
	buf_init(&b, out, GROUPS_MAX + 1);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_putc(&b, ',');
		buf_putstr(&b, sorted[i]);
	}
	if (b.overflow || !fits(buf_str(&b))) {
		out[0] = '\0';
		return (false);
	}
	return (true);
}
