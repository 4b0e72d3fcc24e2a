/* SPDX-License-Identifier: ISC */
/* The operations of userdb_ops on the ledger in our own tables in PostgreSQL; ${db} is a struct pg_db. */
#ifndef USERDB_PGSQL_LEDGER_H
#define USERDB_PGSQL_LEDGER_H

#include "doorward/userdb.h"

enum dw_result pg_ledger_put(void *db, const struct ledger_row *rows, size_t n);
enum dw_result pg_ledger_list(void *db, const struct ledger_query *q, struct arena *arena, struct ledger_row **out, size_t *n);

#endif
