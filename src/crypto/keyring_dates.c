/* SPDX-License-Identifier: ISC */
/*
 * The head of a key file. A time has one form only, RFC 3339 in UTC with milliseconds, so that two keys that were made one
 * after the other differ; what is read is written again and compared, which leaves no room for another spelling, nor for a 31
 * February.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "crypto/keyring_dates.h"

#define MS 1000
#define TIME_MAX 32 /* bytes of a time, terminator included */

static void
write_time(struct buf *b, int64_t ms)
{

	buf_time(b, ms / MS);
	b->len--; /* the Z, which stands behind the fraction */
	buf_printf(b, ".%03dZ", (int)(ms % MS));
}

static bool
read_time(struct str text, int64_t *ms)
{
	char in[TIME_MAX], again[TIME_MAX];
	struct tm tm = { .tm_year = 0 };
	const char *rest;
	int fraction;
	struct buf b;

	if (!str_copy(in, sizeof(in), text) || (rest = strptime(in, "%Y-%m-%dT%H:%M:%S", &tm)) == NULL ||
	    sscanf(rest, ".%3dZ", &fraction) != 1)
		return (false);
	*ms = (int64_t)timegm(&tm) * MS + fraction;
	buf_init(&b, again, sizeof(again));
	write_time(&b, *ms);
	return (*ms > 0 && str_is(text, again));
}

/* One line without its #. */
static bool
read_line(struct str line, struct keyring_dates *d)
{
	struct str name = str_trim(str_cut(&line, ':')), value = str_trim(line);

	if (str_is(name, "created"))
		return (d->dated = read_time(value, &d->created));
	if (str_is(name, "from"))
		return (read_time(value, &d->from));
	if (str_is(name, "retired"))
		return (read_time(value, &d->retired));
	if (str_is(name, "alg"))
		return (str_copy(d->alg, sizeof(d->alg), value));
	return (true);
}

bool
keyring_dates_read(struct str *text, struct keyring_dates *out)
{

	*out = (struct keyring_dates){ .created = 0 };
	while (text->len > 0 && text->p[0] == '#') {
		struct str line = str_cut(text, '\n');

		if (!read_line((struct str){ line.p + 1, line.len - 1 }, out))
			return (false);
	}
	return (true);
}

static void
write_line(struct buf *b, const char *name, int64_t ms)
{

	if (ms == 0)
		return;
	buf_printf(b, "# %s: ", name);
	write_time(b, ms);
	buf_putc(b, '\n');
}

void
keyring_dates_write(const struct keyring_dates *d, struct buf *out)
{

	write_line(out, "created", d->created);
	write_line(out, "from", d->from);
	write_line(out, "retired", d->retired);
	if (d->alg[0] != '\0')
		buf_printf(out, "# alg: %s\n", d->alg);
}

int
keyring_dates_prefer(const struct keyring_dates *a, const struct keyring_dates *b, int64_t now)
{
	bool due = a->from <= now;

	if (due != (b->from <= now))
		return (due ? 1 : -1);
	if (!due && a->from != b->from)
		return (a->from < b->from ? 1 : -1);
	return (a->created > b->created ? 1 : a->created < b->created ? -1 : 0);
}
