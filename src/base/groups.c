/* SPDX-License-Identifier: ISC */
/*
 * Lists of groups. They come from whoever keeps the accounts, so a name that would be two in a list, or end a header line, is
 * left out here, once for all databases. How long a list would be is told even where it does not fit: that is what the operator
 * needs to know.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hidden.h"

#include "base/groups.h"

static bool
is_control(int32_t c)
{

	return (c < 0x20 || (c >= 0x7f && c < 0xa0));
}

bool
groups_name_ok(struct str name)
{
	struct str rest = name;

	if (name.p == NULL || name.len == 0 || !str_is_utf8(name) || str_trim(name).len != name.len ||
	    memchr(name.p, ',', name.len) != NULL)
		return (false);
	while (rest.len > 0)
		if (is_control(hidden_next(&rest)))
			return (false);
	return (true);
}

static int
compare(const void *x, const void *y)
{
	const struct str *a = x, *b = y;
	int d = memcmp(a->p, b->p, a->len < b->len ? a->len : b->len);

	return (d != 0 ? d : (a->len > b->len) - (a->len < b->len));
}

static bool
is_wanted(struct str name, char *const *only)
{

	if (only == NULL || only[0] == NULL)
		return (true);
	for (; *only != NULL; only++)
		if (str_is(name, *only))
			return (true);
	return (false);
}

/* Moves what is to be in the list to the front; returns how many. */
static size_t
choose(struct str *names, size_t n, char *const *only)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (groups_name_ok(names[i]) && is_wanted(names[i], only))
			names[kept++] = names[i];
	if (kept > 0)
		qsort(names, kept, sizeof(names[0]), compare);
	n = kept;
	kept = 0;
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || compare(&names[kept - 1], &names[i]) != 0)
			names[kept++] = names[i];
	return (kept);
}

size_t
groups_join(struct str *names, size_t n, char *const *only, char out[GROUPS_MAX + 1])
{
	size_t len = 0, used = 0, chosen = choose(names, n, only);

	for (size_t i = 0; i < chosen; i++)
		len += (i > 0) + names[i].len;
	for (size_t i = 0; i < chosen && len <= GROUPS_MAX; i++) {
		if (i > 0)
			out[used++] = ',';
		memcpy(out + used, names[i].p, names[i].len);
		used += names[i].len;
	}
	out[used] = '\0';
	return (len);
}

size_t
groups_keep(struct str list, char *const *only, char out[GROUPS_MAX + 1])
{
	size_t len = 0, used = 0;

	while (list.p != NULL && list.len > 0) {
		struct str one = str_cut(&list, ',');

		if (!is_wanted(one, only))
			continue;
		if (len > 0 && len < GROUPS_MAX)
			out[used++] = ',';
		len += (len > 0) + one.len;
		if (len <= GROUPS_MAX) {
			memmove(out + used, one.p, one.len); /* never behind where it was read, if that is the same memory */
			used += one.len;
		}
	}
	out[len <= GROUPS_MAX ? used : 0] = '\0';
	return (len);
}

bool
groups_has(const char *groups, struct str name)
{
	struct str rest = str_of(groups);

	while (rest.p != NULL) {
		struct str one = str_cut(&rest, ',');

		if (one.len == name.len && name.len > 0 && memcmp(one.p, name.p, name.len) == 0)
			return (true);
	}
	return (false);
}
