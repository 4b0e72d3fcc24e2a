/* SPDX-License-Identifier: ISC */
/* The statements that are run on the SQLite file, and what several files do with them. */
#ifndef USERDB_SQLITE_STATEMENTS_H
#define USERDB_SQLITE_STATEMENTS_H

#include "userdb/connection.h"

enum statement {
	FIND,
	FIND_ID,
	LIST,
	ADD,
	ADD_GROUP,
	REMOVE_GROUPS,
	SET_HASH,
	REPLACE_HASH,
	SET_DISABLED,
	REMOVE,
	PUT_DEVICE,
	TRIM_DEVICES,
	GET_DEVICE,
	CONFLICTS,
	DEAREST,
	PUT_LOGOUT,
	LIST_LOGOUTS,
	SYNC_FULL,
	SYNC_NORMAL,
	PING,
	BEGIN,
	COMMIT,
	ROLLBACK,
	STATEMENTS
};

/* Their texts, by number, for connection.h. */
extern const char *const statements[];

/* Ends the transaction that the statement BEGIN began, after what was done in it, ${r}: all of it, or nothing. */
enum dw_result statements_finish(struct sqlite_db *c, enum dw_result r);

/* Says that a row of ${table} holds what was never written there. */
enum dw_result statements_malformed(const char *table);

#endif
