/* SPDX-License-Identifier: ISC */
/* The tables of the spool's file. Their columns are those of spool/entry.h. */
#ifndef SPOOL_TABLE_H
#define SPOOL_TABLE_H

#include <stdint.h>

#include <sqlite3.h>

/*
 * Makes what is missing of them. Rows of this file have greater numbers than ${*base}. Returns a code of the library; several
 * processes may do it at once.
 */
int table_prepare(sqlite3 *db, uint64_t *base);

#endif
