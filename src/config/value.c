/* SPDX-License-Identifier: ISC */
/*
 * A value of each type, from the file or from the default's text, into its field: with its bounds, and with a message that says
 * what would be right. Numbers are never silently cut, wrapped or rounded.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "doorward/config.h"

#include "config/value.h"

static const struct {
	const char *word;
	int64_t ms;
} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 } };

#define UNITS (sizeof(units) / sizeof(units[0]))

/* Writes what is wrong, and is false: so that a check can `return (wrong(…))`. */
static bool __attribute__((format(printf, 3, 4))) wrong(char *why, size_t len, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, len, fmt, ap);
	va_end(ap);
	return (false);
}

static void *
field(const struct option *o, void *base)
{

	return ((char *)base + o->offset);
}

static bool
is_duration(const struct option *o)
{

	return (o->type == OPTION_DURATION || o->type == OPTION_LIFETIME);
}

/* In the largest unit that needs no fraction: 90000 is "90s", not "1.5m". */
void
value_duration(int64_t ms, char *out, size_t cap)
{
	size_t i = UNITS - 1;

	while (i > 0 && (ms == 0 ? i > 1 : ms % units[i].ms != 0))
		i--;
	snprintf(out, cap, "%" PRId64 "%s", ms / units[i].ms, units[i].word);
}

static bool
store_number(const struct option *o, int64_t v, void *base, char *why, size_t len)
{

	if (v < o->min || v > o->max)
		return (
		    wrong(why, len, "%" PRId64 " is out of range, %" PRId64 " to %" PRId64 " is allowed", v, o->min, o->max));
	*(int64_t *)field(o, base) = v;
	return (true);
}

static bool
from_int(const struct option *o, const char *text, void *base, char *why, size_t len)
{
	uint64_t v;

	if (!str_to_u64(str_of(text), INT64_MAX, &v))
		return (wrong(why, len, "\"%s\" is not a number", text));
	return (store_number(o, (int64_t)v, base, why, len));
}

/* The word stands for 0, which is no number of its own. */
static bool
from_count(const struct option *o, const char *text, void *base, char *why, size_t len)
{

	if (strcmp(text, o->words[0]) == 0) {
		*(int64_t *)field(o, base) = 0;
		return (true);
	}
	return (from_int(o, text, base, why, len));
}

/* Octal as chmod writes it, three digits or four with a leading 0. */
static bool
from_mode(const struct option *o, const char *text, void *base, char *why, size_t len)
{
	int64_t v = 0;
	size_t n = strlen(text);

	if (n < 3 || n > 4 || strspn(text, "01234567") != n || (n == 4 && text[0] != '0'))
		return (wrong(why, len, "\"%s\" is not a mode; write it as in \"0660\"", text));
	for (size_t i = 0; i < n; i++)
		v = v * 8 + (text[i] - '0');
	return (store_number(o, v, base, why, len));
}

static const struct {
	const char *word;
	int64_t bytes;
} sizes[] = { { "g", (int64_t)1 << 30 }, { "m", (int64_t)1 << 20 }, { "k", (int64_t)1 << 10 } };

#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

void
value_size(int64_t bytes, char *out, size_t cap)
{
	size_t i = 0;

	/* 0 needs a unit too, or it could not be read again */
	while (i < SIZES - 1 && (bytes == 0 || bytes % sizes[i].bytes != 0))
		i++;
	snprintf(out, cap, "%" PRId64 "%s", bytes / sizes[i].bytes, sizes[i].word);
}

/* Multiplied only after the bound was checked for the unit, so nothing wraps. */
static bool
from_size(const struct option *o, const char *text, void *base, char *why, size_t len)
{
	size_t digits = strspn(text, "0123456789"), i = 0;
	char least[32], most[32];
	int64_t bytes = -1;
	uint64_t n;

	while (i < SIZES && strcmp(sizes[i].word, text + digits) != 0)
		i++;
	if (digits == 0 || i == SIZES)
		return (wrong(why, len, "\"%s\" is not a size: write a number with a unit, k, m or g, as in \"16m\"", text));
	if (str_to_u64((struct str){ text, digits }, (uint64_t)(INT64_MAX / sizes[i].bytes), &n))
		bytes = (int64_t)n * sizes[i].bytes;
	if (bytes >= o->min && bytes <= o->max) {
		*(int64_t *)field(o, base) = bytes;
		return (true);
	}
	value_size(o->min, least, sizeof(least));
	value_size(o->max, most, sizeof(most));
	return (wrong(why, len, "\"%s\" is out of range, %s to %s is allowed", text, least, most));
}

static const char *
unit_hint(void)
{

	return ("a duration is a number with a unit, ms, s, m, h or d, as in \"30s\"");
}

static bool
out_of_range(const struct option *o, const char *text, char *why, size_t len)
{
	char least[32], most[32];

	value_duration(o->min, least, sizeof(least));
	value_duration(o->max, most, sizeof(most));
	return (wrong(why, len, "\"%s\" is out of range, %s to %s is allowed", text, least, most));
}

/* The message for a missing unit names the units: a bare number is the usual mistake. */
static bool
from_duration(const struct option *o, const char *text, void *base, char *why, size_t len)
{
	size_t digits = strspn(text, "0123456789"), i = 0;
	uint64_t n;

	if (digits == 0 || text[digits] == '\0')
		return (wrong(why, len, "\"%s\" has no %s: %s", text, digits == 0 ? "number" : "unit", unit_hint()));
	while (i < UNITS && strcmp(units[i].word, text + digits) != 0)
		i++;
	if (i == UNITS)
		return (wrong(why, len, "\"%s\" has an unknown unit: %s", text, unit_hint()));
	if (!str_to_u64((struct str){ text, digits }, (uint64_t)(INT64_MAX / units[i].ms), &n))
		return (out_of_range(o, text, why, len));

	int64_t ms = (int64_t)n * units[i].ms;

	if (ms < o->min || ms > o->max)
		return (out_of_range(o, text, why, len));
	if (o->type == OPTION_LIFETIME && ms % 1000 != 0)
		return (wrong(why, len, "\"%s\" is not a whole number of seconds", text));
	*(int64_t *)field(o, base) = ms;
	return (true);
}

static bool
from_word(const struct option *o, const char *text, void *base, char *why, size_t len)
{
	size_t i = 0, used = 0;

	while (o->words[i] != NULL && strcmp(o->words[i], text) != 0)
		i++;
	if (o->words[i] == NULL) {
		char list[128] = "";

		for (i = 0; o->words[i] != NULL && used < sizeof(list); i++)
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i == 0 ? "" : ", ", o->words[i]);
		return (wrong(why, len, "\"%s\" is not one of %s", text, list));
	}
	if (o->type == OPTION_LEVEL)
		*(int64_t *)field(o, base) = (int64_t)i;
	else if (o->type == OPTION_POLICY)
		*(enum session_policy *)field(o, base) = (enum session_policy)i;
	else
		*(bool *)field(o, base) = i != 0;
	return (true);
}

/* Keeps a copy of ${text} in place of what was there. */
static bool
store_copy(const char *text, char **at, char *why, size_t len)
{
	char *copy = strdup(text);

	if (copy == NULL)
		return (wrong(why, len, "%s", strerror(errno)));
	free(*at);
	*at = copy;
	return (true);
}

static bool
is_text(const struct option *o, const char *text, char *why, size_t len)
{
	size_t n = strlen(text);

	if (n < (size_t)o->min)
		return (n == 0 ? wrong(why, len, "must not be empty") : wrong(why, len, "\"%s\" is too short", text));
	if (n > (size_t)o->max)
		return (wrong(why, len, "is longer than %" PRId64 " bytes", o->max));
	if (!str_is_utf8(str_of(text)) || str_has_control(str_of(text)))
		return (wrong(why, len, "holds control characters, such as the end of a line, or is not UTF-8"));
	if (o->type == OPTION_PATH && n > 0 && text[0] != '/')
		return (wrong(why, len, "\"%s\" is not an absolute path", text));
	if (o->type == OPTION_ID && !str_is_word(str_of(text), "._-", CLIENT_ID_MAX))
		return (wrong(why, len, "\"%s\" is not an id: letters, digits, '.', '_' and '-'", text));
	return (true);
}

static bool
from_string(const struct option *o, const char *text, void *base, char *why, size_t len)
{

	if (!is_text(o, text, why, len))
		return (false);
	if (o->type == OPTION_ID)
		return (str_copy(field(o, base), CLIENT_ID_MAX + 1, str_of(text)));
	return (store_copy(text, field(o, base), why, len));
}

/* A word that is kept as text. Checked like a choice, kept as text. */
static bool
from_word_text(const struct option *o, const char *text, void *base, char *why, size_t len)
{
	struct option index = *o;
	bool ignored;

	index.type = OPTION_CHOICE;
	index.offset = 0;
	return (from_word(&index, text, &ignored, why, len) && store_copy(text, field(o, base), why, len));
}

/* The new list takes the place of the old one only when all of it is good. */
static bool
from_list(const struct option *o, const config_setting_t *s, void *base, char *why, size_t len)
{
	int n = s == NULL ? 0 : config_setting_length(s);
	struct option element = { .type = OPTION_STRING, .min = 1, .max = 1024 };
	char **list;

	if (n > o->max)
		return (wrong(why, len, "has more than %" PRId64 " elements", o->max));
	if ((list = calloc((size_t)n + 1, sizeof(*list))) == NULL)
		return (wrong(why, len, "%s", strerror(errno)));
	for (int i = 0; i < n; i++) {
		const char *text = config_setting_get_string_elem(s, i);

		if (text == NULL)
			wrong(why, len, "element %d is not a string", i + 1);
		else if (from_string(&element, text, &list[i], why, len))
			continue;
		for (int k = 0; k < i; k++)
			free(list[k]);
		free(list);
		return (false);
	}
	value_free(o, base);
	*(char ***)field(o, base) = list;
	return (true);
}

/* Defaults are texts, whatever the type; this is how they become values. */
bool
value_from_text(const struct option *o, const char *text, void *base, char *why, size_t len)
{

	switch (o->type) {
	case OPTION_BOOL:
		*(bool *)field(o, base) = strcmp(text, "true") == 0;
		return (true);
	case OPTION_INT:
		return (from_int(o, text, base, why, len));
	case OPTION_COUNT:
		return (from_count(o, text, base, why, len));
	case OPTION_DURATION:
	case OPTION_LIFETIME:
		return (from_duration(o, text, base, why, len));
	case OPTION_SIZE:
		return (from_size(o, text, base, why, len));
	case OPTION_MODE:
		return (from_mode(o, text, base, why, len));
	case OPTION_LIST:
		return (from_list(o, NULL, base, why, len));
	case OPTION_WORD:
		return (from_word_text(o, text, base, why, len));
	case OPTION_LEVEL:
	case OPTION_POLICY:
	case OPTION_CHOICE:
		return (from_word(o, text, base, why, len));
	case OPTION_STRING:
	case OPTION_PATH:
	case OPTION_ID:
		break;
	}
	return (from_string(o, text, base, why, len));
}

static bool
is_whole(const config_setting_t *s)
{
	int type = config_setting_type(s);

	return (type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64);
}

static bool
bool_from_setting(const struct option *o, const config_setting_t *s, void *base, char *why, size_t len)
{

	if (config_setting_type(s) != CONFIG_TYPE_BOOL)
		return (wrong(why, len, "must be true or false, without quotes"));
	*(bool *)field(o, base) = config_setting_get_bool(s) == CONFIG_TRUE;
	return (true);
}

static bool
int_from_setting(const struct option *o, const config_setting_t *s, void *base, char *why, size_t len)
{

	if (!is_whole(s))
		return (wrong(why, len, "must be a whole number, without quotes"));
	return (store_number(o, config_setting_get_int64(s), base, why, len));
}

/* A number, or the word that stands for 0. */
static bool
count_from_setting(const struct option *o, const config_setting_t *s, void *base, char *why, size_t len)
{
	const char *text = config_setting_get_string(s);

	if (is_whole(s))
		return (store_number(o, config_setting_get_int64(s), base, why, len));
	if (text == NULL)
		return (wrong(why, len, "must be a whole number, without quotes, or \"%s\"", o->words[0]));
	if (strcmp(text, o->words[0]) != 0)
		return (wrong(why, len, "\"%s\" is neither a number, without quotes, nor \"%s\"", text, o->words[0]));
	return (value_from_text(o, text, base, why, len));
}

static bool
list_from_setting(const struct option *o, const config_setting_t *s, void *base, char *why, size_t len)
{

	if (!config_setting_is_array(s) && !config_setting_is_list(s))
		return (wrong(why, len, "must be a list of strings, as in [ \"a\", \"b\" ]"));
	return (from_list(o, s, base, why, len));
}

/* The type that libconfig parsed decides: "5" in quotes is no number, and 5 is no duration. */
bool
value_from_setting(const struct option *o, const config_setting_t *s, void *base, char *why, size_t len)
{

	if (o->type == OPTION_BOOL)
		return (bool_from_setting(o, s, base, why, len));
	if (o->type == OPTION_INT)
		return (int_from_setting(o, s, base, why, len));
	if (o->type == OPTION_COUNT)
		return (count_from_setting(o, s, base, why, len));
	if (o->type == OPTION_LIST)
		return (list_from_setting(o, s, base, why, len));
	if (config_setting_type(s) == CONFIG_TYPE_STRING)
		return (value_from_text(o, config_setting_get_string(s), base, why, len));
	return (is_duration(o) ? wrong(why, len, "must be in quotes and with a unit: %s", unit_hint())
			       : wrong(why, len, "must be a string, in quotes"));
}

/* The two fields have the same type; the table says which. */
void
value_inherit(const struct option *from, const void *base, const struct option *o, void *client)
{
	size_t n = o->type == OPTION_POLICY ? sizeof(enum session_policy) : sizeof(int64_t);

	memcpy(field(o, client), (const char *)base + from->offset, n);
}

/* Only texts and lists own memory. */
void
value_free(const struct option *o, void *base)
{
	char ***list = field(o, base);
	char **text = field(o, base);

	switch (o->type) {
	case OPTION_STRING:
	case OPTION_PATH:
	case OPTION_WORD:
		free(*text);
		*text = NULL;
		return;
	case OPTION_LIST:
		for (size_t i = 0; *list != NULL && (*list)[i] != NULL; i++)
			free((*list)[i]);
		free(*list);
		*list = NULL;
		return;
	default:
		return;
	}
}
