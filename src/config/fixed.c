/* SPDX-License-Identifier: ISC */
/* What a reload keeps: options whose value was mapped, opened or handed on before the first fork. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#include "config/table.h"
#include "config/value.h"

#include "config/fixed.h"

static const char *const names[] = { "state_dir", "pid_file", "redis.spawn", "redis.hung_after", "spool.file", "spool.max",
	"cache.size", "cache.max_age", "cache.lease", NULL };

static void
say(const struct option *o)
{

	log_warn("%s changes at the next restart", o->name);
}

static bool
keep_text(const struct option *o, const char *have, struct config *next)
{
	char **want = (char **)((char *)next + o->offset);
	char *copy;

	if (strcmp(have, *want) == 0)
		return (true);
	say(o);
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
		say(o);
	*want = have;
}

static void
keep_flag(const struct option *o, bool have, struct config *next)
{
	bool *want = (bool *)((char *)next + o->offset);

	if (have != *want)
		say(o);
	*want = have;
}

static bool
keep(const char *name, const struct config *running, struct config *next)
{
	const struct option *o = table_find(table_options, name);
	const void *have = (const char *)running + o->offset;

	if (o->type == OPTION_STRING || o->type == OPTION_PATH)
		return (keep_text(o, *(const char *const *)have, next));
	if (o->type == OPTION_BOOL)
		keep_flag(o, *(const bool *)have, next);
	else
		keep_number(o, *(const int64_t *)have, next);
	return (true);
}

/* Where the private Redis is goes with it: its socket is below state_dir, and nobody listens on another one. */
bool
fixed_keep(const struct config *running, struct config *next, char *err, size_t errlen)
{
	bool private = running->redis_spawn || next->redis_spawn, kept = true;

	for (size_t i = 0; names[i] != NULL; i++)
		kept = keep(names[i], running, next) && kept;
	if (private)
		kept = keep("redis.url", running, next) && kept;
	if (!kept)
		snprintf(err, errlen, "%s", strerror(ENOMEM));
	return (kept);
}
