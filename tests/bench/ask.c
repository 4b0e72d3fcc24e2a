/* SPDX-License-Identifier: ISC */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"

#define TEMPLATE_MAX 16384 /* bytes; a request of ours has less than 2000 */
#define BEGIN_REQUEST 1
#define PARAMS 4
#define STDIN_DATA 5
#define KEEP_CONN 1

struct bytes {
	char p[2 * TEMPLATE_MAX];
	size_t len;
};

static char *
whole_file(const char *file, size_t *len)
{
	FILE *f = fopen(file, "rb");
	char *text = NULL;
	size_t cap = 0;
	ssize_t n;

	if (f == NULL)
		err(1, "%s", file);
	if ((n = getdelim(&text, &cap, '\0', f)) < 0)
		errx(1, "%s is empty or cannot be read", file);
	fclose(f);
	*len = (size_t)n;
	return (text);
}

void
values_read(const char *file, struct values *out)
{
	size_t size, lines = 0;
	char *text = whole_file(file, &size), *end;

	if ((end = memchr(text, '\n', size)) == NULL || end == text)
		errx(1, "%s has no whole line", file);
	out->len = (size_t)(end - text);
	if (size % (out->len + 1) != 0)
		errx(1, "%s: the lines are not of one length", file);
	for (size_t at = 0; at < size; at += out->len + 1) {
		if (text[at + out->len] != '\n')
			errx(1, "%s: the lines are not of one length", file);
		memmove(text + lines++ * out->len, text + at, out->len);
	}
	out->text = text;
	out->n = lines;
}

/* The template with the first value, or nothing, in its place. */
static char *
template_of(const char *file, const struct values *v, size_t *len)
{
	char *text = whole_file(file, len), *place = memmem(text, *len, ASK_PLACE, strlen(ASK_PLACE)), *out;
	size_t head, n = strlen(ASK_PLACE);

	if (place == NULL)
		return (text);
	if (v == NULL)
		errx(1, "%s has a place for a value, and there are none", file);
	head = (size_t)(place - text);
	if ((out = calloc(1, *len + v->len + 1)) == NULL)
		err(1, "calloc");
	memcpy(out, text, head);
	memcpy(out + head, v->text, v->len);
	memcpy(out + head + v->len, place + n, *len - head - n);
	*len = *len - n + v->len;
	free(text);
	return (out);
}

static void
put(struct bytes *b, const void *p, size_t n)
{

	if (n > sizeof(b->p) - b->len)
		errx(1, "the request is too large");
	memcpy(b->p + b->len, p, n);
	b->len += n;
}

static void
put_record(struct bytes *b, int type, const void *content, size_t n)
{
	unsigned char head[8] = { 1, (unsigned char)type, 0, 1, (unsigned char)(n >> 8), (unsigned char)n, 0, 0 };

	put(b, head, sizeof(head));
	put(b, content, n);
}

static void
put_length(struct bytes *b, size_t n)
{
	unsigned char wide[4] = { (unsigned char)(n >> 24 | 0x80), (unsigned char)(n >> 16), (unsigned char)(n >> 8),
		(unsigned char)n };
	unsigned char narrow = (unsigned char)n;

	if (n < 128)
		put(b, &narrow, 1);
	else
		put(b, wide, 4);
}

static void
put_pair(struct bytes *b, const char *name, size_t n, const char *value, size_t m)
{

	put_length(b, n);
	put_length(b, m);
	put(b, name, n);
	put(b, value, m);
}

static void
put_variables(struct bytes *b, const char *text, const char *end, size_t body)
{
	char length[24];

	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text)), *eq;

		if (stop == NULL || (eq = memchr(text, '=', (size_t)(stop - text))) == NULL)
			errx(1, "a line of the template is not NAME=VALUE");
		put_pair(b, text, (size_t)(eq - text), eq + 1, (size_t)(stop - eq - 1));
		text = stop + 1;
	}
	if (body > 0)
		put_pair(b, "CONTENT_LENGTH", 14, length, (size_t)snprintf(length, sizeof(length), "%zu", body));
}

static void
keep_place(struct ask *a, const struct values *v)
{
	char *place = v == NULL ? NULL : memmem(a->bytes, a->len, v->text, v->len);

	a->place = place == NULL ? SIZE_MAX : (size_t)(place - a->bytes);
}

void
ask_fcgi(const char *file, int role, bool keep, const struct values *v, struct ask *out)
{
	unsigned char begin[8] = { 0, (unsigned char)role, keep ? KEEP_CONN : 0 };
	size_t len, variables, body;
	char *text = template_of(file, v, &len), *gap = memmem(text, len, "\n\n", 2);
	static struct bytes params, all;

	variables = gap == NULL ? len : (size_t)(gap - text) + 1;
	body = gap == NULL ? 0 : len - variables - 1;
	params.len = all.len = 0;
	put_variables(&params, text, text + variables, body);
	put_record(&all, BEGIN_REQUEST, begin, sizeof(begin));
	put_record(&all, PARAMS, params.p, params.len);
	put_record(&all, PARAMS, "", 0);
	if (body > 0)
		put_record(&all, STDIN_DATA, text + variables + 1, body);
	put_record(&all, STDIN_DATA, "", 0);
	free(text);
	if ((out->bytes = malloc(all.len)) == NULL)
		err(1, "malloc");
	memcpy(out->bytes, all.p, out->len = all.len);
	keep_place(out, v);
}

void
ask_http(const char *file, const struct values *v, struct ask *out)
{

	out->bytes = template_of(file, v, &out->len);
	keep_place(out, v);
}

void
ask_fill(struct ask *a, const struct values *v, size_t i)
{

	if (a->place != SIZE_MAX)
		memcpy(a->bytes + a->place, v->text + i * v->len, v->len);
}
