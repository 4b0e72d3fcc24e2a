/* SPDX-License-Identifier: ISC */
/* Accounts in a table of the operator's, by his statements (postgresql.find …); ${db} is a struct pg_db. */
#ifndef USERDB_PGSQL_TABLE_H
#define USERDB_PGSQL_TABLE_H

#include "doorward/userdb.h"

struct pg_db;

/* Makes db->table. False on lack of memory. */
bool pg_table_new(struct pg_db *db);

enum dw_result pg_table_find(void *db, const char *name, struct account *out);
enum dw_result pg_table_find_id(void *db, const char *id, struct account *out);
enum dw_result pg_table_set_hash(void *db, const char *id, const struct account *expected, const char *hash);
enum dw_result pg_table_replace_hash(void *db, const char *id, const char *expected, const char *hash);
enum dw_result pg_table_ping(void *db);
enum dw_result pg_table_dearest(void *db, char hash[PWHASH_MAX]);

#endif
