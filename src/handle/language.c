/* SPDX-License-Identifier: ISC */
/*
 * Accept-Language: "de-AT, de;q=0.9, en;q=0.5, *;q=0.1". The list is a wish and no order: what is malformed in it is passed
 * over, and whoever wants none of ours gets the first.
 *
 * Ours are plain tags ("de"), and a range stands for the tag it begins with, which is what Lookup comes to (RFC 4647
 * section 3.4): "de-AT" is content with "de". A tag is worth the most that such a range gives it; one that is declined by its
 * own name ("de;q=0") is worth nothing; one that nobody names is worth what "*" is. Of equals the one named first is taken.
 */
#include "handle/language.h"

#define BEST 1000 /* q=1 */

struct range {
	struct str tag; /* without parameters */
	int q;          /* in thousandths; -1 = malformed */
};

/* "1", "0.5", "1.000": at most three digits behind the point. */
static int
read_q(struct str text)
{
	int q, unit = 100;

	if (text.len == 0 || text.len > 5 || (text.p[0] != '0' && text.p[0] != '1') || (text.len > 1 && text.p[1] != '.'))
		return (-1);
	q = text.p[0] == '1' ? BEST : 0;
	for (size_t i = 2; i < text.len; i++, unit /= 10) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return (-1);
		q += (text.p[i] - '0') * unit;
	}
	return (q <= BEST ? q : -1);
}

static struct range
read_range(struct str item)
{
	struct range r = { .q = BEST };

	r.tag = str_trim(str_cut(&item, ';'));
	if (item.p != NULL) {
		struct str name = str_trim(str_cut(&item, '='));

		r.q = str_is_nocase(name, "q") ? read_q(str_trim(item)) : -1;
	}
	return (r);
}

static bool
begins_with(struct str range, const char *tag)
{

	return (str_is_nocase(str_cut(&range, '-'), tag));
}

/* What ${tag} is worth, and where in the list that is said. */
static int
worth_of(struct str accept, const char *tag, size_t *at)
{
	int best = -1, others = 0;

	*at = SIZE_MAX;
	for (size_t i = 0; accept.p != NULL; i++) {
		struct range r = read_range(str_cut(&accept, ','));

		if (r.q < 0)
			continue;
		if (str_is_nocase(r.tag, tag) && r.q == 0)
			return (0);
		if (str_is(r.tag, "*"))
			others = r.q;
		else if (begins_with(r.tag, tag) && r.q > best) {
			best = r.q;
			*at = i;
		}
	}
	return (best < 0 ? others : best);
}

unsigned
language_choose(struct str accept, const char *const *tags, size_t n)
{
	size_t chosen = 0, first = SIZE_MAX;
	int most = 0;

	for (size_t i = 0; i < n; i++) {
		size_t at;
		int worth = worth_of(accept, tags[i], &at);

		if (worth > most || (worth == most && worth > 0 && at < first)) {
			most = worth;
			first = at;
			chosen = i;
		}
	}
	return ((unsigned)chosen);
}
