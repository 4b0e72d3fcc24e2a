/* SPDX-License-Identifier: ISC */
/*
 * Where an option was set, for messages: file, line, dotted name. Messages of one load are gathered in one buffer, a line each;
 * when it is full the last line says that there are more.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "config/source.h"

const config_setting_t *
source_of(const struct config *c, const char *name)
{

	return (config_lookup(&c->source->parsed, name));
}

const config_setting_t *
source_of_client(const struct config *c, size_t i, const char *name)
{
	const config_setting_t *row = c->source->rows[i];

	return (row == NULL ? NULL : config_setting_get_member((config_setting_t *)row, name));
}

const config_setting_t *
source_of_sink(const struct config *c, size_t i, const char *name)
{

	return (config_setting_get_member((config_setting_t *)(uintptr_t)c->source->sinks[i], name));
}

/* An included file if the setting is in one. */
const char *
source_file(const struct config *c, const config_setting_t *at)
{
	const char *file = at == NULL ? NULL : config_setting_source_file(at);

	return (file == NULL ? c->file : file);
}

void
config_place(const struct config *c, const char *name, char *out, size_t len)
{
	const config_setting_t *at = source_of(c, name);

	if (at == NULL)
		snprintf(out, len, "%s: %s", c->file, name);
	else
		snprintf(out, len, "%s:%u: %s", source_file(c, at), (unsigned)config_setting_source_line(at), name);
}

/* One line more, or a word that there are more than fit. */
static void
add_line(const struct loading *l, const char *line)
{
	static const char more[] = "\n(and more)";
	size_t have = strlen(l->err), need = strlen(line) + (have > 0);

	if (have + need + sizeof(more) <= l->errlen || have == 0)
		snprintf(l->err + have, l->errlen - have, "%s%s", have > 0 ? "\n" : "", line);
	else if (have + sizeof(more) <= l->errlen && strcmp(l->err + have - (sizeof(more) - 1), more) != 0)
		memcpy(l->err + have, more, sizeof(more));
}

bool
source_wrong(const struct loading *l, const config_setting_t *at, const char *name, const char *fmt, ...)
{
	char place[16] = "", what[384], line[1024];
	va_list ap;

	if (at != NULL)
		snprintf(place, sizeof(place), ":%u", (unsigned)config_setting_source_line(at));
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(line, sizeof(line), "%s%s: %s: %s", source_file(l->c, at), place, name, what);
	add_line(l, line);
	return (false);
}

bool
source_unknown(const struct loading *l, const config_setting_t *at, const char *name, const char *meant)
{

	if (meant == NULL)
		return (source_wrong(l, at, name, "there is no such option"));
	return (source_wrong(l, at, name, "there is no such option, did you mean %s?", meant));
}
