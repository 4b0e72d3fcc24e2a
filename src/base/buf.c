/* SPDX-License-Identifier: ISC */
/*
 * Text that is built up in memory of a fixed size. What does not fit is left out and marked in ${overflow}, once and for the
 * whole buffer: callers append without looking and ask at the end. After an overflow nothing more is appended, so that an
 * answer is never a text with a hole in it.
 *
 * The second half writes text into other languages: JSON, HTML, a query string, a terminal. Everything that came from outside
 * goes through the one that fits where it is going.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/hidden.h"

#include "base/buf.h"

void
buf_init(struct buf *b, char *mem, size_t cap)
{

	b->p = mem;
	b->len = 0;
	b->cap = cap;
	b->overflow = false;
	mem[0] = '\0';
}

/* One byte is kept for the terminator, hence >=. */
void
buf_put(struct buf *b, const void *p, size_t n)
{

	if (b->overflow || n >= b->cap - b->len) {
		b->overflow = true;
		return;
	}
	if (n > 0)
		memcpy(b->p + b->len, p, n);
	b->len += n;
	b->p[b->len] = '\0';
}

void
buf_puts(struct buf *b, const char *s)
{

	buf_put(b, s, strlen(s));
}

void
buf_putstr(struct buf *b, struct str s)
{

	buf_put(b, s.p, s.len);
}

void
buf_putc(struct buf *b, char c)
{

	buf_put(b, &c, 1);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	size_t room = b->cap - b->len;
	va_list ap;
	int n;

	if (b->overflow)
		return;
	va_start(ap, fmt);
	n = vsnprintf(b->p + b->len, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room) {
		b->p[b->len] = '\0';
		b->overflow = true;
		return;
	}
	b->len += (size_t)n;
}

/* Without printf: it stands in every answer. The unsigned negation is defined for INT64_MIN as well. */
void
buf_int(struct buf *b, int64_t n)
{
	uint64_t v = n < 0 ? -(uint64_t)n : (uint64_t)n;
	char text[20];
	size_t at = sizeof(text);

	do
		text[--at] = (char)('0' + v % 10);
	while ((v /= 10) > 0);
	if (n < 0)
		buf_putc(b, '-');
	buf_put(b, text + at, sizeof(text) - at);
}

static void
put_hex(struct buf *b, const char *prefix, unsigned char c, const char *digits)
{
	char text[2] = { digits[c >> 4], digits[c & 15] };

	buf_puts(b, prefix);
	buf_put(b, text, sizeof(text));
}

/* The two short forms that are usual in texts; everything else as \u00XX. */
static void
json_escape(struct buf *b, unsigned char c)
{

	switch (c) {
	case '"':
		buf_puts(b, "\\\"");
		break;
	case '\\':
		buf_puts(b, "\\\\");
		break;
	case '\n':
		buf_puts(b, "\\n");
		break;
	case '\t':
		buf_puts(b, "\\t");
		break;
	default:
		put_hex(b, "\\u00", c, "0123456789abcdef");
	}
}

static bool
json_is_plain(unsigned char c)
{

	return (c >= 0x20 && c != 0x7f && c != '"' && c != '\\');
}

static void
put_unit(struct buf *b, uint32_t unit)
{

	put_hex(b, "\\u", (unsigned char)(unit >> 8), "0123456789abcdef");
	put_hex(b, "", (unsigned char)unit, "0123456789abcdef");
}

/* ${c} as JSON escapes it: in UTF-16. */
static void
put_escaped(struct buf *b, uint32_t c)
{

	if (c > 0xffff) {
		put_unit(b, 0xd800 | (c - 0x10000) >> 10);
		c = 0xdc00 | (c & 0x3ff);
	}
	put_unit(b, c);
}

/* What lies beyond ASCII at ${s} and may not be shown: appended as an escape. Returns how many bytes that were, 0 if it may. */
static size_t
escape_hidden(struct buf *b, struct str s, size_t from, size_t at)
{
	struct str rest = { s.p + at, s.len - at };
	int32_t c = hidden_next(&rest);

	if (c < 0 || !hidden_is(c))
		return (0);
	buf_put(b, s.p + from, at - from);
	put_escaped(b, (uint32_t)c);
	return (s.len - at - rest.len);
}

/* Characters that need no escape are copied in runs; only what ends a run is looked at one by one. */
void
buf_json(struct buf *b, struct str s)
{
	size_t from = 0, n;

	if (s.p == NULL) {
		buf_puts(b, "null");
		return;
	}
	buf_putc(b, '"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c >= 0xc0 && (n = escape_hidden(b, s, from, i)) > 0) {
			from = i + n;
			i += n - 1;
		} else if (!json_is_plain(c)) {
			buf_put(b, s.p + from, i - from); /* what needs nothing goes in one piece */
			json_escape(b, c);
			from = i + 1;
		}
	}
	buf_put(b, s.p + from, s.len - from);
	buf_putc(b, '"');
}

void
buf_json_list(struct buf *b, const char *list)
{
	struct str rest = list[0] == '\0' ? STR_NONE : str_of(list);

	buf_putc(b, '[');
	for (bool first = true; rest.p != NULL; first = false) {
		if (!first)
			buf_putc(b, ',');
		buf_json(b, str_cut(&rest, ','));
	}
	buf_putc(b, ']');
}

void
buf_shown(struct buf *b, struct str s)
{

	while (s.len > 0) {
		struct str at = s;
		int32_t c = hidden_next(&s);

		if (c < 0)
			put_hex(b, "\\x", (unsigned char)*at.p, "0123456789abcdef");
		else if (c != '\n' && hidden_is(c))
			put_escaped(b, (uint32_t)c);
		else
			buf_put(b, at.p, at.len - s.len);
	}
}

/* Fit for text and for attribute values in either kind of quotes. */
void
buf_html(struct buf *b, struct str s)
{

	for (size_t i = 0; i < s.len; i++) {
		switch (s.p[i]) {
		case '&':
			buf_puts(b, "&amp;");
			break;
		case '<':
			buf_puts(b, "&lt;");
			break;
		case '>':
			buf_puts(b, "&gt;");
			break;
		case '"':
			buf_puts(b, "&quot;");
			break;
		case '\'':
			buf_puts(b, "&#39;");
			break;
		default:
			buf_putc(b, s.p[i]);
		}
	}
}

static bool
url_is_plain(unsigned char c)
{

	return ((c >= 'a' && c <= 'z') || (c >= '-' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '_' || c == '~');
}

void
buf_urlencode(struct buf *b, struct str s)
{
	size_t from = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (url_is_plain((unsigned char)s.p[i]))
			continue;
		buf_put(b, s.p + from, i - from);
		put_hex(b, "%", (unsigned char)s.p[i], "0123456789ABCDEF");
		from = i + 1;
	}
	buf_put(b, s.p + from, s.len - from);
}

void
buf_time(struct buf *b, int64_t epoch)
{
	time_t t = (time_t)epoch;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL) {
		b->overflow = true;
		return;
	}
	buf_printf(b, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec);
}

struct str
buf_str(const struct buf *b)
{

	return ((struct str){ b->p, b->len });
}
