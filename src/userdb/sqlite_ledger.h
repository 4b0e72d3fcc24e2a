/* SPDX-License-Identifier: ISC */
/* The ledger in the SQLite file: operations of its driver (doorward/userdb.h). */
#ifndef USERDB_SQLITE_LEDGER_H
#define USERDB_SQLITE_LEDGER_H

#include "doorward/userdb.h"

enum dw_result sqlite_put_logouts(void *db, const struct ledger_row *rows, size_t n);
enum dw_result sqlite_list_logouts(
    void *db, const struct ledger_query *q, struct arena *arena, struct ledger_row **out, size_t *n);

#endif
