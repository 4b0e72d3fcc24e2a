#include <string.h>

#include "handle/next.h"

/* Browsers take "//" and "/\" for the start of another host, and some drop tabs and newlines first. */
static bool
is_local(struct str uri)
{

	if (uri.len == 0 || uri.len > NEXT_MAX || uri.p[0] != '/' || str_has_control(uri) || !str_is_utf8(uri))
		return (false);
	return ((uri.len == 1 || uri.p[1] != '/') && memchr(uri.p, '\\', uri.len) == NULL);
}

/* Coming back to the check or the login itself would lead nowhere. */
static bool
is_ours(const struct config *c, struct str uri)
{
	size_t n = strlen(c->mount);

	if (n == 0 || !str_starts(uri, c->mount))
		return (false);
	return (uri.len == n || uri.p[n] == '/' || uri.p[n] == '?');
}

struct str
next_safe(const struct config *c, struct str uri)
{

	return (is_local(uri) && !is_ours(c, uri) ? uri : STR_LIT("/"));
}

void
next_login_address(const struct config *c, const struct request *q, struct buf *b)
{
	struct str next = next_safe(c, q->original_uri.p != NULL ? q->original_uri : q->request_uri);

	buf_printf(b, "%s/login?next=", c->mount);
	buf_urlencode(b, next);
}
