/* SPDX-License-Identifier: ISC */
/* The operations of userdb_ops on devices, for the driver of SQLite; ${db} is a struct sqlite_db. */
#ifndef USERDB_SQLITE_DEVICES_H
#define USERDB_SQLITE_DEVICES_H

#include "doorward/userdb.h"

enum dw_result sqlite_put_device(void *db, const char *user_id, const struct device *d);
enum dw_result sqlite_get_device(void *db, const char *user_id, const char *device_id, struct device *out);

#endif
