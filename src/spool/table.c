/* SPDX-License-Identifier: ISC */
/* The tables of the spool's file: made in a new one, and brought up to date in one of an older version. */
#include <stdio.h>

#include "base/clock.h"

#include "spool/table.h"

#define KNOWN_BASE "base"

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS spool ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " done_at INTEGER NOT NULL DEFAULT 0,"
    " what INTEGER NOT NULL,"
    " user_key BLOB NOT NULL,"
    " session_key BLOB NOT NULL,"
    " device_key BLOB NOT NULL,"
    " jti BLOB NOT NULL,"
    " scope INTEGER NOT NULL,"
    " moment INTEGER NOT NULL,"
    " claim_by INTEGER NOT NULL,"
    " claim_session BLOB NOT NULL,"
    " claim_jti BLOB NOT NULL,"
    " claim_client BLOB NOT NULL,"
    " cause INTEGER NOT NULL,"
    " said_scope INTEGER NOT NULL,"
    " access_exp INTEGER NOT NULL,"
    " reason TEXT NOT NULL,"
    " ip TEXT NOT NULL,"
    " trace_id TEXT NOT NULL,"
    " event_id TEXT NOT NULL,"
    " at INTEGER NOT NULL,"
    " again INTEGER NOT NULL DEFAULT 0,"
    " type TEXT NOT NULL DEFAULT '',"
    " user_id TEXT NOT NULL DEFAULT '',"
    " username TEXT NOT NULL DEFAULT '',"
    " client_id TEXT NOT NULL DEFAULT '');"
    "CREATE UNIQUE INDEX IF NOT EXISTS spool_same ON spool (user_key, what, session_key, device_key, jti,"
    " scope, moment, claim_by, claim_session, claim_jti, claim_client);"
    "CREATE INDEX IF NOT EXISTS spool_waiting ON spool (id) WHERE done_at = 0;"
    "CREATE INDEX IF NOT EXISTS spool_done ON spool (done_at) WHERE done_at <> 0;"
    "CREATE TABLE IF NOT EXISTS known (name TEXT PRIMARY KEY, value INTEGER NOT NULL);";

/* What a file of an older version has not got. */
static const char later_columns[] = "BEGIN IMMEDIATE;"
				    "ALTER TABLE spool ADD COLUMN type TEXT NOT NULL DEFAULT '';"
				    "ALTER TABLE spool ADD COLUMN user_id TEXT NOT NULL DEFAULT '';"
				    "ALTER TABLE spool ADD COLUMN username TEXT NOT NULL DEFAULT '';"
				    "ALTER TABLE spool ADD COLUMN client_id TEXT NOT NULL DEFAULT '';"
				    "COMMIT";

static int
one_number(sqlite3 *db, const char *sql, int64_t *out)
{
	sqlite3_stmt *s = NULL;
	int code = sqlite3_prepare_v2(db, sql, -1, &s, NULL);

	if (code == SQLITE_OK && (code = sqlite3_step(s)) == SQLITE_ROW) {
		*out = sqlite3_column_int64(s, 0);
		code = SQLITE_OK;
	}
	sqlite3_finalize(s);
	return (code == SQLITE_DONE ? SQLITE_CORRUPT : code);
}

static int
look_at_columns(sqlite3 *db)
{

	return (sqlite3_exec(db, "SELECT client_id FROM spool LIMIT 0", NULL, NULL, NULL));
}

/* Where two do it at once, the second one fails, and finds them there. */
static int
add_columns(sqlite3 *db)
{

	if (look_at_columns(db) == SQLITE_OK)
		return (SQLITE_OK);
	if (sqlite3_exec(db, later_columns, NULL, NULL, NULL) != SQLITE_OK)
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return (look_at_columns(db));
}

/* A new file: its rows get greater numbers than those of any before it. */
int
table_prepare(sqlite3 *db, uint64_t *first)
{
	char sql[512];
	int64_t base = 0;
	int code;

	if ((code = sqlite3_exec(db, schema, NULL, NULL, NULL)) != SQLITE_OK || (code = add_columns(db)) != SQLITE_OK)
		return (code);
	if (one_number(db, "SELECT value FROM known WHERE name = '" KNOWN_BASE "'", &base) != SQLITE_OK) {
		snprintf(sql, sizeof(sql),
		    "BEGIN IMMEDIATE;"
		    "INSERT OR IGNORE INTO known VALUES ('" KNOWN_BASE "', %lld);"
		    "INSERT INTO sqlite_sequence (name, seq) SELECT 'spool', value FROM known WHERE name = '" KNOWN_BASE
		    "' AND NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'spool');"
		    "COMMIT",
		    (long long)clock_wall_ms());
		if ((code = sqlite3_exec(db, sql, NULL, NULL, NULL)) != SQLITE_OK) {
			(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
			return (code);
		}
		code = one_number(db, "SELECT value FROM known WHERE name = '" KNOWN_BASE "'", &base);
	}
	*first = (uint64_t)base;
	return (code);
}
