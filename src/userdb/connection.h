/* SPDX-License-Identifier: ISC */
/* One connection to the SQLite file, opened when it is needed and dropped when it fails; its cached statements; what its errors
 * mean. */
#ifndef USERDB_CONNECTION_H
#define USERDB_CONNECTION_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/str.h"
#include "base/wal_index.h"
#include "doorward/result.h"

#define STATEMENTS_MAX 32
#define CONNECTION_PATIENCE 2000 /* ms: another process's write takes milliseconds; nobody must hang for longer than this */

struct sqlite_db {
	char *path;
	sqlite3 *db; /* NULL = not open now */
	dev_t dev;   /* which file that is: another one may have been put in its place */
	ino_t ino;
	struct wal_index index; /* beside it, and of what length */
	const char *const *sql; /* texts of the statements, by index */
	char *const *groups;    /* that count (userdb.groups): of a list that is too long as a whole */
	sqlite3_stmt *statements[STATEMENTS_MAX];
	bool records_only; /* records of accounts that are not here */
	bool in_a_hurry;   /* who is in the way is no error: connection_wait() */
	char problem[160]; /* why the last attempt to open failed */
};

/* Opens the file if it is not open, or again if it is another one now. DW_OK, DW_UNAVAILABLE or DW_FAULT with ${c}->problem
 * set. */
enum dw_result connection_open(struct sqlite_db *c);

/* Closes it; the next connection_open() opens it again. */
void connection_close(struct sqlite_db *c);

/* Waits for at most ${ms} from now on where another one writes; less than CONNECTION_PATIENCE: failing at that is not logged.
 */
void connection_wait(struct sqlite_db *c, int ms);

/* The statement ${i}, ready for its values, or NULL with the outcome in ${*r}. To be given back by connection_done(). */
sqlite3_stmt *connection_statement(struct sqlite_db *c, size_t i, enum dw_result *r);

/*
 * Ends the use of ${s} after a step that returned ${code}: wipes what was bound, and says what the code means. DW_OK for a row
 * and for the end of the rows; a failure is logged, and drops the connection if that can help.
 */
enum dw_result connection_done(struct sqlite_db *c, sqlite3_stmt *s, int code);

/* Runs the statement ${i}, which has no values and gives no rows. */
enum dw_result connection_run(struct sqlite_db *c, size_t i);

/* Binds the text ${v}, which must live until connection_done(). */
void connection_bind(sqlite3_stmt *s, int at, const char *v);

/* Copies the text of the column ${at} to ${out}. Returns false if it is no text, holds a NUL, or does not fit. */
bool connection_text(sqlite3_stmt *s, int at, char *out, size_t cap);

#endif
