/* SPDX-License-Identifier: ISC */
/*
 * What somebody typed goes into a filter, so nothing of it may be read as one: all but letters, digits and a few signs are
 * escaped (RFC 4515 section 3: a backslash and two hexadecimal digits), which any byte may be.
 */
#include <string.h>

#include "base/buf.h"
#include "base/str.h"

#include "userdb/ldap_filter.h"

#define PLAIN "._-@=, "

/* A literal parenthesis is written "\28", so each one that is seen counts. */
static bool
is_balanced(const char *text)
{
	int depth = 0;

	for (const char *p = text; *p != '\0'; p++) {
		depth += (*p == '(') - (*p == ')');
		if (depth < 0 || (depth == 0 && p[1] != '\0'))
			return (false);
	}
	return (depth == 0);
}

const char *
ldap_filter_fault(const char *text, const char *places)
{
	bool found = false;

	if (text[0] != '(' || !is_balanced(text))
		return ("is not one filter in balanced parentheses");
	for (const char *p = text; (p = strchr(p, '%')) != NULL; p += 2) {
		if (p[1] == '\0' || (p[1] != '%' && strchr(places, p[1]) == NULL))
			return (places[1] == '\0' ? "may have %u and %%, and no other %"
						  : "may have %u, %d and %%, and no other %");
		found |= p[1] != '%';
	}
	if (!found)
		return (places[1] == '\0' ? "has no %u, the name of the user"
					  : "has neither %d nor %u, the entry of the user and his name");
	return (NULL);
}

static void
put_escaped(struct buf *b, const char *value)
{

	for (const char *p = value; *p != '\0'; p++)
		if (str_is_word((struct str){ p, 1 }, PLAIN, 1))
			buf_putc(b, *p);
		else
			buf_printf(b, "\\%02x", (unsigned)(unsigned char)*p);
}

bool
ldap_filter_make(const char *text, const char *user, const char *dn, char out[LDAP_FILTER_MAX])
{
	struct buf b;

	buf_init(&b, out, LDAP_FILTER_MAX);
	for (const char *p = text; *p != '\0'; p++) {
		if (*p != '%' || p[1] == '\0') {
			buf_putc(&b, *p);
			continue;
		}
		p++;
		if (*p == 'u' || *p == 'd')
			put_escaped(&b, *p == 'u' ? user : dn);
		else
			buf_putc(&b, *p);
	}
	(void)buf_str(&b);
	return (!b.overflow);
}
