/* SPDX-License-Identifier: ISC */
/* The operations of userdb_ops on devices in our own tables in PostgreSQL; ${db} is a struct pg_db. */
#ifndef USERDB_PGSQL_DEVICES_H
#define USERDB_PGSQL_DEVICES_H

#include "doorward/userdb.h"

/* Of accounts that are beside them. */
enum dw_result pg_device_put(void *db, const char *user_id, const struct device *d);
/* Of accounts that are elsewhere. */
enum dw_result pg_device_put_any(void *db, const char *user_id, const struct device *d);
enum dw_result pg_device_get(void *db, const char *user_id, const char *device_id, struct device *out);

#endif
