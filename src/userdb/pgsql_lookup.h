/* SPDX-License-Identifier: ISC */
/* Addresses of a host name, looked up without waiting for longer than a deadline. */
#ifndef USERDB_PGSQL_LOOKUP_H
#define USERDB_PGSQL_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doorward/result.h"

struct pg_db;

/*
 * Writes the addresses of ${name} to ${list}, commas between; "" if it is a directory of sockets. DW_OK;
 * DW_PENDING: not before ${until}, db->looking_up is set, and another call goes on with it; DW_UNAVAILABLE, db->problem saying
 * why.
 */
enum dw_result pg_lookup(struct pg_db *db, const char *name, int64_t until, char *list, size_t cap);

/* Repeats ${name} as often as there are addresses in ${list}, commas between. False if that does not fit. */
bool pg_lookup_repeat(char *name, size_t cap, const char *list);

#endif
