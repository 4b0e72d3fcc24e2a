/* SPDX-License-Identifier: ISC */
/*
 * The way on after a login: an address that a stranger may have written into a link. Only a path on this host passes, in the
 * spelling a browser would send; everything doubtful becomes "/". It is examined as it is and once more decoded, since the next
 * hop may decode it.
 */
#include <string.h>

#include "handle/next.h"

/* Browsers take "//" and "/\" for the start of another host, and some drop tabs and newlines first. */
static bool
stays_here(struct str uri)
{

	if (uri.len == 0 || uri.p[0] != '/' || str_has_control(uri))
		return (false);
	return (uri.len == 1 || (uri.p[1] != '/' && uri.p[1] != '\\'));
}

/* The path of ${uri} with its escapes decoded, as it may come out at the next hop; a malformed one stays as it is. */
static struct str
decoded_path(struct str uri, char room[NEXT_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < uri.len && uri.p[i] != '?' && uri.p[i] != '#'; i++) {
		int high = uri.p[i] == '%' && i + 2 < uri.len ? str_hex_value(uri.p[i + 1]) : -1;
		int low = high >= 0 ? str_hex_value(uri.p[i + 2]) : -1;

		room[n++] = low < 0 ? uri.p[i] : (char)(high << 4 | low);
		if (low >= 0)
			i += 2;
	}
	return ((struct str){ room, n });
}

/* Browsers resolve dots before they ask, so an honest address has none; a made one would hide "//" or a page of ours behind
 * them. */
static bool
has_dots(struct str path)
{

	while (path.p != NULL) {
		struct str segment = str_cut(&path, '/');

		if (str_is(segment, ".") || str_is(segment, ".."))
			return (true);
	}
	return (false);
}

bool
next_is_account(const struct config *c, struct str uri)
{
	static const char path[] = "/account";
	size_t mount = strlen(c->mount), n = mount + sizeof(path) - 1;

	if (uri.len < n || !str_starts(uri, c->mount) || memcmp(uri.p + mount, path, sizeof(path) - 1) != 0)
		return (false);
	return (uri.len == n || uri.p[n] == '?');
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
	char room[NEXT_MAX];
	struct str path;

	/* A URI is ASCII (RFC 3986); other bytes would go into Location as they are. */
	if (uri.len > NEXT_MAX || !str_is_ascii(uri) || !stays_here(uri) || memchr(uri.p, '\\', uri.len) != NULL)
		return (STR_LIT("/"));
	path = decoded_path(uri, room);
	if (!stays_here(path) || has_dots(path))
		return (STR_LIT("/"));
	if (!next_is_account(c, uri) && (is_ours(c, uri) || is_ours(c, path)))
		return (STR_LIT("/"));
	return (uri);
}

struct str
next_of_request(const struct config *c, const struct request *q)
{

	return (next_safe(c, q->original_uri.p != NULL ? q->original_uri : q->request_uri));
}

/* From the form if there is one, else from the query. */
struct str
next_asked(const struct config *c, const struct request *q)
{
	const struct field *f = request_field(q, "next");
	bool bad = false; /* a bad one is no reason to refuse the page */

	if (f != NULL && f->type == FIELD_STRING)
		return (next_safe(c, f->value));
	return (next_safe(c, request_query(q, "next", &bad)));
}

void
next_login_address(const struct config *c, const struct request *q, struct buf *b)
{
	struct str next = next_of_request(c, q);

	buf_puts(b, c->mount);
	buf_puts(b, "/login?next=");
	buf_urlencode(b, next);
}
