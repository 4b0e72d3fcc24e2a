/* SPDX-License-Identifier: ISC */
/*
 * User names and passwords prepared by RFC 8265, so that one name is one account however it was typed and one password is one
 * hash on every keyboard. A name is trimmed, full- and half-width forms and capital letters are mapped, and the result must
 * hold only characters of the identifier class and read in one direction. A password keeps everything but the kind of its
 * blanks and the way its accents are composed.
 *
 * The character properties and mappings are libunistring's. What is plain ASCII, as nearly everything is, does without it. Each
 * step writes from one buffer into the other; what outgrows them was never a name. The library's functions give memory of their
 * own only if a result does not fit ours: then it is freed and the text refused.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/precis.h"

#define INPUT_MAX 1024 /* bytes of a name as typed, and of a password */
#define GROWTH                                                                                                                 \
	4 /* a mapping makes at most three bytes of one; and there is room for the decompositions of the full-width forms */
#define PASSES 4 /* of the mappings: RFC 8264 7 */

struct text {
	uint8_t p[INPUT_MAX * GROWTH];
	size_t n;
};

static bool
is_blank(ucs4_t c)
{

	return (uc_is_general_category(c, UC_CATEGORY_Zs));
}

/* The character at ${p}, of well-formed UTF-8; its length goes to ${*n}. */
static ucs4_t
character(const uint8_t *p, size_t left, size_t *n)
{
	ucs4_t c;

	*n = (size_t)u8_mbtouc(&c, p, left);
	return (c);
}

/* Blanks of any kind around a name are typing mistakes; inside it they refuse it. */
static struct str
trim(struct str s)
{
	ucs4_t c;
	size_t n;

	while (s.len > 0 && is_blank(character((const uint8_t *)s.p, s.len, &n))) {
		s.p += n;
		s.len -= n;
	}
	while (s.len > 0) {
		const uint8_t *start = (const uint8_t *)s.p, *end = start + s.len, *last = u8_prev(&c, end, start);

		if (last == NULL || !is_blank(c))
			break;
		s.len = (size_t)(last - start);
	}
	return (s);
}

/* Appends ${c} to ${t}. */
static bool
append(struct text *t, ucs4_t c)
{
	int n = u8_uctomb(t->p + t->n, c, (ptrdiff_t)(sizeof(t->p) - t->n));

	if (n < 0)
		return (false);
	t->n += (size_t)n;
	return (true);
}

/* Full- and half-width forms become the characters they are forms of. */
static bool
map_width(const struct text *from, struct text *to)
{
	ucs4_t parts[UC_DECOMPOSITION_MAX_LENGTH], c;
	size_t n;
	int tag, count;

	to->n = 0;
	for (size_t i = 0; i < from->n; i += n) {
		c = character(from->p + i, from->n - i, &n);
		count = uc_decomposition(c, &tag, parts);
		if (count < 0 || (tag != UC_DECOMP_WIDE && tag != UC_DECOMP_NARROW)) {
			parts[0] = c;
			count = 1;
		}
		for (int k = 0; k < count; k++)
			if (!append(to, parts[k]))
				return (false);
	}
	return (true);
}

/* ${result}, which the library gave for ${to}: false if it had no room there. */
static bool
is_there(uint8_t *result, struct text *to, size_t n)
{

	to->n = n;
	if (result == to->p)
		return (true);
	if (result != NULL)
		explicit_bzero(result, n);
	free(result);
	return (false);
}

static bool
map_case(const struct text *from, struct text *to)
{
	size_t n = sizeof(to->p);
	uint8_t *result = u8_tolower(from->p, from->n, NULL, UNINORM_NFC, to->p, &n);

	return (is_there(result, to, n));
}

/* Composed form, so that an accent typed as a character of its own makes the same name. */
static bool
compose(const struct text *from, struct text *to)
{
	size_t n = sizeof(to->p);
	uint8_t *result = u8_normalize(UNINORM_NFC, from->p, from->n, to->p, &n);

	return (is_there(result, to, n));
}

/*
 * Maps ${t} until nothing changes any more. A mapping can make something that maps again. Whatever still changes after PASSES
 * is refused, not cut off there.
 */
static bool
map_name(struct text *t)
{
	struct text wide, mapped;

	for (int i = 0; i < PASSES; i++) {
		if (!map_width(t, &wide) || !map_case(&wide, &mapped))
			return (false);
		if (mapped.n == t->n && memcmp(mapped.p, t->p, t->n) == 0)
			return (true);
		memcpy(t->p, mapped.p, mapped.n);
		t->n = mapped.n;
	}
	return (false);
}

/* The C1 controls and the Unicode line ends count: some reader of a log or a header takes them for a new line. */
static bool
is_refused(ucs4_t c)
{
	ucs4_t parts[UC_DECOMPOSITION_MAX_LENGTH];
	int tag;

	if (c < 0x80)
		return (c < 0x20 || c == 0x7f || c == ',' || c == ':' || c == '/' || c == '"');
	/* C: controls, formats, unassigned, private; Z: blanks */
	if (uc_is_general_category(c, UC_CATEGORY_C) || uc_is_general_category(c, UC_CATEGORY_Z) ||
	    uc_is_property_default_ignorable_code_point(c) || uc_is_property_not_a_character(c))
		return (true);
	return (uc_decomposition(c, &tag, parts) > 0 && tag != UC_DECOMP_CANONICAL);
}

/* What the rule of RFC 5893 2 asks about. */
struct directions {
	bool right_to_left; /* there is a character of these scripts, or an Arabic number */
	bool left_to_right;
	bool european, arabic; /* numbers */
	int first, last;       /* categories; of the last that is no mark */
};

/* Marks (NSM) take the direction of what they stand on and do not count as last. */
static void
look_at(struct directions *d, int category, bool first)
{

	d->right_to_left |= category == UC_BIDI_R || category == UC_BIDI_AL || category == UC_BIDI_AN;
	d->left_to_right |= category == UC_BIDI_L;
	d->european |= category == UC_BIDI_EN;
	d->arabic |= category == UC_BIDI_AN;
	if (first)
		d->first = category;
	if (category != UC_BIDI_NSM)
		d->last = category;
}

/* A name in which both directions meet is shown in another order than it is written. */
static bool
is_readable(const struct directions *d)
{

	if (!d->right_to_left)
		return (true);
	return (!d->left_to_right && !(d->european && d->arabic) && (d->first == UC_BIDI_R || d->first == UC_BIDI_AL) &&
		(d->last == UC_BIDI_R || d->last == UC_BIDI_AL || d->last == UC_BIDI_EN || d->last == UC_BIDI_AN));
}

static bool
is_name(const struct text *t)
{
	struct directions d = { .first = UC_BIDI_ON };
	size_t n;

	for (size_t i = 0; i < t->n; i += n) {
		ucs4_t c = character(t->p + i, t->n - i, &n);

		if (is_refused(c))
			return (false);
		look_at(&d, uc_bidi_category(c), i == 0);
	}
	return (t->n > 0 && is_readable(&d));
}

static void
lower_ascii(struct text *t)
{

	for (size_t i = 0; i < t->n; i++)
		if (t->p[i] >= 'A' && t->p[i] <= 'Z')
			t->p[i] = (uint8_t)(t->p[i] - 'A' + 'a');
}

bool
precis_username(struct str given, char *out, size_t cap)
{
	struct text t;

	out[0] = '\0';
	if (given.p == NULL || given.len > INPUT_MAX || !str_is_utf8(given))
		return (false);
	given = trim(given);
	if (given.len > 0)
		memcpy(t.p, given.p, given.len);
	t.n = given.len;
	if (str_is_ascii(given))
		lower_ascii(&t);
	else if (!map_name(&t))
		return (false);
	return (is_name(&t) && str_copy(out, cap, (struct str){ (const char *)t.p, t.n }));
}

static bool
map_blanks(struct str from, struct text *to)
{
	size_t n;

	to->n = 0;
	for (size_t i = 0; i < from.len; i += n) {
		ucs4_t c = character((const uint8_t *)from.p + i, from.len - i, &n);

		if (!append(to, is_blank(c) ? 0x20 : c))
			return (false);
	}
	return (true);
}

/* Both buffers hold the password: they are wiped, whatever the outcome. */
static bool
prepare_opaque(struct str given, char *out, size_t cap, size_t *n)
{
	struct text blanks, composed = { .n = 0 };
	bool good = map_blanks(given, &blanks) && compose(&blanks, &composed) && composed.n <= cap;

	if (good) {
		memcpy(out, composed.p, composed.n);
		*n = composed.n;
	}
	explicit_bzero(&blanks, sizeof(blanks));
	explicit_bzero(&composed, sizeof(composed));
	return (good);
}

/* A NUL would end the password for functions that take C strings. */
bool
precis_password(struct str given, char *out, size_t cap, size_t *n)
{

	*n = 0;
	if (given.p == NULL || given.len > INPUT_MAX || memchr(given.p, '\0', given.len) != NULL || !str_is_utf8(given))
		return (false);
	if (!str_is_ascii(given))
		return (prepare_opaque(given, out, cap, n));
	if (given.len > cap)
		return (false);
	memcpy(out, given.p, given.len);
	*n = given.len;
	return (true);
}
