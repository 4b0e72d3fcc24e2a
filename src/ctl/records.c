/* SPDX-License-Identifier: ISC */
/*
 * A record that is faulty is read to the end of its line and told as such: the rest of the list is worth reading. In CSV a
 * quoted field may hold line ends and, doubled, quotes; what follows its closing quote must be a separator, and a quote in a
 * field that does not begin with one is none.
 */
#include <string.h>

#include "ctl/records.h"

#define BOM "\xef\xbb\xbf" /* some programs mark UTF-8 so */

/* Reads a line without its end into the text at ${at}. Returns its length, or -1 at the end of the file. */
static ssize_t
read_line(FILE *in, struct record *r, size_t at)
{
	size_t n = at;
	int c;

	while ((c = getc(in)) != EOF && c != '\n') {
		if (c == '\0')
			r->fault = "it holds a byte 0";
		if (n < sizeof(r->text) - 1)
			r->text[n++] = (char)c;
		else
			r->fault = "it is too long";
	}
	if (c == EOF && n == at && r->fault == NULL)
		return (-1);
	r->next_line++;
	r->text[n] = '\0';
	return ((ssize_t)(n - at));
}

/* A line end of other systems is none of the last field. */
static size_t
without_return(const char *text, size_t n)
{

	return (n > 0 && text[n - 1] == '\r' ? n - 1 : n);
}

/* The first line of the next record that is not blank. Returns its length, or -1. */
static ssize_t
begin(FILE *in, struct record *r, bool comments)
{
	struct str line;
	ssize_t n;

	do {
		r->n = 0;
		r->fault = NULL;
		r->line = r->next_line + 1;
		if ((n = read_line(in, r, 0)) < 0)
			return (-1);
		if (r->line == 1 && strncmp(r->text, BOM, 3) == 0) {
			memmove(r->text, r->text + 3, (size_t)n - 2);
			n -= 3;
		}
		line = str_trim((struct str){ r->text, without_return(r->text, (size_t)n) });
	} while (r->fault == NULL && (line.len == 0 || (comments && line.p[0] == '#')));
	return (n);
}

bool
records_htpasswd(FILE *in, struct record *r)
{
	ssize_t n = begin(in, r, true);
	struct str rest, name;

	if (n < 0)
		return (false);
	rest = (struct str){ r->text, without_return(r->text, (size_t)n) };
	name = str_cut(&rest, ':');
	if (r->fault == NULL && rest.p == NULL)
		r->fault = "it has no colon";
	if (r->fault != NULL)
		return (true);
	r->fields[r->n++] = name;
	r->fields[r->n++] = str_trim(rest);
	return (true);
}

/* Takes the rest of a quoted field, which may go on in the next lines. Returns where it ends, in the text, or NULL. */
static char *
take_quoted(FILE *in, struct record *r, char *from, struct str *field)
{
	char *to = from, *p = from;

	for (;;) {
		if (*p == '"' && p[1] != '"')
			break;
		if (*p == '\0') { /* the line has ended, the field has not */
			size_t at = (size_t)(p - r->text);

			if (at + 1 >= sizeof(r->text) || read_line(in, r, at + 1) < 0) {
				r->fault = "a quote is not closed";
				return (NULL);
			}
			*p = '\n';
			continue;
		}
		if (*p == '"')
			p++;
		*to++ = *p++;
	}
	*field = (struct str){ from, (size_t)(to - from) };
	return (p + 1);
}

static char *
take_plain(struct record *r, char *p, struct str *field)
{
	size_t n = strcspn(p, ",");

	*field = (struct str){ p, p[n] == '\0' ? without_return(p, n) : n };
	if (memchr(p, '"', field->len) != NULL)
		r->fault = "there is a quote in a field that does not begin with one";
	return (p + n);
}

/* Takes the field at ${p}. Returns where the next one is, or NULL after the last, or if it is faulty. */
static char *
take_field(FILE *in, struct record *r, char *p)
{
	struct str field;

	p = *p == '"' ? take_quoted(in, r, p + 1, &field) : take_plain(r, p, &field);
	if (p == NULL || r->fault != NULL)
		return (NULL);
	if (*p != ',' && *p != '\0' && strcmp(p, "\r") != 0)
		r->fault = "something follows a closing quote";
	else if (r->n == RECORD_FIELDS_MAX)
		r->fault = "it has more than three fields (what holds a comma, as argon2 hashes do, stands in quotes)";
	else
		r->fields[r->n++] = field;
	return (r->fault == NULL && *p == ',' ? p + 1 : NULL);
}

bool
records_csv(FILE *in, struct record *r)
{
	char *p = r->text;

	if (begin(in, r, false) < 0)
		return (false);
	while (r->fault == NULL && p != NULL)
		p = take_field(in, r, p);
	return (true);
}
