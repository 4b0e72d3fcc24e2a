/* SPDX-License-Identifier: ISC */
/*
 * From a file to a struct config, in this order:
 *
 * 1. scan.c reads the text for what libconfig would misread in silence; libconfig parses it.
 * 2. Every option gets its default, by the same functions as a value of the file.
 * 3. Every setting is looked up in the table and stored; an unknown one is an error.
 * 4. What depends on other options or on the machine is derived: the numbers of workers, the address of the private Redis, the
 *    name of a cookie that is a domain's.
 * 5. The clients, which inherit from the above, the sinks and the alerts; then the checks that need everything.
 *
 * All mistakes of steps 3 to 5 are collected into one message. The parsed file is kept beside the values, since later messages
 * name the line of an option.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cores.h"
#include "config/alerts.h"
#include "config/check.h"
#include "config/clients.h"
#include "config/hint.h"
#include "config/scan.h"
#include "config/sinks.h"
#include "config/source.h"
#include "config/table.h"
#include "config/theme.h"
#include "config/value.h"

#include "config/load.h"

#define SPAWNED_SOCKET "/redis/redis.sock" /* of the private Redis, below the state directory */
#define WORKERS_BY_CORES_MAX 48            /* more are started only if asked for */
#define CHECK_WORKERS_MIN 2                /* one that waits for Redis must not be all there is */

static bool
set_defaults(const struct loading *l)
{
	char why[256];

	for (const struct option *o = table_options; o->name != NULL; o++)
		if (!value_from_text(o, o->def, l->c, why, sizeof(why)))
			return (source_wrong(l, NULL, o->name, "%s", why));
	return (true);
}

static bool read_group(const struct loading *l, const config_setting_t *group, const char *prefix);

static bool
read_setting(const struct loading *l, const config_setting_t *s, const char *name)
{
	const struct option *o = table_find(table_options, name);
	char why[256];

	if (o != NULL) {
		if (value_from_setting(o, s, l->c, why, sizeof(why)))
			return (true);
		return (source_wrong(l, s, name, "%s", why));
	}
	if (strcmp(name, "clients") == 0 || strcmp(name, "sinks") == 0 || strcmp(name, "alerts") == 0)
		return (true); /* lists of groups, which need the global options: read last */
	if (!table_is_group(table_options, name))
		return (source_unknown(l, s, name, hint_option(name)));
	if (!config_setting_is_group(s))
		return (source_wrong(l, s, name, "is a group, as in %s: { … };", name));
	return (read_group(l, s, name));
}

/* Goes on after a mistake: who has to mend a file wants to see them all. */
static bool
read_group(const struct loading *l, const config_setting_t *group, const char *prefix)
{
	char name[OPTION_NAME_MAX];
	bool good = true;

	for (int i = 0; i < config_setting_length(group); i++) {
		const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);

		snprintf(name, sizeof(name), "%s%s%s", prefix, prefix[0] == '\0' ? "" : ".", config_setting_name(s));
		good &= read_setting(l, s, name);
	}
	return (good);
}

static int64_t
lesser(int64_t a, int64_t b)
{

	return (a < b ? a : b);
}

/* One that hashes is no use for a check: one of the workers is left free, if there are two. */
static void
derive_workers(struct config *c)
{
	int64_t cores = lesser((int64_t)cores_count(), WORKERS_BY_CORES_MAX), all;

	if (c->workers_check == 0)
		c->workers_check = cores > CHECK_WORKERS_MIN ? cores : CHECK_WORKERS_MIN;
	if (c->workers_login == 0)
		c->workers_login = cores;
	all = c->workers_check + c->workers_login;
	if (c->max_hashing == 0)
		c->max_hashing = lesser(cores, all > 1 ? all - 1 : 1);
}

/* Browsers take no cookie with __Host- and a domain. One that was given is for check.c to judge. */
static bool
derive_cookie_name(const struct loading *l)
{
	struct config *c = l->c;
	char *name;

	if (c->cookie_domain[0] == '\0' || source_of(c, "cookie_name") != NULL)
		return (true);
	if (asprintf(&name, COOKIE_DOMAIN_PREFIX "%s", c->cookie_name + sizeof(COOKIE_HOST_PREFIX) - 1) < 0)
		return (source_wrong(l, NULL, "cookie_name", "%s", strerror(errno)));
	free(c->cookie_name);
	c->cookie_name = name;
	return (true);
}

/* Fills in what depends on other options or on the machine. */
static bool
derive(const struct loading *l)
{
	struct config *c = l->c;

	derive_workers(c);
	if (!derive_cookie_name(l))
		return (false);
	c->trace_fraction = strtod(c->trace_sample, NULL); /* check.c looks at the text */
	if (!c->redis_spawn)
		return (true);
	if (source_of(c, "redis.url") != NULL)
		return (source_wrong(l, source_of(c, "redis.url"), "redis.url", "is not to be given with redis.spawn = true"));
	free(c->redis_url);
	c->redis_url = NULL;
	if (asprintf(&c->redis_url, "unix:%s" SPAWNED_SOCKET, c->state_dir) < 0) {
		c->redis_url = NULL;
		return (source_wrong(l, NULL, "redis.url", "%s", strerror(errno)));
	}
	return (true);
}

/* The parser's own words, and what was probably meant. Only included files are named relative to ${dir}. */
static void
explain(const struct loading *l, const char *dir, const char *file, unsigned line)
{
	const char *text = config_error_text(&l->c->source->parsed);
	bool included = strcmp(file, l->c->file) != 0 && file[0] != '/';
	char path[2 * PATH_MAX], hint[256], name[OPTION_NAME_MAX] = "";

	snprintf(path, sizeof(path), "%s%s%s", included ? dir : "", included ? "/" : "", file);
	if (strstr(text, "duplicate") != NULL)
		hint_name(path, line, name, sizeof(name));
	hint[0] = '\0';
	if (strstr(text, "syntax") != NULL)
		hint_syntax(path, line, hint, sizeof(hint));
	snprintf(l->err, l->errlen, "%s:%u: %s%s%s%s", file, line, name, name[0] == '\0' ? "" : ": ", text, hint);
}

static bool
parse(const struct loading *l)
{
	config_t *parsed = &l->c->source->parsed;
	const char *file;
	char dir[PATH_MAX];

	if (!scan_file(l->c->file, l->err, l->errlen) || !scan_directory(l->c->file, dir, sizeof(dir)))
		return (false);
	config_set_include_dir(parsed, dir);
	if (config_read_file(parsed, l->c->file) == CONFIG_TRUE)
		return (true);
	file = config_error_file(parsed) == NULL ? l->c->file : config_error_file(parsed);
	if (config_error_type(parsed) == CONFIG_ERR_PARSE)
		explain(l, dir, file, (unsigned)config_error_line(parsed));
	else
		snprintf(l->err, l->errlen, "%s: %s", file, config_error_text(parsed));
	return (false);
}

static struct config *
make(const char *file)
{
	struct config *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return (NULL);
	c->file = strdup(file);
	c->source = calloc(1, sizeof(*c->source));
	if (c->file == NULL || c->source == NULL) {
		free(c->file);
		free(c->source);
		free(c);
		return (NULL);
	}
	config_init(&c->source->parsed);
	return (c);
}

const char *
config_file(void)
{
	const char *file = getenv("DOORWARD_CONF");

	return (file != NULL && file[0] != '\0' ? file : CONFIG_FILE);
}

struct config *
config_load(const char *file, char *err, size_t errlen)
{
	struct config *c = make(file);
	struct loading l = { c, err, errlen };
	bool good;

	err[0] = '\0';
	if (c == NULL) {
		snprintf(err, errlen, "%s: %s", file, strerror(errno));
		return (NULL);
	}
	good = parse(&l) && set_defaults(&l);
	if (good) { /* what could not be read has its default, and the rest is still looked at */
		good = read_group(&l, config_root_setting(&c->source->parsed), "");
		good &= derive(&l);
		good &= clients_read(&l);
		good &= sinks_read(&l);
		good &= alerts_read(&l);
		good &= theme_read(&l);
		check_all(&l);
	}
	if (good && err[0] == '\0')
		return (c);
	config_free(c);
	return (NULL);
}

void
config_free(struct config *c)
{

	if (c == NULL)
		return;
	clients_free(c);
	sinks_free(c);
	alerts_free(c);
	theme_free(c);
	for (const struct option *o = table_options; o->name != NULL; o++)
		value_free(o, c);
	config_destroy(&c->source->parsed);
	free(c->source);
	free(c->file);
	free(c);
}

/* No client_id means the client "default", which every configuration has. */
const struct client *
config_client(const struct config *c, const char *id)
{

	if (id == NULL)
		id = "default";
	for (size_t i = 0; i < c->n_clients; i++)
		if (strcmp(c->clients[i].id, id) == 0)
			return (&c->clients[i]);
	return (NULL);
}
