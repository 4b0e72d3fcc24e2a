/* SPDX-License-Identifier: ISC */
/* A database that is opened when it is asked for the first time: the rows of src/userdb/driver.c that name later_open() and so
 * on. */
#ifndef USERDB_LATER_H
#define USERDB_LATER_H

#include "doorward/userdb.h"

void *later_open(const struct config *conf, enum userdb_part part, char *err, size_t errlen);
void later_close(void *db);

/* What a database has that only verifies; one whose hashes are read; and one whose hashes are written too. */
extern const struct userdb_ops later_ops, later_read_only_ops, later_writable_ops;

#endif
