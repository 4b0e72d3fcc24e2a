/* SPDX-License-Identifier: ISC */
/*
 * The words of JSON: strings, numbers, literals, white space. A scan is a pointer into the text and its end; each function
 * steps over one word if it is well-formed and says whether it was. Nothing is copied: a string is returned as it stands
 * between its quotes.
 *
 * Names are compared and hashed by decoding them character by character, without memory, so that "a" and "\u0061" are one name.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"

/* Longest number that is looked at: more digits than a double has in full would only be work for an attacker to give us. */
#define NUMBER_MAX 400

struct json_scan
json_scan_of(struct str text)
{

	return ((struct json_scan){ .p = text.p, .end = text.p + text.len });
}

int
json_scan_peek(const struct json_scan *s)
{

	return (s->p < s->end ? (unsigned char)*s->p : -1);
}

bool
json_scan_take(struct json_scan *s, char c)
{

	if (s->p == s->end || *s->p != c)
		return (false);
	s->p++;
	return (true);
}

void
json_scan_space(struct json_scan *s)
{

	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r'))
		s->p++;
}

/* The four hex digits of a \u escape, -1 if they are not there. */
static int
scan_hex4(struct json_scan *s)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		int digit = str_hex_value((char)json_scan_peek(s));

		if (digit < 0)
			return (-1);
		v = v << 4 | digit;
		s->p++;
	}
	return (v);
}

/* What follows "\u": no NUL, by which a name could end early elsewhere, and no half of a surrogate pair. */
static bool
scan_unicode(struct json_scan *s)
{
	int high = scan_hex4(s), low;

	if (high <= 0 || (high >= 0xdc00 && high <= 0xdfff))
		return (false);
	if (high < 0xd800 || high > 0xdbff)
		return (true);
	if (!json_scan_take(s, '\\') || !json_scan_take(s, 'u'))
		return (false);
	low = scan_hex4(s);
	return (low >= 0xdc00 && low <= 0xdfff);
}

/* JSON's own escapes only; a NUL byte ends strchr's list and must not be found there. */
static bool
scan_escape(struct json_scan *s)
{
	int c = json_scan_peek(s);

	if (c <= 0 || strchr("\"\\/bfnrtu", c) == NULL)
		return (false);
	s->p++;
	return (c != 'u' || scan_unicode(s));
}

bool
json_scan_string(struct json_scan *s, struct str *raw)
{

	if (!json_scan_take(s, '"'))
		return (false);
	raw->p = s->p;
	for (;;) {
		int c = json_scan_peek(s);

		if (c < 0x20) /* the end of the text included */
			return (false);
		s->p++;
		if (c == '"')
			break;
		if (c == '\\' && !scan_escape(s))
			return (false);
	}
	raw->len = (size_t)(s->p - 1 - raw->p);
	return (true);
}

static bool
scan_digits(struct json_scan *s)
{
	const char *from = s->p;

	while (json_scan_peek(s) >= '0' && json_scan_peek(s) <= '9')
		s->p++;
	return (s->p > from);
}

/* 1e400 is a number to the grammar and infinity to a double. */
static bool
is_finite(const char *p, size_t n)
{
	char text[NUMBER_MAX + 1];

	if (n > NUMBER_MAX)
		return (false);
	memcpy(text, p, n);
	text[n] = '\0';
	return (isfinite(strtod(text, NULL)));
}

bool
json_scan_number(struct json_scan *s)
{
	const char *from = s->p;

	(void)json_scan_take(s, '-');
	if (!json_scan_take(s, '0') && !scan_digits(s))
		return (false);
	if (json_scan_take(s, '.') && !scan_digits(s))
		return (false);
	if (json_scan_take(s, 'e') || json_scan_take(s, 'E')) {
		if (!json_scan_take(s, '+'))
			(void)json_scan_take(s, '-');
		if (!scan_digits(s))
			return (false);
	}
	return (is_finite(from, (size_t)(s->p - from)));
}

/* The length is compared first: what is left may be shorter than the word. */
bool
json_scan_word(struct json_scan *s, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
		return (false);
	s->p += n;
	return (true);
}

/* What the escape at ${*s}, known to be well-formed, stands for. */
static uint32_t
next_escape(struct json_scan *s)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	char c = *s->p++;
	const char *at = strchr(from, c);
	uint32_t v;

	if (c != 'u')
		return (at != NULL ? (uint32_t)to[at - from] : (uint32_t)c);
	v = (uint32_t)scan_hex4(s);
	if (v < 0xd800 || v > 0xdbff)
		return (v);
	s->p += 2;
	return (0x10000 + ((v - 0xd800) << 10) + ((uint32_t)scan_hex4(s) - 0xdc00));
}

/* The next character of a name that is known to be well-formed, 0 at its end. */
static uint32_t
next_character(struct json_scan *s)
{
	uint32_t c;
	int more;

	if (s->p == s->end)
		return (0);
	c = (unsigned char)*s->p++;
	if (c == '\\')
		return (next_escape(s));
	if (c < 0x80)
		return (c);
	more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
	c &= 0x3fu >> more;
	while (more-- > 0)
		c = c << 6 | ((unsigned char)*s->p++ & 0x3f);
	return (c);
}

uint64_t
json_scan_hash(struct str raw)
{
	struct json_scan s = json_scan_of(raw);
	uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a, over characters */
	uint32_t c;

	while ((c = next_character(&s)) != 0)
		h = (h ^ c) * UINT64_C(1099511628211);
	return (h);
}

bool
json_scan_same(struct str a, struct str b)
{
	struct json_scan sa = json_scan_of(a), sb = json_scan_of(b);
	uint32_t c;

	do {
		if ((c = next_character(&sa)) != next_character(&sb))
			return (false);
	} while (c != 0);
	return (true);
}
