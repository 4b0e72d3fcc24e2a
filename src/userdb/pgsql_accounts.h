/* SPDX-License-Identifier: ISC */
/* The operations of userdb_ops on accounts in our own tables in PostgreSQL; ${db} is a struct pg_db. */
#ifndef USERDB_PGSQL_ACCOUNTS_H
#define USERDB_PGSQL_ACCOUNTS_H

#include "doorward/userdb.h"

enum dw_result pg_account_find(void *db, const char *name, struct account *out);
enum dw_result pg_account_find_id(void *db, const char *id, struct account *out);
enum dw_result pg_account_list(void *db, const char *after, size_t limit, struct arena *arena, struct account **out, size_t *n);
enum dw_result pg_account_add(void *db, const struct account *a);
enum dw_result pg_account_set_groups(void *db, const char *id, const char *expected, const char *groups);
enum dw_result pg_account_set_hash(void *db, const char *id, const struct account *expected, const char *hash);
enum dw_result pg_account_replace_hash(void *db, const char *id, const char *expected, const char *hash);
enum dw_result pg_account_dearest(void *db, char hash[PWHASH_MAX]);
enum dw_result pg_account_set_disabled(void *db, const char *id, bool disabled);
enum dw_result pg_account_remove(void *db, const char *id);

#endif
