/* SPDX-License-Identifier: ISC */
/*
 * "doorward -t --strict" and "doorwardctl config test --strict": where a configuration is weaker than the security baseline
 * that doorward.conf(5) explains. It only reports; what must not be is refused in check.c.
 *
 * Each rule of baseline_rules.c is held against the global option and against the same option of each client that sets one of
 * its own. What is no option follows by hand: secrets (length), files and directories (mode).
 */
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>

#include "config/baseline_files.h"
#include "config/baseline_rules.h"
#include "config/source.h"
#include "config/table.h"
#include "doorward/userdb.h"

#include "config/baseline.h"

#define SECRET_MIN 16 /* bytes: 128 bits if they are random ones */

/* One configuration that is held against the rules. */
struct baseline {
	const struct config *c;
	FILE *out;
	size_t found;
};

static void __attribute__((format(printf, 4, 5)))
tell(struct baseline *b, const config_setting_t *at, const char *name, const char *fmt, ...)
{
	char line[16] = "";
	va_list ap;

	if (at != NULL)
		snprintf(line, sizeof(line), ":%u", (unsigned)config_setting_source_line(at));
	fprintf(b->out, "%s%s: %s: the baseline is ", source_file(b->c, at), line, name);
	va_start(ap, fmt);
	vfprintf(b->out, fmt, ap);
	va_end(ap);
	fputc('\n', b->out);
	b->found++;
}

/* A sliding session is the only one that has an idle limit. */
static bool
is_void(const struct baseline_rule *r, enum session_policy policy)
{

	return (strcmp(r->option, "session.idle") == 0 && policy != POLICY_SLIDING);
}

static void
hold_global(struct baseline *b, const struct baseline_rule *r)
{

	if (!is_void(r, b->c->session_policy) && baseline_deviates(r, b->c, table_find(table_options, r->option), b->c))
		tell(b, source_of(b->c, r->option), r->option, "%s", r->says);
}

/* What a client inherits was reported at the global option. */
static void
hold_client(struct baseline *b, const struct baseline_rule *r, size_t i)
{
	const config_setting_t *at = r->client == NULL ? NULL : source_of_client(b->c, i, r->client);
	const struct client *cl = &b->c->clients[i];
	char name[OPTION_NAME_MAX];

	if (at == NULL || is_void(r, cl->policy) ||
	    !baseline_deviates(r, b->c, table_find(table_client_options, r->client), cl))
		return;
	snprintf(name, sizeof(name), "clients[%d].%s", config_setting_index(b->c->source->rows[i]), r->client);
	tell(b, at, name, "%s", r->says);
}

static void
hold_file(struct baseline *b, enum look found, const config_setting_t *at, const char *name, const char *path, const char *says)
{

	if (found == LOOK_OPEN)
		tell(b, at, name, "%s: %s is not", says, path);
	else if (found == LOOK_UNKNOWN)
		tell(b, at, name, "%s: %s: %s", says, path, strerror(errno));
}

static void
hold_secret(struct baseline *b, const config_setting_t *at, const char *name, const char *path)
{

	if (path[0] != '\0')
		hold_file(b, baseline_files_secret(path, SECRET_MIN), at, name, path,
		    "a secret of at least 16 bytes, made at random");
}

static void
hold_secrets(struct baseline *b)
{
	const struct config *c = b->c;
	char name[OPTION_NAME_MAX];

	hold_secret(b, source_of(c, "redis.password_file"), "redis.password_file", c->redis_password_file);
	hold_secret(
	    b, source_of(c, "redis.sentinel_password_file"), "redis.sentinel_password_file", c->redis_sentinel_password_file);
	for (size_t i = 0; i < c->n_clients; i++) {
		if (c->source->rows[i] == NULL)
			continue;
		snprintf(name, sizeof(name), "clients[%d].secret_file", config_setting_index(c->source->rows[i]));
		hold_secret(b, source_of_client(c, i, "secret_file"), name, c->clients[i].secret_file);
	}
	for (size_t i = 0; i < c->n_sinks; i++) {
		snprintf(name, sizeof(name), "sinks[%zu].secret_file", i);
		hold_secret(b, source_of_sink(c, i, "secret_file"), name, c->sinks[i].secret_file);
		snprintf(name, sizeof(name), "sinks[%zu].password_file", i);
		hold_secret(b, source_of_sink(c, i, "password_file"), name, c->sinks[i].password_file);
	}
}

/* In a directory that others can write to, somebody could create the file first or replace it. */
static void
hold_place(struct baseline *b, const char *name, const char *path)
{

	if (path[0] != '\0')
		hold_file(b, baseline_files_parent(path, S_IWOTH), source_of(b->c, name), name, path,
		    "in a directory that others cannot write to");
}

/* Files by hand, since each is asked something else. */
static void
hold_files(struct baseline *b)
{
	const struct config *c = b->c;
	char path[PATH_MAX], worst[PATH_MAX];

	hold_file(
	    b, baseline_files_mode(c->file, S_IWGRP | S_IWOTH), NULL, "the file", c->file, "to be written by its owner only");
	hold_file(b, baseline_files_mode(c->state_dir, S_IWGRP | S_IRWXO), source_of(c, "state_dir"), "state_dir", c->state_dir,
	    "closed to others");
	snprintf(path, sizeof(path), "%s/keys", c->state_dir);
	hold_file(b, baseline_files_all(path, S_IRWXG | S_IRWXO, worst, sizeof(worst)), source_of(c, "state_dir"), "state_dir",
	    worst, "keys for their owner only (0700, 0600)");
	hold_place(b, "pid_file", c->pid_file);
	hold_place(b, "listen.check", c->listen_check);
	hold_place(b, "listen.login", c->listen_login);
	hold_place(b, "admin.socket", c->admin_socket);
	if (c->log_file[0] != '\0')
		hold_file(b, baseline_files_mode(c->log_file, S_IRWXO), source_of(c, "log.file"), "log.file", c->log_file,
		    "closed to others: who signs in from where is nobody else's business");
}

/* Of several hosts one delivers to the ledger at a time: a file that only this host sees has a part of it. */
static void
hold_ledger(struct baseline *b)
{
	const char *url = userdb_url(b->c, USERDB_RECORDS), *option = userdb_is_one(b->c) ? "userdb.url" : "userdb.records";
	const struct userdb_driver *d = userdb_driver(url);

	if (b->c->relay_enabled && !b->c->redis_spawn && baseline_redis_is_remote(b->c->redis_url) && d != NULL &&
	    d->make != NULL)
		tell(b, source_of(b->c, option), option,
		    "a database that all hosts share, where they share a Redis: else each has a part of the ledger");
}

size_t
baseline_check(const struct config *c, FILE *out)
{
	struct baseline b = { .c = c, .out = out };

	for (const struct baseline_rule *r = baseline_rules; r->option != NULL; r++)
		hold_global(&b, r);
	for (size_t i = 0; i < c->n_clients; i++)
		for (const struct baseline_rule *r = baseline_rules; r->option != NULL; r++)
			hold_client(&b, r, i);
	hold_secrets(&b);
	hold_files(&b);
	hold_ledger(&b);
	return (b.found);
}
