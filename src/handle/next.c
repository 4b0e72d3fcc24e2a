/* SPDX-License-Identifier: ISC */
/*
 * The way on after a login: an address that a stranger may have written into a link. Only a path on this host passes, or an
 * address that begins with one of our own origins (auth/origin.h), in the spelling a browser would send; everything doubtful
 * becomes "/". The path is examined as it is and once more decoded, since the next hop may decode it.
 */
#include <string.h>

#include "auth/origin.h"
#include "base/arena.h"

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

static bool
is_account(const struct config *c, struct str path)
{
	static const char name[] = "/account";
	size_t mount = strlen(c->mount), n = mount + sizeof(name) - 1;

	if (path.len < n || !str_starts(path, c->mount) || memcmp(path.p + mount, name, sizeof(name) - 1) != 0)
		return (false);
	return (path.len == n || path.p[n] == '?');
}

bool
next_is_account(const struct config *c, struct str uri)
{

	origin_cut(c, &uri);
	return (is_account(c, uri));
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

static bool
is_safe_path(const struct config *c, struct str uri)
{
	char room[NEXT_MAX];
	struct str path;

	if (!stays_here(uri))
		return (false);
	path = decoded_path(uri, room);
	if (!stays_here(path) || has_dots(path))
		return (false);
	return (is_account(c, uri) || (!is_ours(c, uri) && !is_ours(c, path)));
}

struct str
next_safe(const struct config *c, struct str uri)
{
	struct str path = uri;

	/* A URI is ASCII (RFC 3986); other bytes would go into Location as they are. */
	if (uri.len == 0 || uri.len > NEXT_MAX || !str_is_ascii(uri) || str_has_control(uri) ||
	    memchr(uri.p, '\\', uri.len) != NULL)
		return (STR_LIT("/"));
	if (origin_cut(c, &path).p != NULL && (path.len == 0 || path.p[0] == '?' || path.p[0] == '#'))
		return (uri);
	return (is_safe_path(c, path) ? uri : STR_LIT("/"));
}

/* ${path} at the host that was asked, if that is one of several: the login page is at another. */
static struct str
at_host(const struct config *c, const struct request *q, struct str path)
{
	char room[ORIGIN_TEXT_MAX], *text;
	struct str origin = origin_of_host(c, q->tls, q->host, room);

	if (origin.p == NULL || path.p[0] != '/')
		return (path);
	if (origin.len + path.len > NEXT_MAX || (text = arena_alloc(q->arena, origin.len + path.len)) == NULL)
		return (STR_LIT("/"));
	memcpy(text, origin.p, origin.len);
	memcpy(text + origin.len, path.p, path.len);
	return ((struct str){ text, origin.len + path.len });
}

/* What the front said of it is taken as it is: with several hosts it says the whole address. */
struct str
next_of_request(const struct config *c, const struct request *q)
{

	if (q->original_uri.p != NULL)
		return (next_safe(c, q->original_uri));
	return (at_host(c, q, next_safe(c, q->request_uri)));
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

const char *
next_login_place(const struct config *c)
{

	return (c->cookie_domain[0] == '\0' ? c->mount : c->issuer);
}

void
next_login_address(const struct config *c, const struct request *q, struct buf *b)
{
	struct str next = next_of_request(c, q);

	buf_puts(b, next_login_place(c));
	buf_puts(b, "/login?next=");
	buf_urlencode(b, next);
}
