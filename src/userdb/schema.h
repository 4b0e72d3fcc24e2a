/* SPDX-License-Identifier: ISC */
/* The tables and their versions. */
#ifndef USERDB_SCHEMA_H
#define USERDB_SCHEMA_H

#include <stddef.h>

#include <sqlite3.h>

/*
 * Brings the tables of ${db} up to date, one version at a time, each in a transaction of its own. Returns SQLITE_OK;
 * SQLITE_NOTADB with a sentence in ${err} if it is not ours or from a newer doorward; or SQLite's code.
 */
int schema_upgrade(sqlite3 *db, char *err, size_t errlen);

#endif
