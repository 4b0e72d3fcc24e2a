/* SPDX-License-Identifier: ISC */
/*
 * The kinds of user database there are, one row each, found by the scheme of userdb.url. Whoever has a driver works with its
 * table and knows no other name of this folder.
 *
 * Most need a library that not everybody wants: these are modules. Their rows know the text of the setting only; what they can
 * do is in the module, which is opened by the processes that ask the database, and by no other. Who asks seldom opens it when
 * he does (later.c).
 */
#include <stdio.h>
#include <string.h>

#include "base/module.h"
#include "doorward/config.h"
#include "userdb/htpasswd.h"
#include "userdb/helper.h"
#include "userdb/later.h"
#include "userdb/ldap_settings.h"
#include "userdb/pgsql_url.h"
#include "userdb/sqlite.h"

#include "doorward/userdb.h"

static bool
has_authority(const char *url)
{
	const char *rest = strchr(url, ':');

	return (rest != NULL && strncmp(rest, "://", 3) == 0);
}

/* A statement without its parameter would find the same account for every name, or change them all. */
static const char *
postgresql_fault(const struct config *conf, char *err, size_t errlen)
{
	const struct {
		const char *option, *sql;
		bool needs_second;
	} statements[] = { { "postgresql.find", conf->postgresql_find, false },
		{ "postgresql.find_id", conf->postgresql_find_id, false },
		{ "postgresql.set_hash", conf->postgresql_set_hash, true } };

	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		const char *sql = statements[i].sql;

		if (sql[0] == '\0')
			continue;
		if (conf->postgresql_find[0] == '\0')
			snprintf(err, errlen, "belongs to a table of your own: postgresql.find is missing");
		else if (strstr(sql, "$1") == NULL || (statements[i].needs_second && strstr(sql, "$2") == NULL))
			snprintf(err, errlen, "has no %s", strstr(sql, "$1") == NULL ? "$1" : "$2");
		else
			continue;
		return (statements[i].option);
	}
	return (NULL);
}

/* Who sets these believes that his table is asked. */
const char *
userdb_stray(const struct config *conf, char *err, size_t errlen)
{
	const struct userdb_driver *d = userdb_driver(conf->userdb_url);

	if (d == NULL || strcmp(d->scheme, "postgresql") == 0)
		return (NULL);
	snprintf(err, errlen, "is for accounts in PostgreSQL, and userdb.url is %s:", d->scheme);
	if (conf->postgresql_find[0] != '\0')
		return ("postgresql.find");
	if (conf->postgresql_find_id[0] != '\0')
		return ("postgresql.find_id");
	return (conf->postgresql_set_hash[0] != '\0' ? "postgresql.set_hash" : NULL);
}

static const struct userdb_driver postgresql = { .scheme = "postgresql",
	.module = "userdb_pgsql",
	.package = "doorward-pgsql",
	.records = true,
	.is_url = has_authority,
	.fault = postgresql_fault,
	.is_unproved = pgsql_url_is_unproved };

/* A table of the operator's has accounts and nothing else: for who does not ask for these, until he does. */
#define OWN_TABLE                                                                                                              \
	.scheme = "postgresql", .by_name = true, .instead = PGSQL_TABLE_INSTEAD, .open = later_open, .close = later_close

static const struct userdb_driver read_only_table = { OWN_TABLE, .ops = &later_read_only_ops };
static const struct userdb_driver writable_table = { OWN_TABLE, .passwords = true, .ops = &later_writable_ops };

static const struct userdb_driver *const drivers[] = {
	&sqlite_driver,
	&postgresql,
	&htpasswd_driver,
	&ldap_row,
	&ldaps_row,
	&ldapi_row,
	&helper_driver,
};

#define DRIVERS (sizeof(drivers) / sizeof(drivers[0]))

const struct userdb_driver *
userdb_driver_at(size_t i)
{

	return (i < DRIVERS ? drivers[i] : NULL);
}

/* Where an id was made from a name or from a text of any length there is no way back: the name is asked for, and compared. */
enum dw_result
userdb_again(const struct userdb_driver *d, void *db, const char *id, const char *name, struct account *out)
{
	enum dw_result rc;

	out->conflict = false;
	if (!d->by_name)
		return (d->ops->find_id(db, id, out));
	rc = d->ops->find(db, name, out);
	return (rc == DW_OK && strcmp(out->id, id) != 0 ? DW_ABSENT : rc);
}

const struct userdb_driver *
userdb_driver(const char *url)
{
	size_t scheme = strcspn(url, ":");

	for (size_t i = 0; url[scheme] == ':' && i < DRIVERS; i++)
		if (strlen(drivers[i]->scheme) == scheme && memcmp(drivers[i]->scheme, url, scheme) == 0)
			return (drivers[i]->is_url(url) ? drivers[i] : NULL);
	return (NULL);
}

/* Accounts in the operator's own table leave no room for records. */
bool
userdb_is_one(const struct config *conf)
{
	const struct userdb_driver *d = userdb_driver(conf->userdb_url);

	return (d != NULL && d->records && (d->module == NULL || conf->postgresql_find[0] == '\0'));
}

const char *
userdb_url(const struct config *conf, enum userdb_part part)
{

	return (part == USERDB_ACCOUNTS || userdb_is_one(conf) ? conf->userdb_url : conf->userdb_records);
}

/* Which of the module's drivers it is. */
static const struct userdb_driver *
choose(const struct module *m, const struct userdb_driver *row, const struct config *conf, enum userdb_part part)
{
	const struct userdb_driver *d = NULL;

	for (size_t i = 0; m->drivers != NULL && (d = m->drivers[i]) != NULL; i++)
		if (strcmp(d->scheme, row->scheme) == 0 && (d->serves == NULL || d->serves(conf, part)))
			break;
	return (d);
}

static const char *
option_of(enum userdb_part part)
{

	return (part == USERDB_ACCOUNTS ? "userdb.url" : "userdb.records");
}

static const struct userdb_driver *
load_module(const struct config *conf, const struct userdb_driver *row, enum userdb_part part, char *err, size_t errlen)
{
	const struct userdb_driver *d;
	char why[MODULE_ERROR_MAX];
	const struct module *m;

	if ((m = module_open(row->module, row->package, why, sizeof(why))) == NULL) {
		snprintf(err, errlen, "%s: %s", option_of(part), why);
		return (NULL);
	}
	if ((d = choose(m, row, conf, part)) == NULL)
		snprintf(err, errlen, "%s: the module %s knows no %s:", option_of(part), row->module, row->scheme);
	return (d);
}

const struct userdb_driver *
userdb_load(const struct config *conf, enum userdb_part part, char *err, size_t errlen)
{
	const struct userdb_driver *row = userdb_driver(userdb_url(conf, part)); /* config_load() has found it */

	return (row->module == NULL || row->join != NULL ? row : load_module(conf, row, part, err, errlen));
}

const struct userdb_driver *
userdb_load_later(const struct config *conf, enum userdb_part part, char *err, size_t errlen)
{
	const struct userdb_driver *row = userdb_driver(userdb_url(conf, part));

	if (row == &postgresql && part == USERDB_ACCOUNTS && conf->postgresql_find[0] != '\0')
		row = conf->postgresql_set_hash[0] != '\0' ? &writable_table : &read_only_table;
	return (row->open != NULL ? row : userdb_load(conf, part, err, errlen));
}

const struct userdb_driver *
userdb_load_helper(const struct config *conf, char *err, size_t errlen)
{

	return (load_module(conf, userdb_driver(conf->userdb_url), USERDB_ACCOUNTS, err, errlen));
}

int
userdb_try(const struct config *conf, char *err, size_t errlen)
{
	static const enum userdb_part parts[] = { USERDB_ACCOUNTS, USERDB_RECORDS };
	char why[MODULE_ERROR_MAX];

	for (size_t i = 0; i < (userdb_is_one(conf) ? 1 : 2); i++) {
		const struct userdb_driver *row = userdb_driver(userdb_url(conf, parts[i]));

		if (row->module == NULL || module_try(row->module, row->package, why, sizeof(why)) == 0)
			continue;
		snprintf(err, errlen, "%s: %s", option_of(parts[i]), why);
		return (-1);
	}
	return (0);
}
