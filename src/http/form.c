/* SPDX-License-Identifier: ISC */
/*
 * Forms and query strings (application/x-www-form-urlencoded). A name may occur once: of two values, the one that we take and
 * the one that another reader takes could differ. Decoding happens once, and what is malformed, not UTF-8 or holds a NUL is
 * refused.
 */
#include <string.h>

#include "http/form.h"

/* '+' is a blank in forms and queries. A NUL, escaped or not, is refused. */
bool
form_decode(struct arena *a, struct str in, struct str *out)
{
	char *to = arena_alloc(a, in.len + 1);
	size_t n = 0;

	if (to == NULL)
		return (false);
	for (size_t i = 0; i < in.len; i++) {
		char c = in.p[i] == '+' ? ' ' : in.p[i];

		if (c == '%') {
			int high = i + 2 < in.len ? str_hex_value(in.p[i + 1]) : -1;
			int low = i + 2 < in.len ? str_hex_value(in.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return (false);
			c = (char)(high << 4 | low);
			i += 2;
		}
		if (c == '\0')
			return (false);
		to[n++] = c;
	}
	*out = (struct str){ to, n };
	return (str_is_utf8(*out));
}

static bool
has_name(const struct field *fields, size_t n, struct str name)
{

	for (size_t i = 0; i < n; i++)
		if (fields[i].name.len == name.len && memcmp(fields[i].name.p, name.p, name.len) == 0)
			return (true);
	return (false);
}

/* At most FORM_FIELDS_MAX fields, each name once. */
bool
form_parse(struct arena *a, struct str body, struct field **fields, size_t *n)
{
	struct field *f = arena_alloc(a, FORM_FIELDS_MAX * sizeof(*f));
	struct str rest = body;

	*fields = f;
	*n = 0;
	if (f == NULL)
		return (false);
	while (rest.p != NULL) {
		struct str value = str_cut(&rest, '&'), name;

		if (value.len == 0)
			continue;
		name = str_cut(&value, '=');
		if (*n == FORM_FIELDS_MAX || !form_decode(a, name, &f[*n].name) || !form_decode(a, value, &f[*n].value))
			return (false);
		if (has_name(f, *n, f[*n].name))
			return (false);
		f[(*n)++].type = FIELD_STRING;
	}
	return (true);
}

/*
 * Compares decoded names, since other readers of this query (the application, a front) decode them too. A malformed name
 * matches nothing.
 */
static bool
is_name(struct arena *a, struct str key, const char *name)
{
	struct str decoded;

	if (memchr(key.p, '%', key.len) == NULL)
		return (str_is(key, name));
	return (form_decode(a, key, &decoded) && str_is(decoded, name));
}

/* Twice the same name is refused, even with the same value: others may take the last. */
struct str
request_query(const struct request *r, const char *name, bool *bad)
{
	struct str rest = r->query, found = STR_NONE;

	while (rest.p != NULL) {
		struct str value = str_cut(&rest, '&');
		struct str key = str_cut(&value, '=');

		if (!is_name(r->arena, key, name))
			continue;
		if (found.p != NULL || !form_decode(r->arena, value, &found)) {
			*bad = true;
			return (STR_NONE);
		}
	}
	return (found);
}
