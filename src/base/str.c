/* SPDX-License-Identifier: ISC */
/*
 * Strings with a length: pieces of a larger text, which is not copied and not terminated. A pointer of NULL means absent, which
 * is not the same as empty.
 */
#include <string.h>
#include <strings.h>

#include "base/str.h"

struct str
str_of(const char *s)
{

	return (s == NULL ? STR_NONE : (struct str){ s, strlen(s) });
}

bool
str_is(struct str a, const char *s)
{
	size_t n = strlen(s);

	return (a.p != NULL && a.len == n && memcmp(a.p, s, n) == 0);
}

bool
str_is_nocase(struct str a, const char *s)
{
	size_t n = strlen(s);

	return (a.p != NULL && a.len == n && strncasecmp(a.p, s, n) == 0);
}

bool
str_starts(struct str a, const char *s)
{
	size_t n = strlen(s);

	return (a.p != NULL && a.len >= n && memcmp(a.p, s, n) == 0);
}

static bool
is_blank(char c)
{

	return (c == ' ' || c == '\t');
}

struct str
str_trim(struct str a)
{

	while (a.len > 0 && is_blank(a.p[0])) {
		a.p++;
		a.len--;
	}
	while (a.len > 0 && is_blank(a.p[a.len - 1]))
		a.len--;
	return (a);
}

/* Splits at the first ${sep}. ${*rest} becomes absent when there was none, so that a loop ends after the last piece. */
struct str
str_cut(struct str *rest, char sep)
{
	struct str head = *rest;
	const char *at = head.len > 0 ? memchr(head.p, sep, head.len) : NULL;

	if (at == NULL) {
		*rest = STR_NONE;
		return (head);
	}
	head.len = (size_t)(at - head.p);
	rest->p = at + 1;
	rest->len -= head.len + 1;
	return (head);
}

/* What does not fit leaves an empty text, never a cut one that would be another name. */
bool
str_copy(char *dst, size_t cap, struct str a)
{

	if (a.len >= cap) {
		dst[0] = '\0';
		return (false);
	}
	if (a.len > 0)
		memcpy(dst, a.p, a.len);
	dst[a.len] = '\0';
	return (true);
}

/* Digits only: no sign, no blanks, no other base. strtoull(3) takes all of these, and wraps a minus around. */
bool
str_to_u64(struct str a, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (a.len == 0)
		return (false);
	for (size_t i = 0; i < a.len; i++) {
		unsigned d = (unsigned)(unsigned char)a.p[i] - '0';

		if (d > 9 || v > (UINT64_MAX - d) / 10)
			return (false);
		v = v * 10 + d;
	}
	if (v > max)
		return (false);
	*out = v;
	return (true);
}

/* Length of the well-formed sequence at ${p}, 0 if there is none (RFC 3629 section 4). */
static size_t
utf8_sequence(const unsigned char *p, size_t left)
{
	unsigned char lo = 0x80, hi = 0xbf;
	size_t n;

	if (p[0] < 0x80)
		return (1);
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		n = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		n = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		n = 4;
	else
		return (0);
	if (p[0] == 0xe0)
		lo = 0xa0; /* overlong */
	else if (p[0] == 0xed)
		hi = 0x9f; /* surrogates */
	else if (p[0] == 0xf0)
		lo = 0x90; /* overlong */
	else if (p[0] == 0xf4)
		hi = 0x8f; /* beyond U+10FFFF */
	if (left < n || p[1] < lo || p[1] > hi)
		return (0);
	for (size_t i = 2; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return (0);
	return (n);
}

bool
str_is_utf8(struct str a)
{
	size_t i = 0;

	while (i < a.len) {
		size_t n = utf8_sequence((const unsigned char *)a.p + i, a.len - i);

		if (n == 0)
			return (false);
		i += n;
	}
	return (true);
}

bool
str_is_ascii(struct str a)
{

	for (size_t i = 0; i < a.len; i++)
		if ((unsigned char)a.p[i] >= 0x80)
			return (false);
	return (true);
}

bool
str_has_control(struct str a)
{

	for (size_t i = 0; i < a.len; i++)
		if ((unsigned char)a.p[i] < 0x20 || a.p[i] == 0x7f)
			return (true);
	return (false);
}

static bool
is_alnum(char c)
{

	return ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'));
}

/* extra holds the characters allowed besides letters and digits; NUL is never among them, although strchr would find it. */
bool
str_is_word(struct str a, const char *extra, size_t max)
{

	if (a.len == 0 || a.len > max)
		return (false);
	for (size_t i = 0; i < a.len; i++)
		if (!is_alnum(a.p[i]) && (a.p[i] == '\0' || strchr(extra, a.p[i]) == NULL))
			return (false);
	return (true);
}

uint64_t
str_hash(uint64_t hash, const void *p, size_t n)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ b[i]) * UINT64_C(0x100000001b3);
	return (hash);
}

int
str_hex_value(char c)
{

	if (c >= '0' && c <= '9')
		return (c - '0');
	if (c >= 'a' && c <= 'f')
		return (c - 'a' + 10);
	return (c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1);
}
