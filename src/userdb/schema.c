/* SPDX-License-Identifier: ISC */
/*
 * The tables, as a list of migrations: version n is made of version n - 1 by the nth. Each runs in a transaction of its own
 * that also raises the version, so processes that start together do not run one twice, and a crash leaves a whole version
 * behind. A file of another program, or of a newer doorward, is refused untouched.
 */
#include <stdbool.h>
#include <stdio.h>

#include "base/precis.h"
#include "base/str.h"
#include "crypto/pwhash.h"
#include "doorward/session.h"

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
	/*
	 * 3: names by RFC 8265. Where several become one, who had that form keeps it, else the oldest account has it; the
	 * others keep what they have, which nobody can sign in by, and are marked for an operator.
	 */
	"ALTER TABLE users ADD COLUMN conflict INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX users_conflict ON users (name) WHERE conflict;"
	"CREATE TEMP TABLE renamed AS SELECT id, name, created, canonical(name) AS new FROM users WHERE canonical(name) IS NOT "
	"name;"
	"CREATE INDEX temp.renamed_new ON renamed (new, created, id);"
	"UPDATE users SET conflict = 1 WHERE id IN (SELECT id FROM renamed AS r WHERE new IS NULL OR"
	"	EXISTS (SELECT 1 FROM users AS u WHERE u.name = r.new) OR"
	"	EXISTS (SELECT 1 FROM renamed AS o WHERE o.new = r.new AND (o.created, o.id) < (r.created, r.id)));"
	"UPDATE users SET name = (SELECT new FROM renamed AS r WHERE r.id = users.id)"
	"	WHERE conflict = 0 AND id IN (SELECT id FROM renamed);"
	"DROP TABLE temp.renamed;",
	/* 4: what it costs to verify the hash, so that a failing login can take as long as the dearest; NULL = not known */
	"ALTER TABLE users ADD COLUMN cost INTEGER;"
	"UPDATE users SET cost = hash_cost(hash);"
	"CREATE INDEX users_cost ON users (cost);",
	/* 5: the same again, since more forms of hashes are understood */
	"UPDATE users SET cost = hash_cost(hash);",
	/* 6: the ledger. It outlives accounts */
	"CREATE TABLE logouts ("
	"	seq INTEGER PRIMARY KEY AUTOINCREMENT,"
	"	event_id TEXT NOT NULL,"
	"	type TEXT NOT NULL,"
	"	user_id TEXT NOT NULL,"
	"	username TEXT NOT NULL,"
	"	device_id TEXT NOT NULL,"
	"	session_id TEXT NOT NULL,"
	"	scope TEXT NOT NULL,"
	"	reason TEXT NOT NULL,"
	"	at INTEGER NOT NULL,"
	"	UNIQUE (user_id, device_id, session_id)"
	");"
	"CREATE INDEX logouts_user ON logouts (user_id, seq);",
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

/*
 * Looks whether the file is ours or empty; leaves its version in ${*version}. An empty file with no version is ours to fill;
 * anything else that is not marked is not.
 */
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
		snprintf(err, errlen, "its version is %d, this doorward knows up to %d: it was used by a newer one", *version,
		    VERSION);
		return (SQLITE_NOTADB);
	}
	return (SQLITE_OK);
}

/* canonical(NAME) of the migrations: NULL if it has none. */
static void
canonical(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	const char *given = (const char *)sqlite3_value_text(argv[0]);
	char name[USERNAME_MAX + 1];

	(void)argc;
	if (precis_username(str_of(given), name, sizeof(name)))
		sqlite3_result_text(ctx, name, -1, SQLITE_TRANSIENT);
	else
		sqlite3_result_null(ctx);
}

/* hash_cost(HASH) of the migrations. */
static void
hash_cost(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	const char *hash = (const char *)sqlite3_value_text(argv[0]);

	(void)argc;
	sqlite3_result_int64(ctx, pwhash_cost(hash != NULL ? hash : ""));
}

static int
add_functions(sqlite3 *db)
{
	const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
	int code;

	if ((code = sqlite3_create_function(db, "canonical", 1, flags, NULL, canonical, NULL, NULL)) != SQLITE_OK)
		return (code);
	return (sqlite3_create_function(db, "hash_cost", 1, flags, NULL, hash_cost, NULL, NULL));
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
 * Looks at the version in a transaction begun by ${begin}, so that another process's migration is seen whole or not at all, and
 * takes the next step if ${change}. Leaves the version found in ${*version}.
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
	if ((code = add_functions(db)) == SQLITE_OK)
		code = look(db, "BEGIN", false, &version, err, errlen);
	while (code == SQLITE_OK && version < VERSION)
		code = look(db, "BEGIN IMMEDIATE", true, &version, err, errlen);
	return (code);
}
