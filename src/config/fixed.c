/* SPDX-License-Identifier: ISC */
/* What a reload keeps: options whose value was mapped, opened or handed on before the first fork. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#include "config/table.h"
#include "config/value.h"

#include "config/fixed.h"

static const char *const names[] = { "pid_file", "redis.hung_after", "spool.file", "spool.max", "cache.size", "cache.max_age",
	"cache.lease", NULL };

static bool
keep_text(const struct option *o, const char *have, struct config *next)
{
	char **want = (char **)((char *)next + o->offset);
	char *copy;

	if (strcmp(have, *want) == 0)
		return (true);
	log_warn("%s changes at the next restart", o->name);
	if ((copy = strdup(have)) == NULL)
		return (false);
	value_free(o, next);
	*want = copy;
	return (true);
}

static void
keep_number(const struct option *o, int64_t have, struct config *next)
{
	int64_t *want = (int64_t *)((char *)next + o->offset);

	if (have != *want)
		log_warn("%s changes at the next restart", o->name);
	*want = have;
}

bool
fixed_keep(const struct config *running, struct config *next)
{

	for (size_t i = 0; names[i] != NULL; i++) {
		const struct option *o = table_find(table_options, names[i]);
		const void *have = (const char *)running + o->offset;

		if (o->type != OPTION_STRING && o->type != OPTION_PATH)
			keep_number(o, *(const int64_t *)have, next);
		else if (!keep_text(o, *(const char *const *)have, next))
			return (false);
	}
	return (true);
}
