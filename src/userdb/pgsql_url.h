/* SPDX-License-Identifier: ISC */
/* PostgreSQL, as far as it is known without libpq. */
#ifndef USERDB_PGSQL_URL_H
#define USERDB_PGSQL_URL_H

#include <stdbool.h>

/* To who tries to change an account in a table of the operator's. */
#define PGSQL_TABLE_INSTEAD "change the table that postgresql.find reads"

/*
 * Does ${url} lead to another machine without sslmode=verify-full? libpq's own default goes on without TLS where it is refused,
 * and takes any certificate.
 */
bool pgsql_url_is_unproved(const char *url);

#endif
