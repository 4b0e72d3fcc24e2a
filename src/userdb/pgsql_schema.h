/* SPDX-License-Identifier: ISC */
/* Our tables in PostgreSQL, all in the schema "doorward", and their versions. */
#ifndef USERDB_PGSQL_SCHEMA_H
#define USERDB_PGSQL_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include <libpq-fe.h>

#include "doorward/userdb.h"

/* The statement whose answer schema_judge() takes. */
extern const char *const schema_look;

/* Whether the tables are of the version that this program knows. False with a sentence in ${err}. */
bool schema_judge(const PGresult *r, char *err, size_t errlen);

/* init() of the driver. */
int schema_init(const struct config *conf, enum userdb_part part, void (*say)(const char *), char *err, size_t errlen);

#endif
