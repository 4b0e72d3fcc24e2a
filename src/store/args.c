/* SPDX-License-Identifier: ISC */
/*
 * The arguments of one command to Redis, with their lengths: no text that a client sent is ever part of a command line that is
 * parsed again. What the caller keeps anyway is only pointed to; numbers and other made texts are kept at the end of ${mem}. A
 * list that does not fit is marked and never sent.
 */
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"

#include "store/args.h"

void
args_init(struct args *a, const char *name)
{

	a->n = 0;
	a->used = 0;
	a->overflow = false;
	args_text(a, name);
}

void
args_put(struct args *a, const void *p, size_t n)
{

	if (a->n == ARGS_MAX) {
		a->overflow = true;
		return;
	}
	a->v[a->n] = p;
	a->len[a->n++] = n;
}

void
args_text(struct args *a, const char *s)
{

	args_put(a, s == NULL ? "" : s, s == NULL ? 0 : strlen(s));
}

/* Puts what was built at the end of ${mem}. */
static void
keep(struct args *a, const struct buf *b)
{

	if (b->overflow) {
		a->overflow = true;
		return;
	}
	a->used += b->len + 1;
	args_put(a, b->p, b->len);
}

/* A text at the end of ${mem}; with no room left, one that has overflown. */
static struct buf
rest(struct args *a)
{
	static char none[1];
	struct buf b;

	if (a->used < sizeof(a->mem)) {
		buf_init(&b, a->mem + a->used, sizeof(a->mem) - a->used);
		return (b);
	}
	buf_init(&b, none, sizeof(none));
	b.overflow = true;
	return (b);
}

void
args_int(struct args *a, int64_t v)
{
	struct buf b = rest(a);

	buf_printf(&b, "%" PRId64, v);
	keep(a, &b);
}

/* An absent or invalid text becomes null: nothing malformed gets into an event. */
void
args_json(struct args *a, const char *s)
{
	struct buf b = rest(a);

	buf_json(&b, s == NULL || s[0] == '\0' || !str_is_utf8(str_of(s)) ? STR_NONE : str_of(s));
	keep(a, &b);
}

void
args_time(struct args *a, int64_t t)
{
	struct buf b = rest(a);

	buf_time(&b, t);
	keep(a, &b);
}

void
args_copy(struct args *a, const void *p, size_t n)
{
	struct buf b = rest(a);

	buf_put(&b, p, n);
	keep(a, &b);
}
