/* SPDX-License-Identifier: ISC */
/*
 * Accounts and devices in an SQLite file (userdb.h). The file may be away for a while, be put back or be replaced: every
 * operation looks at it first, says DW_UNAVAILABLE as long as it cannot be asked, and goes on when it can. The last writes may
 * be in the -wal file beside it: whoever replaces the file has to take that one away too (or use the sqlite3 shell's .restore).
 */
#ifndef USERDB_SQLITE_H
#define USERDB_SQLITE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "doorward/userdb.h"

#define DEVICES_KEPT 64 /* a user: the newest; as many as there are sessions by default */
#define LIST_MAX 1000   /* accounts of one list call */

struct sqlite_db;

extern const struct userdb_ops sqlite_ops; /* their first argument is a struct sqlite_db */

/*
 * Opens the database ${path} and brings its tables up to date; ${create}: makes the file (0600) if it is missing. To be called
 * after the fork: SQLite handles do not survive one.
 *
 * Returns NULL with a sentence in ${err} if the file can never serve: another program's, a newer version's, damaged; or on lack
 * of memory. If it can only not be asked now, returns a handle all the same, with the sentence in ${err}, which is "" if all is
 * well.
 */
struct sqlite_db *sqlite_open_db(const char *path, bool create, char *err, size_t errlen);

/* Closes ${*db} and sets it to NULL; NULL is fine. */
void sqlite_close_db(struct sqlite_db **db);

/*
 * Makes ${path} as an empty file of mode 0600, owned by ${uid}:${gid} ((uid_t)-1 = as it comes), if nothing is there: for root,
 * who makes it for the user that the workers run as. Returns 0, or -1 with errno set.
 */
int sqlite_make_file(const char *path, uid_t uid, gid_t gid);

#endif
