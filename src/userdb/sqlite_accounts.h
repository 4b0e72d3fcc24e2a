/* SPDX-License-Identifier: ISC */
/* The operations of userdb_ops on accounts, for the driver of SQLite; ${db} is a struct sqlite_db. */
#ifndef USERDB_SQLITE_ACCOUNTS_H
#define USERDB_SQLITE_ACCOUNTS_H

#include "doorward/userdb.h"

#define LIST_MAX 1000 /* accounts of one list call */

enum dw_result sqlite_find(void *db, const char *name, struct account *out);
enum dw_result sqlite_find_id(void *db, const char *id, struct account *out);
enum dw_result sqlite_list(void *db, const char *after, size_t limit, struct arena *arena, struct account **out, size_t *n);
enum dw_result sqlite_add(void *db, const struct account *a);
enum dw_result sqlite_set_groups(void *db, const char *id, const char *expected, const char *groups);
enum dw_result sqlite_set_hash(void *db, const char *id, const struct account *expected, const char *hash);
enum dw_result sqlite_replace_hash(void *db, const char *id, const char *expected, const char *hash);
enum dw_result sqlite_dearest(void *db, char hash[PWHASH_MAX]);
enum dw_result sqlite_set_disabled(void *db, const char *id, bool disabled);
enum dw_result sqlite_remove(void *db, const char *id);

#endif
