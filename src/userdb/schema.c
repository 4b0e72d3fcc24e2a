#include <stdbool.h>
#include <stdio.h>

#include "userdb/schema.h"

#define APPLICATION_ID 0x44777264 /* "Dwrd": tells our files from other programs' */

/* One version's statements, applied to the version before it. Never edit one that was released: add the next. */
static const char *const migrations[] = {
	/* 1 */
	"CREATE TABLE users ("
	"	id TEXT PRIMARY KEY NOT NULL,"
	"	name TEXT UNIQUE NOT NULL,"
	"	hash TEXT NOT NULL,"
	"	disabled INTEGER NOT NULL DEFAULT 0,"
	"	created INTEGER NOT NULL" /* seconds since the epoch, as all times here */
	") WITHOUT ROWID;"
	"CREATE TABLE user_groups ("
	"	user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
	"	name TEXT NOT NULL,"
	"	PRIMARY KEY (user_id, name)"
	") WITHOUT ROWID;"
	"CREATE TABLE devices ("
	"	user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
	"	device_id TEXT NOT NULL,"
	"	name TEXT NOT NULL DEFAULT '',"
	"	user_agent TEXT NOT NULL DEFAULT '',"
	"	ip TEXT NOT NULL DEFAULT '',"
	"	first_seen INTEGER NOT NULL,"
	"	last_seen INTEGER NOT NULL,"
	"	PRIMARY KEY (user_id, device_id)"
	") WITHOUT ROWID;",
	/* 2: raised by whatever makes void what was verified before (userdb.h) */
	"ALTER TABLE users ADD COLUMN version INTEGER NOT NULL DEFAULT 1;",
};

#define VERSION ((int)(sizeof(migrations) / sizeof(migrations[0])))

/* Runs ${sql}, which gives one integer. */
static int
ask(sqlite3 *db, const char *sql, int *value)
{
	sqlite3_stmt *s;
	int code;

	if ((code = sqlite3_prepare_v2(db, sql, -1, &s, NULL)) != SQLITE_OK)
		return (code);
	if ((code = sqlite3_step(s)) == SQLITE_ROW)
		*value = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return (code == SQLITE_ROW ? SQLITE_OK : code);
}

/* Looks whether the file is ours or empty; leaves its version in ${*version}. */
static int
identify(sqlite3 *db, int *version, char *err, size_t errlen)
{
	int code, application, tables;

	if ((code = ask(db, "PRAGMA user_version", version)) != SQLITE_OK ||
	    (code = ask(db, "PRAGMA application_id", &application)) != SQLITE_OK ||
	    (code = ask(db, "SELECT count(*) FROM sqlite_master", &tables)) != SQLITE_OK)
		return (code);
	if (application == APPLICATION_ID ? *version < 1 : application != 0 || *version != 0 || tables != 0) {
		snprintf(err, errlen, "it is the database of another program");
		return (SQLITE_NOTADB);
	}
	if (*version > VERSION) {
		snprintf(err, errlen, "its version is %d, this doorward knows up to %d: it was used by a newer one", *version, VERSION);
		return (SQLITE_NOTADB);
	}
	return (SQLITE_OK);
}

/* Makes the tables of the version after ${version}. */
static int
migrate(sqlite3 *db, int version)
{
	char mark[96];
	int code;

	if ((code = sqlite3_exec(db, migrations[version], NULL, NULL, NULL)) != SQLITE_OK)
		return (code);
	snprintf(mark, sizeof(mark), "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION_ID, version + 1);
	return (sqlite3_exec(db, mark, NULL, NULL, NULL));
}

/*
 * Looks at the version in a transaction begun by ${begin}, so that another process's migration is seen whole or not at all, and takes the
 * next step if ${change}. Leaves the version found in ${*version}.
 */
static int
look(sqlite3 *db, const char *begin, bool change, int *version, char *err, size_t errlen)
{
	int code;

	if ((code = sqlite3_exec(db, begin, NULL, NULL, NULL)) != SQLITE_OK)
		return (code);
	if ((code = identify(db, version, err, errlen)) != SQLITE_OK)
		goto err0;
	if (change && *version < VERSION && (code = migrate(db, *version)) != SQLITE_OK)
		goto err0;
	if ((code = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL)) != SQLITE_OK)
		goto err0;
	return (SQLITE_OK);

err0:
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return (code);
}

int
schema_upgrade(sqlite3 *db, char *err, size_t errlen)
{
	int code, version;

	err[0] = '\0';
	code = look(db, "BEGIN", false, &version, err, errlen);
	while (code == SQLITE_OK && version < VERSION)
		code = look(db, "BEGIN IMMEDIATE", true, &version, err, errlen);
	return (code);
}
