#include <stdarg.h>
#include <stdio.h>

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

const char *
source_file(const struct config *c, const config_setting_t *at)
{
	const char *file = at == NULL ? NULL : config_setting_source_file(at);

	return (file == NULL ? c->file : file);
}

bool
source_wrong(const struct loading *l, const config_setting_t *at, const char *name, const char *fmt, ...)
{
	char line[16] = "", what[384];
	va_list ap;

	if (at != NULL)
		snprintf(line, sizeof(line), ":%u", (unsigned)config_setting_source_line(at));
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(l->err, l->errlen, "%s%s: %s: %s", source_file(l->c, at), line, name, what);
	return (false);
}
