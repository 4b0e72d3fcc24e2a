/* SPDX-License-Identifier: ISC */
/*
 * The logo and the style sheet of an operator. Both are read with the configuration, so that a reload is what changes them and
 * a process that answers requests needs no file; both become part of each page, so that none is asked for.
 *
 * The style stands in a style element and is allowed by its digest. A browser takes the digest of what it has parsed: the
 * element must not end early ("</"), and CR, which parsing turns into LF, is taken out.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64url.h"
#include "base/fd.h"
#include "base/str.h"

#include "config/theme.h"

/* By its first bytes; NULL if it is nothing that a browser shows. */
static const char *
type_of_image(const char *p, size_t n)
{
	static const struct {
		const char *type, *magic;
	} types[] = { { "image/png", "\x89PNG\r\n\x1a\n" }, { "image/jpeg", "\xff\xd8\xff" }, { "image/gif", "GIF8" },
		{ "image/svg+xml", "<svg" }, { "image/svg+xml", "<?xml" } };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (n > strlen(types[i].magic) && memcmp(p, types[i].magic, strlen(types[i].magic)) == 0)
			return (types[i].type);
	return (n > 12 && memcmp(p, "RIFF", 4) == 0 && memcmp(p + 8, "WEBP", 4) == 0 ? "image/webp" : NULL);
}

/* The length, or -1: the line is written. */
static ssize_t
read_file(const struct loading *l, const char *name, const char *file, char *room, size_t cap)
{
	ssize_t n = fd_read_file(file, room, cap);

	if (n < 0 && errno == EFBIG)
		source_wrong(l, source_of(l->c, name), name, "\"%s\": has more than %zu bytes, and is part of every page", file,
		    cap - 1);
	else if (n < 0)
		source_wrong(l, source_of(l->c, name), name, "\"%s\": %s", file, strerror(errno));
	return (n);
}

static bool
read_logo(const struct loading *l)
{
	static const char name[] = "site.logo_file";
	char room[SITE_LOGO_MAX + 1], text[BASE64_LEN(SITE_LOGO_MAX) + 1];
	const char *file = l->c->site_logo_file, *type;
	ssize_t n = read_file(l, name, file, room, sizeof(room));

	if (n < 0)
		return (false);
	if ((type = type_of_image(room, (size_t)n)) == NULL)
		return (source_wrong(l, source_of(l->c, name), name, "\"%s\": is no PNG, JPEG, GIF, WebP or SVG image", file));
	base64_encode(room, (size_t)n, text);
	if (asprintf(&l->c->site_logo, "data:%s;base64,%s", type, text) < 0) {
		l->c->site_logo = NULL;
		return (source_wrong(l, source_of(l->c, name), name, "%s", strerror(errno)));
	}
	return (true);
}

static size_t
drop_carriage_returns(char *p, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (p[i] != '\r')
			p[kept++] = p[i];
	p[kept] = '\0';
	return (kept);
}

static bool
read_css(const struct loading *l)
{
	static const char name[] = "theme.css_file";
	char room[THEME_CSS_MAX + 1];
	const char *file = l->c->theme_css_file;
	ssize_t n = read_file(l, name, file, room, sizeof(room));
	size_t len;

	if (n < 0)
		return (false);
	len = drop_carriage_returns(room, (size_t)n);
	if (memchr(room, '\0', len) != NULL || !str_is_utf8((struct str){ room, len }))
		return (source_wrong(l, source_of(l->c, name), name, "\"%s\": is not UTF-8 text", file));
	if (strstr(room, "</") != NULL)
		return (source_wrong(l, source_of(l->c, name), name, "\"%s\": a style sheet must not hold \"</\"", file));
	if ((l->c->theme_css = strdup(room)) == NULL)
		return (source_wrong(l, source_of(l->c, name), name, "%s", strerror(errno)));
	return (true);
}

/* "" stands for nothing, and is never freed. */
static char none[] = "";

bool
theme_read(const struct loading *l)
{
	bool good = true;

	l->c->site_logo = l->c->theme_css = none;
	if (l->c->site_logo_file[0] != '\0')
		good &= read_logo(l);
	if (l->c->theme_css_file[0] != '\0')
		good &= read_css(l);
	return (good);
}

void
theme_free(struct config *c)
{

	if (c->site_logo != none)
		free(c->site_logo);
	if (c->theme_css != none)
		free(c->theme_css);
}
