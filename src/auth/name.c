#include <stdint.h>
#include <string.h>

#include "base/buf.h"

#include "auth/name.h"

#define GROUPS_COUNT_MAX ((GROUPS_MAX + 1) / 2) /* one letter and a comma each */

/* The character that starts at ${p}, which is well-formed UTF-8; its length goes to ${*n}. */
static uint32_t
character(const char *p, size_t *n)
{
	const unsigned char *u = (const unsigned char *)p;
	uint32_t c = u[0];

	*n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (*n > 1)
		c &= 0x7fu >> *n;
	for (size_t i = 1; i < *n; i++)
		c = c << 6 | (u[i] & 0x3fu);
	return (c);
}

static bool
is_space(uint32_t c)
{

	return (c == 0x20 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x202f || c == 0x205f || c == 0x3000);
}

/* The C1 controls and the Unicode line ends count: some reader of a log or a header takes them for a new line. */
static bool
is_forbidden(uint32_t c)
{

	return (c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029 || c == ',' || c == ':' || c == '/' || c == '"');
}

static bool
is_name(struct str s)
{
	uint32_t last = 0;
	size_t n;

	if (s.len == 0 || s.len > USERNAME_MAX || !str_is_utf8(s))
		return (false);
	for (size_t i = 0; i < s.len; i += n) {
		last = character(s.p + i, &n);
		if (is_forbidden(last) || (i == 0 && is_space(last)))
			return (false);
	}
	return (!is_space(last));
}

bool
name_canonical(struct str given, char out[USERNAME_MAX + 1])
{

	out[0] = '\0';
	if (!is_name(given))
		return (false);
	for (size_t i = 0; i < given.len; i++) {
		char c = given.p[i];

		out[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
	}
	out[given.len] = '\0';
	return (true);
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
