/* SPDX-License-Identifier: ISC */
/*
 * Reads a configuration file before libconfig does, for what libconfig accepts in silence although it is a mistake: a number
 * that does not fit its type and wraps around, a NUL that cuts a string, an include that includes itself, nesting without end.
 * It follows strings, comments, numbers, groups and includes just as libconfig does, and knows nothing of what the options
 * mean.
 *
 * Along the way it keeps the dotted name and the line, so that its messages name the option like everybody else's.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/str.h"

#include "config/scan.h"

#define WORD_MAX 64 /* bytes of a name that messages show */

/* A group or list that is open. */
struct level {
	char name[WORD_MAX]; /* "" for an element of a list */
	bool list;
	unsigned index; /* of the element we are in */
};

struct scan {
	char dir[PATH_MAX];
	const char *file; /* as libconfig names it */
	const char *p;    /* where we are in its text */
	unsigned line;
	char name[WORD_MAX]; /* the last name that was read */
	struct level levels[SCAN_NESTING_MAX];
	size_t depth;
	size_t includes;
	char *err;
	size_t errlen;
};

static bool scan_text_of(struct scan *s, const char *file, const char *path);

/* The dotted name of what is being read: "clients[1].idle". */
static void
dotted(const struct scan *s, struct buf *b)
{

	for (size_t i = 0; i < s->depth; i++) {
		const struct level *l = &s->levels[i];

		buf_printf(b, "%s%s", b->len > 0 && l->name[0] != '\0' ? "." : "", l->name);
		if (l->list)
			buf_printf(b, "[%u]", l->index);
	}
	buf_printf(b, "%s%s", b->len > 0 && s->name[0] != '\0' ? "." : "", s->name);
}

static bool __attribute__((format(printf, 2, 3))) wrong(const struct scan *s, const char *fmt, ...)
{
	char name[256], what[256];
	struct buf b;
	va_list ap;

	buf_init(&b, name, sizeof(name));
	dotted(s, &b);
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(s->err, s->errlen, "%s:%u: %s%s%s", s->file, s->line, b.p, b.len > 0 ? ": " : "", what);
	return (false);
}

static bool
is_name_char(char c)
{

	return (str_is_word((struct str){ &c, 1 }, "_*-", 1));
}

static void
read_name(struct scan *s)
{
	size_t n = 0;

	while (is_name_char(s->p[n]))
		n++;
	str_copy(s->name, sizeof(s->name), (struct str){ s->p, n < sizeof(s->name) ? n : sizeof(s->name) - 1 });
	s->p += n;
}

/* A list's elements have no names of their own but numbers. */
static bool
open_level(struct scan *s)
{
	struct level *l;

	if (s->depth == SCAN_NESTING_MAX)
		return (wrong(s, "groups and lists are nested deeper than %d", SCAN_NESTING_MAX));
	l = &s->levels[s->depth++];
	memcpy(l->name, s->name, sizeof(l->name));
	l->list = *s->p != '{';
	l->index = 0;
	s->name[0] = '\0';
	s->p++;
	return (true);
}

static void
close_level(struct scan *s)
{

	if (s->depth > 0)
		s->depth--;
	s->name[0] = '\0';
	s->p++;
}

static void
next_element(struct scan *s)
{

	if (s->depth > 0)
		s->levels[s->depth - 1].index++;
	s->p++;
}

/* Whether these hexadecimal digits are at most ${max}. */
static bool
hex_fits(struct str t, uint64_t max)
{
	uint64_t v = 0;

	for (size_t i = 0; i < t.len; i++) {
		char c = t.p[i] >= 'A' ? (char)(t.p[i] | 0x20) : t.p[i];

		if (v >> 60 != 0)
			return (false);
		v = v << 4 | (uint64_t)(c >= 'a' ? c - 'a' + 10 : c - '0');
	}
	return (v <= max);
}

/* Whether the digits fit the type that libconfig will read them into. What is no integer is none of our business. */
static bool
fits(struct str t)
{
	uint64_t max = INT32_MAX, v;

	while (t.len > 0 && (t.p[t.len - 1] == 'L' || t.p[t.len - 1] == 'l')) {
		t.len--;
		max = INT64_MAX;
	}
	if (t.len > 2 && t.p[0] == '0' && (t.p[1] | 0x20) == 'x') {
		t.p += 2;
		t.len -= 2;
		return (hex_fits(t, max));
	}
	for (size_t i = 0; i < t.len; i++)
		if (t.p[i] < '0' || t.p[i] > '9')
			return (true);
	return (t.len == 0 || str_to_u64(t, max, &v));
}

static bool
read_number(struct scan *s)
{
	const char *start = s->p++;
	struct str digits;

	while (str_is_word((struct str){ s->p, 1 }, ".", 1))
		s->p++;
	digits = (struct str){ start, (size_t)(s->p - start) };
	if (*start == '+' || *start == '-') {
		digits.p++;
		digits.len--;
	}
	if (fits(digits))
		return (true);
	return (wrong(s, "%.*s is out of range", (int)(s->p - start > 40 ? 40 : s->p - start), start));
}

/* An escaped character is skipped with its backslash, so an escaped quote ends nothing. */
static bool
read_string(struct scan *s)
{

	for (s->p++; *s->p != '\0' && *s->p != '"'; s->p++) {
		if (*s->p == '\n')
			s->line++;
		if (*s->p != '\\' || s->p[1] == '\0')
			continue;
		if (strncmp(s->p, "\\x00", 4) == 0)
			return (wrong(s, "a NUL in a string would cut it"));
		if (*++s->p == '\n')
			s->line++;
	}
	if (*s->p != '"')
		return (wrong(s, "this string is not closed"));
	s->p++;
	return (true);
}

static void
skip_line(struct scan *s)
{

	s->p += strcspn(s->p, "\n");
}

static bool
skip_comment(struct scan *s)
{
	const char *end = strstr(s->p + 2, "*/");

	if (end == NULL) {
		s->name[0] = '\0';
		return (wrong(s, "this comment is not closed"));
	}
	for (; s->p < end; s->p++)
		if (*s->p == '\n')
			s->line++;
	s->p = end + 2;
	return (true);
}

/*
 * Reads the file that is included here, with the same rules. Not a directive after all where the word or the quote is missing:
 * libconfig says so.
 */
static bool
include(struct scan *s)
{
	const char *start = s->p + sizeof("@include") - 1;
	char name[PATH_MAX], path[2 * PATH_MAX];
	size_t n;

	start += strspn(start, " \t");
	if (strncmp(s->p, "@include", sizeof("@include") - 1) != 0 || *start != '"') {
		s->p++;
		return (true);
	}
	n = strcspn(++start, "\"\n\\");
	if (n == 0 || n >= sizeof(name) || start[n] != '"')
		return (wrong(s, "@include needs a file name in quotes"));
	memcpy(name, start, n);
	name[n] = '\0';
	if (name[0] == '/')
		return (wrong(s, "@include \"%s\": names are relative to %s", name, s->dir));
	if (s->includes == SCAN_INCLUDES_MAX)
		return (wrong(s, "more than %d files include each other", SCAN_INCLUDES_MAX));
	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	s->p = start + n + 1;
	return (scan_text_of(s, name, path));
}

/* What is neither of these is left to libconfig, whose messages are good enough. */
static bool
token(struct scan *s)
{
	char c = *s->p;

	if ((c >= '0' && c <= '9') || c == '-' || c == '+')
		return (read_number(s));
	if (c == '"')
		return (read_string(s));
	if (c == '{' || c == '(' || c == '[')
		return (open_level(s));
	if (c == '/' && s->p[1] == '*')
		return (skip_comment(s));
	if (c == '@')
		return (include(s));
	if (c == '#' || (c == '/' && s->p[1] == '/'))
		skip_line(s);
	else if (c == '}' || c == ')' || c == ']')
		close_level(s);
	else if (c == ',')
		next_element(s);
	else if (is_name_char(c))
		read_name(s);
	else {
		s->line += c == '\n';
		s->p++;
	}
	return (true);
}

static bool
scan_text(struct scan *s)
{

	while (*s->p != '\0')
		if (!token(s))
			return (false);
	return (true);
}

/* Why a file could not be read, in words that fit a configuration file. */
static const char *
reason(int error)
{

	return (error == EPERM ? "is not a regular file" : error == EFBIG ? "is too large" : strerror(error));
}

static bool
unreadable(struct scan *s, const char *file)
{
	const char *why = reason(errno);

	s->name[0] = '\0';
	if (s->file != NULL)
		return (wrong(s, "@include \"%s\": %s", file, why));
	snprintf(s->err, s->errlen, "%s: %s", file, why);
	return (false);
}

/* Saves and restores where the outer file was, so that messages after the include name the right line. */
static bool
scan_text_of(struct scan *s, const char *file, const char *path)
{
	const char *outer_file = s->file, *outer_p = s->p;
	unsigned outer_line = s->line;
	char *text = malloc(SCAN_FILE_MAX + 1);
	ssize_t len = text == NULL ? -1 : fd_read_file(path, text, SCAN_FILE_MAX + 1);
	bool good;

	if (len < 0) {
		free(text);
		return (unreadable(s, file));
	}
	s->file = file;
	s->p = text;
	s->line = 1;
	s->includes++;
	good = scan_text(s);
	if (good && s->p != text + len)
		good = wrong(s, "a NUL byte: this is not a text file");
	free(text);
	s->includes--;
	s->file = outer_file;
	s->p = outer_p;
	s->line = outer_line;
	return (good);
}

bool
scan_directory(const char *file, char *out, size_t cap)
{
	const char *slash = strrchr(file, '/');

	if (slash == NULL)
		return (str_copy(out, cap, STR_LIT(".")));
	return (str_copy(out, cap, (struct str){ file, slash == file ? 1 : (size_t)(slash - file) }));
}

bool
scan_file(const char *file, char *err, size_t errlen)
{
	struct scan s = { .err = err, .errlen = errlen };

	if (!scan_directory(file, s.dir, sizeof(s.dir))) {
		snprintf(err, errlen, "%s: %s", file, strerror(ENAMETOOLONG));
		return (false);
	}
	return (scan_text_of(&s, file, file));
}
