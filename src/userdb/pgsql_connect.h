/* SPDX-License-Identifier: ISC */
/* The steps of a connection to PostgreSQL, for pgsql_connection.c: none waits longer than it is told to. */
#ifndef USERDB_PGSQL_CONNECT_H
#define USERDB_PGSQL_CONNECT_H

#include <stdbool.h>
#include <stdint.h>

#include <libpq-fe.h>

#include "userdb/pgsql_connection.h"
#include "userdb/pgsql_lookup.h"

/* Keeps the first line of ${why} as the reason why it cannot be asked. */
void pg_set_problem(struct pg_db *db, const char *why);

#define PG_NOW (-1)                      /* not at all */
#define PG_ANSWER_MAX ((size_t)16 << 20) /* bytes: some times what the longest list has */

/*
 * Waits until the connection is ready for ${events} of poll(). False: not before ${until}, in clock_mono_ms(), or it has
 * passed: a server that never stops sending would be read for ever.
 */
bool pg_wait_for(const struct pg_db *db, short events, int64_t until);

/* The last result of what was asked, or the first that failed; all others are cleared. NULL: not before ${until}, or broken. */
PGresult *pg_take_results(struct pg_db *db, int64_t until);

/* Whether a connection is there or being made. */
bool pg_is_on_its_way(const struct pg_db *db);

#endif
