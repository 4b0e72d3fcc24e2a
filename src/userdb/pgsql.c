/* SPDX-License-Identifier: ISC */
/*
 * Accounts in PostgreSQL: the module. Three drivers share the scheme: our own tables; a table of the operator's that is only
 * read; and one whose password hashes can be written. Which it is says the configuration.
 */
#include "config.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/module.h"
#include "userdb/pgsql_accounts.h"
#include "userdb/pgsql_connection.h"
#include "userdb/pgsql_devices.h"
#include "userdb/pgsql_ledger.h"
#include "userdb/pgsql_schema.h"
#include "userdb/pgsql_table.h"
#include "userdb/pgsql_url.h"

#define SCHEME "postgresql"

static bool
is_own(const struct config *conf, enum userdb_part part)
{

	return (part == USERDB_RECORDS || conf->postgresql_find[0] == '\0');
}

static bool
is_own_accounts(const struct config *conf, enum userdb_part part)
{

	return (is_own(conf, part) && (part == USERDB_ACCOUNTS || userdb_is_one(conf)));
}

static bool
is_records(const struct config *conf, enum userdb_part part)
{

	return (part == USERDB_RECORDS && !userdb_is_one(conf));
}

static bool
is_read_only(const struct config *conf, enum userdb_part part)
{

	return (!is_own(conf, part) && conf->postgresql_set_hash[0] == '\0');
}

static bool
is_writable(const struct config *conf, enum userdb_part part)
{

	return (!is_own(conf, part) && conf->postgresql_set_hash[0] != '\0');
}

/* Not connected yet: see greet(). */
static void *
open_database(const struct config *conf, enum userdb_part part, char *err, size_t errlen)
{
	struct pg_db *db = pg_new(conf, part);

	err[0] = '\0';
	if (db != NULL && (db->own || pg_table_new(db)))
		return (db);
	snprintf(err, errlen, "%s cannot be opened: out of memory", userdb_url(conf, part));
	pg_free(db);
	return (NULL);
}

static void
close_database(void *db)
{

	pg_free(db);
}

/* A short look, so that the log says at the start what is missing, and the first login need not connect. */
static void
greet(void *db)
{
	struct pg_db *c = db;

	c->patient = true;
	if (pg_connect(c, clock_mono_ms() + USERDB_PATIENCE) != DW_OK && c->conn == NULL)
		log_warn("the user database cannot be asked yet: %s", log_text(str_of(c->problem)));
}

/* The operators' listener asks, and has others to answer: it does not wait as long as a login. */
static enum dw_result
ping(void *db)
{
	enum dw_result rc;
	PGresult *r;

	if ((rc = pg_ask(db, PG_HURRY, "SELECT 1", (const char *const[]){ NULL }, 0, &r)) == DW_OK)
		PQclear(r);
	return (rc);
}

static const struct userdb_ops own_ops = {
	.find = pg_account_find,
	.find_id = pg_account_find_id,
	.add = pg_account_add,
	.dearest = pg_account_dearest,
	.set_hash = pg_account_set_hash,
	.replace_hash = pg_account_replace_hash,
	.set_disabled = pg_account_set_disabled,
	.set_groups = pg_account_set_groups,
	.remove = pg_account_remove,
	.list = pg_account_list,
	.put_device = pg_device_put,
	.get_device = pg_device_get,
	.put_logouts = pg_ledger_put,
	.list_logouts = pg_ledger_list,
	.ping = ping,
};

static const struct userdb_ops records_ops = {
	.put_device = pg_device_put_any,
	.get_device = pg_device_get,
	.put_logouts = pg_ledger_put,
	.list_logouts = pg_ledger_list,
	.ping = ping,
};

static const struct userdb_ops read_only_ops = {
	.find = pg_table_find,
	.find_id = pg_table_find_id,
	.dearest = pg_table_dearest,
	.ping = pg_table_ping,
};

static const struct userdb_ops writable_ops = {
	.find = pg_table_find,
	.find_id = pg_table_find_id,
	.dearest = pg_table_dearest,
	.set_hash = pg_table_set_hash,
	.replace_hash = pg_table_replace_hash,
	.ping = pg_table_ping,
};

#define COMMON .scheme = SCHEME, .open = open_database, .close = close_database, .greet = greet

static const struct userdb_driver own = { COMMON, .writable = true, .passwords = true, .records = true,
	.serves = is_own_accounts, .init = schema_init, .ops = &own_ops };

static const struct userdb_driver records = { COMMON, .records = true, .serves = is_records, .init = schema_init,
	.ops = &records_ops };

static const struct userdb_driver read_only = { COMMON, .by_name = true, .instead = PGSQL_TABLE_INSTEAD, .serves = is_read_only,
	.ops = &read_only_ops };

static const struct userdb_driver writable = { COMMON, .by_name = true, .passwords = true, .instead = PGSQL_TABLE_INSTEAD,
	.serves = is_writable, .ops = &writable_ops };

static const struct userdb_driver *const drivers[] = { &own, &records, &read_only, &writable, NULL };

const struct module doorward_module = { .version = MODULE_VERSION, .drivers = drivers };
