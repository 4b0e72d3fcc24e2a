/* SPDX-License-Identifier: ISC */
/* Addresses of PostgreSQL, as far as they are looked at without libpq. */
#ifndef USERDB_PGSQL_URL_H
#define USERDB_PGSQL_URL_H

#include <stdbool.h>

/*
 * Does ${url} lead to another machine without sslmode=verify-full? libpq's own default goes on without TLS where it is refused,
 * and takes any certificate.
 */
bool pgsql_url_is_unproved(const char *url);

#endif
