/* SPDX-License-Identifier: ISC */
/*
 * Which path a request is for. The front says it in DOORWARD_ROUTE, or in SCRIPT_NAME and PATH_INFO, or only in REQUEST_URI;
 * they are taken in this order. It is decoded once and normalised before anybody compares it, so that "%2e%2e", "//" and the
 * like cannot reach another handler than the front believed; then the mount is taken off.
 */
#include <string.h>

#include "base/buf.h"
#include "doorward/request.h"

#include "http/path.h"

/* Decodes %XX in place of ${b}'s end; false on a malformed escape. */
static bool
put_decoded(struct buf *b, struct str s)
{

	for (size_t i = 0; i < s.len; i++) {
		int high, low;

		if (s.p[i] != '%') {
			buf_putc(b, s.p[i]);
			continue;
		}
		if (i + 2 >= s.len || (high = str_hex_value(s.p[i + 1])) < 0 || (low = str_hex_value(s.p[i + 2])) < 0)
			return (false);
		buf_putc(b, (char)(high << 4 | low));
		i += 2;
	}
	return (true);
}

/* An absolute form ("http://host/path") does not begin with '/' and is refused by what follows. */
static struct str
path_of_uri(struct str uri)
{
	struct str rest = uri;

	rest = str_cut(&rest, '?');
	return (str_cut(&rest, '#'));
}

static bool
gather(struct str route, struct str script, struct str info, struct str uri, struct buf *b)
{

	if (route.p != NULL) {
		buf_putstr(b, route);
	} else if (script.p != NULL || info.p != NULL) {
		buf_putstr(b, script);
		buf_putstr(b, info);
	} else if (!put_decoded(b, path_of_uri(uri))) {
		return (false);
	}
	/* A NUL would end the path for some and not for others. */
	return (!b->overflow && memchr(b->p, '\0', b->len) == NULL);
}

static bool
is_dots(struct str segment, size_t n)
{

	return (segment.len == n && memcmp(segment.p, "..", n) == 0);
}

/* RFC 3986 section 5.2.4, with doubled slashes merged; a climb above the root is refused. */
static bool
normalise(struct str in, struct buf *out)
{
	struct str rest = in;
	bool slash = true;

	if (in.len == 0 || in.p[0] != '/')
		return (false);
	while (rest.p != NULL) {
		struct str segment = str_cut(&rest, '/');

		slash = segment.len == 0 || is_dots(segment, 1) || is_dots(segment, 2);
		if (is_dots(segment, 2)) {
			if (out->len == 0)
				return (false);
			while (out->p[--out->len] != '/')
				continue;
			out->p[out->len] = '\0';
		} else if (!slash) {
			buf_putc(out, '/');
			buf_putstr(out, segment);
		}
	}
	if (slash)
		buf_putc(out, '/');
	return (!out->overflow);
}

/*
 * The metadata of an issuer with a path stand before that path and not below it (RFC 8414 section 3.1): what the front maps
 * from there is the same document as below the mount.
 */
static const char *
move_well_known(const char *path, const char *mount)
{
	static const char metadata[] = "/.well-known/oauth-authorization-server";

	if (strncmp(path, metadata, sizeof(metadata) - 1) == 0 && strcmp(path + sizeof(metadata) - 1, mount) == 0)
		return (metadata);
	return (path);
}

/* The mount goes where it leads, at a '/' boundary only: "/authz" is not below "/auth". */
static const char *
strip_mount(const char *path, const char *mount)
{
	size_t n = strlen(mount);

	if (n == 0 || strncmp(path, mount, n) != 0)
		return (move_well_known(path, mount));
	if (path[n] == '\0')
		return ("/");
	return (path[n] == '/' ? path + n : path);
}

/* A backslash is refused: some servers take it for a slash. */
bool
path_route(struct str route, struct str script, struct str info, struct str uri, const char *mount, char *out, size_t cap)
{
	char raw[PATH_MAX_BYTES], clean[PATH_MAX_BYTES + 1];
	struct buf from, to;

	buf_init(&from, raw, sizeof(raw));
	buf_init(&to, clean, sizeof(clean));
	if (!gather(route, script, info, uri, &from) || str_has_control(buf_str(&from)))
		return (false);
	if (memchr(raw, '\\', from.len) != NULL || !normalise(buf_str(&from), &to))
		return (false);
	return (str_copy(out, cap, str_of(strip_mount(clean, mount))));
}
