/* SPDX-License-Identifier: ISC */
/*
 * One connection to PostgreSQL, made when it is needed, kept, and made anew after a failure. No call waits longer than it was
 * allowed to, whatever the server does.
 */
#ifndef USERDB_PGSQL_CONNECTION_H
#define USERDB_PGSQL_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libpq-fe.h>

#include "doorward/config.h"
#include "doorward/userdb.h"

#define PG_HOSTS_MAX 8

struct pg_db {
	const char *url, *password_file; /* the configuration's */
	int64_t timeout;                 /* ms for connecting, and for an answer */
	bool own;                        /* tables of ours, whose version is looked at */
	bool patient;                    /* this process may wait for it: logins, operators */

	PGconn *conn;                                                 /* NULL = none */
	enum { PG_DIALING, PG_GREETING, PG_READY, PG_PENDING } state; /* of it; PENDING: an answer that nobody waits for */
	PostgresPollingStatusType dial;                               /* what PQconnectPoll() waits for */
	int64_t since;                                                /* of this state; clock_mono_ms() */
	size_t received;                                              /* bytes of the answer that is awaited */
	size_t host, n_hosts;                                         /* which one it is, and how many there are */
	int64_t shut_until;                                           /* after it was waited for in vain: not asked before */
	int64_t spent, last; /* by calls in a hurry: ms of the last ones, when the last one ended */
	bool looking_up;     /* the name of this host: pgsql_lookup.c */
	char problem[256];   /* why it cannot be asked */

	const struct config *conf;
	struct pg_devices *devices; /* of the last user whose were asked for: pgsql_devices.c */
	struct pg_table *table;     /* pgsql_table.c */
};

/* A handle for ${part} of ${conf}, not connected; NULL on lack of memory. */
struct pg_db *pg_new(const struct config *conf, enum userdb_part part);
void pg_free(struct pg_db *db);

/* How long a call may wait. */
enum pg_patience {
	PG_WAIT,  /* userdb.timeout for the answer, and as long for a connection before it */
	PG_HURRY, /* a login can do without it: a part of that, and where checks are answered USERDB_PATIENCE, or not at all */
};

/*
 * Asks ${sql}, which changes nothing and may be sent twice, with the ${n} texts at ${values} as $1 …, NULL being null; never as
 * part of the text. DW_OK: the rows are in
 * ${*out}, to be cleared by PQclear(). DW_ABSENT: a value cannot be what the statement compares it with, or refers to nothing.
 * DW_REFUSED: there is such a row already. DW_UNAVAILABLE and DW_FAULT: logged.
 */
enum dw_result pg_ask(
    struct pg_db *db, enum pg_patience patience, const char *sql, const char *const *values, int n, PGresult **out);

/* The same for a statement that gives no rows: DW_ABSENT also if it changed none. */
enum dw_result pg_change(struct pg_db *db, enum pg_patience patience, const char *sql, const char *const *values, int n);

/* Connects, if need be without a look at the version of the tables. DW_OK or DW_UNAVAILABLE, db->problem saying why. */
enum dw_result pg_connect(struct pg_db *db, int64_t deadline);

/* Drops the connection; the next call makes another one. */
void pg_drop(struct pg_db *db);

/* Copies a column to ${out}; null is "". False if it does not fit. */
bool pg_text(const PGresult *r, int row, int column, char *out, size_t cap);
int64_t pg_number(const PGresult *r, int row, int column);

#endif
