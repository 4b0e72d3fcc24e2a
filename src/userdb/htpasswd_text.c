/* SPDX-License-Identifier: ISC */
/*
 * One pass over the text, which is cut into lines in place: names and values stay where they are, but for the few names whose
 * canonical form is another one. Then the rows are sorted, so that looking somebody up is a binary search.
 *
 * A file that is being written, or was when the power went, must not pass for one with fewer users. What tells it is a line
 * without a colon, a byte 0, or a last line without its end whose hash makes no sense. An empty text is one nobody has written
 * yet; what to make of that is up to the caller.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/precis.h"
#include "base/str.h"
#include "crypto/pwhash.h"
#include "doorward/session.h"

#include "userdb/htpasswd_text.h"

static bool
broken(char *why, const char *what, size_t line)
{

	snprintf(why, HTPASSWD_WHY, "line %zu %s", line, what);
	return (false);
}

static bool
is_inside(const struct htpasswd_table *t, const char *p)
{

	return (p >= t->text && p <= t->text + t->len);
}

void
htpasswd_free(struct htpasswd_table *t)
{

	for (size_t i = 0; i < t->n; i++)
		if (!is_inside(t, t->rows[i].user))
			free((char *)(uintptr_t)t->rows[i].user);
	free(t->rows);
	if (t->text != NULL)
		explicit_bzero(t->text, t->len);
	free(t->text);
	memset(t, 0, sizeof(*t));
}

/* Room for one row more. */
static bool
grow(struct htpasswd_table *t)
{
	size_t cap = t->cap == 0 ? 64 : 2 * t->cap;
	struct htpasswd_row *rows;

	if (t->n < t->cap)
		return (true);
	if ((rows = reallocarray(t->rows, cap, sizeof(*rows))) == NULL)
		return (false);
	t->rows = rows;
	t->cap = cap;
	return (true);
}

/*
 * Appends a row for ${name}, which is in the text and ended by a NUL there. One that can be no name is counted: others may use
 * it elsewhere.
 */
static bool
add(struct htpasswd_table *t, const char *name, const char *value, size_t line, char *why)
{
	char canonical[USERNAME_MAX + 1], *own = NULL;

	if (!precis_username(str_of(name), canonical, sizeof(canonical))) {
		if (t->unusable++ == 0)
			t->first_unusable = line;
		return (true);
	}
	if (t->n == HTPASSWD_LINES_MAX)
		return (broken(why, "is one too many", line));
	if (!grow(t) || (strcmp(canonical, name) != 0 && (own = strdup(canonical)) == NULL))
		return (broken(why, "is too much for the memory", line));
	t->rows[t->n++] = (struct htpasswd_row){ own != NULL ? own : name, value, line };
	return (true);
}

static int
compare(const void *x, const void *y)
{
	const struct htpasswd_row *a = x, *b = y;
	int d = strcmp(a->user, b->user);

	return (d != 0 ? d : (a->line > b->line) - (a->line < b->line));
}

static void
sort(struct htpasswd_table *t)
{

	if (t->n > 1)
		qsort(t->rows, t->n, sizeof(t->rows[0]), compare);
}

/* Of several lines for one user the first counts. */
static void
keep_first(struct htpasswd_table *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (kept == 0 || strcmp(t->rows[kept - 1].user, t->rows[i].user) != 0)
			t->rows[kept++] = t->rows[i];
		else if (!is_inside(t, t->rows[i].user))
			free((char *)(uintptr_t)t->rows[i].user);
	}
	t->n = kept;
}

/* Cuts the next line off ${*rest}, in place, without blanks around it. Returns NULL after the last; ${*ended}: it had an end.
 */
static char *
next_line(char **rest, bool *ended)
{
	char *line = *rest, *end;

	if (line == NULL || *line == '\0')
		return (NULL);
	end = strchr(line, '\n');
	*ended = end != NULL;
	*rest = end == NULL ? NULL : end + 1;
	if (end == NULL)
		end = line + strlen(line);
	while (end > line && strchr(" \t\r\n", end[-1]) != NULL)
		end--;
	*end = '\0';
	return (line + strspn(line, " \t"));
}

/* Apache's tools leave a third field alone, and some put remarks there; the forms of hashes with colons in them have no such
 * room. */
static void
cut_remark(char *hash)
{

	if (strncmp(hash, "pbkdf2:", 7) != 0 && strncmp(hash, "scrypt:", 7) != 0)
		hash[strcspn(hash, ":")] = '\0';
}

static bool
user_line(struct htpasswd_table *t, char *line, size_t number, bool ended, char *why)
{
	char *colon = strchr(line, ':');

	if (colon == NULL)
		return (broken(why, "has no colon", number));
	*colon = '\0';
	cut_remark(colon + 1);
	if (!ended && colon[1] != '!' && colon[1] != '*' && pwhash_problem(colon + 1) != NULL)
		return (broken(why, "ends in the middle", number));
	return (add(t, line, colon + 1, number, why));
}

/* The next word of ${*rest}: up to a blank, or between quotes, as Apache reads it. NULL: there is none. */
static char *
next_word(char **rest)
{
	char *p = *rest + strspn(*rest, " \t"), *word = p, quote = *p, *end;

	if (quote == '\0')
		return (NULL);
	if (quote == '"' || quote == '\'')
		end = strchr(++word, quote);
	else
		end = word + strcspn(word, " \t");
	if (end == NULL)
		end = word + strlen(word);
	*rest = *end == '\0' ? end : end + 1;
	*end = '\0';
	return (word);
}

static bool
group_line(struct htpasswd_table *t, char *line, size_t number, bool ended, char *why)
{
	char *colon = strchr(line, ':'), *word;

	(void)ended;
	if (colon == NULL)
		return (broken(why, "has no colon", number));
	*colon++ = '\0';
	line[strcspn(line, " \t")] = '\0';
	while ((word = next_word(&colon)) != NULL)
		if (!add(t, word, line, number, why))
			return (false);
	return (true);
}

/* A backslash before the end of a line: the next one goes on with it. */
static void
join_lines(char *text)
{

	for (char *p = text; (p = strchr(p, '\\')) != NULL; p++)
		if (p[1] == '\n' || (p[1] == '\r' && p[2] == '\n'))
			memset(p, ' ', p[1] == '\n' ? 2 : 3);
}

typedef bool (*line_reader)(struct htpasswd_table *t, char *line, size_t number, bool ended, char *why);

static bool
read_lines(struct htpasswd_table *t, line_reader reader, char *why)
{
	char *rest = t->text, *line;
	size_t number = 0;
	bool ended;

	if (memchr(t->text, '\0', t->len) != NULL)
		return (snprintf(why, HTPASSWD_WHY, "it holds a byte 0") < 0);
	while ((line = next_line(&rest, &ended)) != NULL) {
		number++;
		if (*line != '#' && *line != '\0' && !reader(t, line, number, ended, why))
			return (false);
	}
	sort(t);
	return (true);
}

static bool
read_text(struct htpasswd_table *t, char *text, size_t len, line_reader reader, char *why)
{

	*t = (struct htpasswd_table){ .text = text, .len = len };
	if (read_lines(t, reader, why))
		return (true);
	htpasswd_free(t);
	return (false);
}

bool
htpasswd_read_users(struct htpasswd_table *t, char *text, size_t len, char *why)
{

	if (!read_text(t, text, len, user_line, why))
		return (false);
	keep_first(t);
	return (true);
}

bool
htpasswd_read_groups(struct htpasswd_table *t, char *text, size_t len, char *why)
{

	join_lines(text);
	return (read_text(t, text, len, group_line, why));
}

/* Number of the first row whose user is ${user} or, if ${beyond}, comes after it. */
static size_t
bound(const struct htpasswd_table *t, const char *user, bool beyond)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int d = strcmp(t->rows[middle].user, user);

		if (d < 0 || (d == 0 && beyond))
			low = middle + 1;
		else
			high = middle;
	}
	return (low);
}

size_t
htpasswd_after(const struct htpasswd_table *t, const char *user)
{

	return (bound(t, user, true));
}

const struct htpasswd_row *
htpasswd_find(const struct htpasswd_table *t, const char *user, size_t *n)
{
	size_t from = bound(t, user, false);

	*n = bound(t, user, true) - from;
	return (*n > 0 ? &t->rows[from] : NULL);
}
