/* SPDX-License-Identifier: ISC */
/*
 * Guesses what was meant when a configuration is refused. For a name that is no option: the nearest one, by the number of
 * letters that differ. For a syntax error: the parser names only the line where it could not go on, so the text of that line
 * (or of the one before it, for what was left open) is held against the few mistakes that explain nearly all of them.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "config/table.h"

#include "config/hint.h"

#define NAME_CAP 64    /* bytes of a name that are compared: no option is longer */
#define DISTANCE_MAX 2 /* letters that may differ: with three, everything short is near */
#define LINE_CAP 512

static size_t
least(size_t a, size_t b)
{

	return (a < b ? a : b);
}

/* The letters to change, add, leave out or swap with their neighbour to make ${b} of ${a}. */
static size_t
distance(const char *a, const char *b)
{
	size_t d[NAME_CAP + 1][NAME_CAP + 1], n = strlen(a), m = strlen(b);

	if (n > NAME_CAP || m > NAME_CAP)
		return (NAME_CAP);
	for (size_t i = 0; i <= n; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= m; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= n; i++)
		for (size_t j = 1; j <= m; j++) {
			d[i][j] = least(least(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	return (d[n][m]);
}

static const char *
last_word(const char *name)
{
	const char *dot = strrchr(name, '.');

	return (dot == NULL ? name : dot + 1);
}

/* A short name is another one after two changes. */
static bool
is_near(const char *name, size_t d)
{

	return (d <= least(DISTANCE_MAX, strlen(name) / 3));
}

static const char *
nearest(const struct option *table, const char *name)
{
	const char *best = NULL;
	size_t least_d = NAME_CAP;

	for (const struct option *o = table; o->name != NULL; o++) {
		size_t whole = distance(name, o->name), word = distance(last_word(name), last_word(o->name));
		/* The same word in another group is one mistake, after those of spelling. */
		size_t d = is_near(name, whole) ? whole : is_near(last_word(name), word) ? word + 1 : NAME_CAP;

		if (d < least_d) {
			least_d = d;
			best = o->name;
		}
	}
	return (best);
}

/* The group that ${name} was meant to be, as it stands before the dot of an option. */
static const char *
nearest_group(const char *name)
{
	static char group[NAME_CAP];

	for (const struct option *o = table_options; o->name != NULL; o++) {
		struct str whole = str_of(o->name);

		whole.len = strcspn(o->name, ".");
		if (o->name[whole.len] == '.' && str_copy(group, sizeof(group), whole) && is_near(name, distance(name, group)))
			return (group);
	}
	return (NULL);
}

const char *
hint_option(const char *name)
{
	const char *option = nearest(table_options, name);

	return (option != NULL || strchr(name, '.') != NULL ? option : nearest_group(name));
}

const char *
hint_row_option(const struct option *table, const char *name)
{

	return (nearest(table, name));
}

/* Reads line ${line} (from 1) into ${out}. */
static bool
read_line(const char *file, unsigned line, char out[LINE_CAP])
{
	FILE *f = fopen(file, "re");
	bool found = f != NULL;

	for (unsigned i = 0; found && i < line; i++)
		found = fgets(out, LINE_CAP, f) != NULL;
	if (f != NULL)
		fclose(f);
	return (found);
}

/*
 * Cuts "name = value;" in two; a value is absent where there is no '=' or ':'. Cuts at the first '=' or ':', which libconfig
 * both takes.
 */
static void
split(const char *text, struct str *name, struct str *value)
{
	struct str rest = str_of(text);
	size_t n = strcspn(text, "=:");

	*name = str_trim((struct str){ text, n });
	if (text[n] == '\0') {
		*value = STR_NONE;
		return;
	}
	rest.p += n + 1;
	rest.len -= n + 1;
	rest.len = strcspn(rest.p, ";\n#");
	*value = str_trim(rest);
}

static bool
is_number(struct str s)
{
	uint64_t n;

	return (str_to_u64(s, UINT64_MAX, &n));
}

/* Returns true if ${text}, "name = value", holds a mistake that was recognised, and says which. */
static bool
explain(const char *text, char *out, size_t cap)
{
	struct str name, value;
	int n;

	split(text, &name, &value);
	n = (int)name.len;
	if (name.len == 0 || value.p == NULL)
		return (false);
	if (memchr(name.p, '.', name.len) != NULL)
		return (snprintf(out, cap, ": an option of a group is written %.*s: { %.*s = …; };", (int)strcspn(name.p, "."),
			    name.p, n - (int)strcspn(name.p, ".") - 1, name.p + strcspn(name.p, ".") + 1) > 0);
	if (value.len == 0)
		return (snprintf(out, cap, ": %.*s has no value", n, name.p) > 0);
	if (str_is_nocase(value, "yes") || str_is_nocase(value, "on"))
		return (snprintf(out, cap, ": %.*s = true;", n, name.p) > 0);
	if (str_is_nocase(value, "no") || str_is_nocase(value, "off"))
		return (snprintf(out, cap, ": %.*s = false;", n, name.p) > 0);
	if (value.p[0] == '"' && (value.len == 1 || value.p[value.len - 1] != '"'))
		return (snprintf(out, cap, ": a quote is missing at the end of the value of %.*s", n, name.p) > 0);
	if (strchr("\"([{", value.p[0]) == NULL && !is_number(value) && !str_is_nocase(value, "true") &&
	    !str_is_nocase(value, "false"))
		return (snprintf(out, cap, ": texts, durations and sizes need quotes: %.*s = \"%.*s\";", n, name.p,
			    (int)strcspn(value.p, "\";\n"), value.p) > 0);
	return (false);
}

/* "listen {": the colon was forgotten. */
static bool
explain_group(const char *text, char *out, size_t cap)
{
	size_t n = strcspn(text, "{");
	struct str name = str_trim((struct str){ text, n });

	if (text[n] != '{' || !str_is_word(name, "_-*", NAME_CAP))
		return (false);
	return (snprintf(out, cap, ": a group is written %.*s: { … };", (int)name.len, name.p) > 0);
}

/* A group may stand on one line: what is in its braces is looked at one by one. */
static bool
explain_line(char *text, char *out, size_t cap)
{
	char *inside = strchr(text, '{');

	if (strchr(text, '#') == text + strspn(text, " \t"))
		return (false);
	if (inside == NULL || strcspn(text, "\"(#") < strcspn(text, "{"))
		return (explain(text, out, cap));
	if (explain_group(text, out, cap))
		return (true);
	for (char *next, *one = inside + 1; one != NULL; one = next) {
		if ((next = strchr(one, ';')) != NULL)
			*next++ = '\0';
		one[strcspn(one, "}")] = '\0';
		if (explain(one, out, cap))
			return (true);
	}
	return (false);
}

/* The parser stops where it cannot go on, often one line after the mistake. */
void
hint_syntax(const char *file, unsigned line, char *out, size_t cap)
{
	char text[LINE_CAP];

	out[0] = '\0';
	for (unsigned back = 0; back < 2 && line > back; back++)
		if (read_line(file, line - back, text) && explain_line(text, out, cap))
			return;
	out[0] = '\0';
}

void
hint_name(const char *file, unsigned line, char *out, size_t cap)
{
	char text[LINE_CAP];
	struct str name, value;

	out[0] = '\0';
	if (!read_line(file, line, text))
		return;
	split(text, &name, &value);
	if (!str_is_word(name, "_-*", NAME_CAP) || !str_copy(out, cap, name))
		out[0] = '\0';
}
