/* SPDX-License-Identifier: ISC */
/*
 * One connection to the SQLite file, and what its errors mean: a lock or a disk is "could not be asked" (and passes), a row
 * that makes no sense is a fault, a constraint is an answer.
 *
 * The file may be replaced under us (restored from a backup, moved): before every statement its device and inode are compared
 * with those that were opened, and a changed file is opened anew. A file that is gone is not made again: an empty database
 * would answer that every password is wrong. Statements are prepared once a connection and kept.
 */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/wal_vfs.h"
#include "userdb/schema.h"

#include "userdb/connection.h"

#define WAL_TRIES 20 /* of the change to WAL mode, which does not wait for a lock by itself, … */
#define WAL_PAUSE 20 /* … each after so many ms */

static const char settings[] =
    "PRAGMA synchronous = FULL;" /* an account that was reported as disabled stays so after a power cut */
    "PRAGMA secure_delete = ON;" /* old hashes do not stay in free pages */
    "PRAGMA trusted_schema = OFF;";

/* Maps a result code of SQLite to ours. */
static enum dw_result
meaning(int code)
{

	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return (DW_OK);
	case SQLITE_CONSTRAINT:
		return (code == SQLITE_CONSTRAINT_FOREIGNKEY ? DW_ABSENT : DW_REFUSED);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_FULL:
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_PROTOCOL:
		return (DW_UNAVAILABLE);
	default:
		return (DW_FAULT);
	}
}

/* WAL, so that logins that read do not wait for those that write. */
static int
use_wal(sqlite3 *db)
{
	int code = SQLITE_BUSY;

	for (int i = 0; i < WAL_TRIES; i++) {
		code = sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
		if ((code & 0xff) != SQLITE_BUSY)
			break;
		sqlite3_sleep(WAL_PAUSE);
	}
	return (code);
}

static int
prepare_file(struct sqlite_db *c)
{
	int code;

	c->problem[0] = '\0';
	if ((code = sqlite3_open_v2(c->path, &c->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, wal_vfs())) != SQLITE_OK)
		return (code);
	sqlite3_extended_result_codes(c->db, 1);
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_busy_timeout(c->db, CONNECTION_PATIENCE);
	if ((code = sqlite3_exec(c->db, settings, NULL, NULL, NULL)) != SQLITE_OK)
		return (code);
	if (!c->records_only && (code = sqlite3_exec(c->db, "PRAGMA foreign_keys = ON", NULL, NULL, NULL)) != SQLITE_OK)
		return (code);
	if ((code = schema_upgrade(c->db, c->problem, sizeof(c->problem))) != SQLITE_OK)
		return (code);
	return (use_wal(c->db));
}

/*
 * Opens the file as it is now; makes none: in an empty one everybody's password would be wrong. What is remembered of it was
 * seen before: if it changes in between, the next look notices.
 */
static enum dw_result
open_file(struct sqlite_db *c)
{
	struct stat st;
	int code;

	if (stat(c->path, &st) != 0) {
		snprintf(c->problem, sizeof(c->problem), "%s", strerror(errno));
		return (DW_UNAVAILABLE);
	}
	code = prepare_file(c);
	if (code != SQLITE_OK) {
		if (c->problem[0] == '\0')
			snprintf(c->problem, sizeof(c->problem), "%s (%d)", sqlite3_errstr(code), code);
		connection_close(c);
		return (meaning(code));
	}
	c->dev = st.st_dev;
	c->ino = st.st_ino;
	memset(&c->index, 0, sizeof(c->index));
	return (DW_OK);
}

/* Whether the open file is still the one under its name, and its index too. */
static bool
is_same_file(struct sqlite_db *c)
{
	struct stat st;

	return (
	    stat(c->path, &st) == 0 && st.st_dev == c->dev && st.st_ino == c->ino && wal_index_is_whole(c->path, &c->index));
}

enum dw_result
connection_open(struct sqlite_db *c)
{

	if (c->db != NULL) {
		if (!sqlite3_get_autocommit(c->db) || is_same_file(c))
			return (DW_OK);
		log_warn("user database was moved or replaced, opening it again path=%s", log_text(str_of(c->path)));
		connection_close(c);
	}
	return (open_file(c));
}

void
connection_close(struct sqlite_db *c)
{

	for (size_t i = 0; i < STATEMENTS_MAX; i++) {
		sqlite3_finalize(c->statements[i]);
		c->statements[i] = NULL;
	}
	sqlite3_close(c->db);
	c->db = NULL;
}

/* A failure after which the open file may be of no use any more. Locks pass, constraints are answers. */
static bool
is_connection_lost(int code)
{
	int primary = code & 0xff;

	return (primary != SQLITE_BUSY && primary != SQLITE_LOCKED && primary != SQLITE_CONSTRAINT && primary != SQLITE_FULL);
}

/* Logs the failure ${code} and drops the connection if that can help. SQLite's texts name tables and columns, never values. */
static enum dw_result
failed(struct sqlite_db *c, int code)
{
	static int64_t next;
	enum dw_result r = meaning(code);

	if (c->in_a_hurry && (code & 0xff) == SQLITE_BUSY)
		return (r); /* the caller can do without, and says so */
	if ((r == DW_UNAVAILABLE || r == DW_FAULT) && log_due(&next))
		log_error("user database failed code=%d error=%s path=%s", code, log_text(str_of(sqlite3_errmsg(c->db))),
		    log_text(str_of(c->path)));
	if (is_connection_lost(code))
		connection_close(c);
	return (r);
}

/* A login does not wait as long for others who write as an operator's command does. */
void
connection_wait(struct sqlite_db *c, int ms)
{

	c->in_a_hurry = ms < CONNECTION_PATIENCE;
	if (c->db != NULL)
		sqlite3_busy_timeout(c->db, ms);
}

/* Opens the file anew if that is needed; prepared statements belong to the open file. */
sqlite3_stmt *
connection_statement(struct sqlite_db *c, size_t i, enum dw_result *r)
{
	static int64_t next;
	int code;

	if ((*r = connection_open(c)) != DW_OK) {
		if (log_due(&next))
			log_error("user database cannot be opened error=%s path=%s", log_text(str_of(c->problem)),
			    log_text(str_of(c->path)));
		return (NULL);
	}
	if (c->statements[i] != NULL)
		return (c->statements[i]);
	code = sqlite3_prepare_v3(c->db, c->sql[i], -1, SQLITE_PREPARE_PERSISTENT, &c->statements[i], NULL);
	if (code != SQLITE_OK) {
		*r = failed(c, code);
		return (NULL);
	}
	return (c->statements[i]);
}

enum dw_result
connection_done(struct sqlite_db *c, sqlite3_stmt *s, int code)
{
	enum dw_result r = meaning(code) == DW_OK ? DW_OK : failed(c, code);

	if (c->db == NULL)
		return (r); /* dropped, and the statement with it */
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	return (r);
}

enum dw_result
connection_run(struct sqlite_db *c, size_t i)
{
	enum dw_result r;
	sqlite3_stmt *s = connection_statement(c, i, &r);

	if (s == NULL)
		return (r);
	return (connection_done(c, s, sqlite3_step(s)));
}

void
connection_bind(sqlite3_stmt *s, int at, const char *v)
{

	sqlite3_bind_text(s, at, v, -1, SQLITE_STATIC);
}

/* A NUL in a text was never written by us: the row is malformed, not shorter. */
bool
connection_text(sqlite3_stmt *s, int at, char *out, size_t cap)
{
	const char *text = (const char *)sqlite3_column_text(s, at);
	size_t n = (size_t)sqlite3_column_bytes(s, at);

	out[0] = '\0';
	if (text == NULL || memchr(text, '\0', n) != NULL)
		return (false);
	return (str_copy(out, cap, (struct str){ text, n }));
}
