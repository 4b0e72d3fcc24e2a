/* SPDX-License-Identifier: ISC */
/*
 * The tables, as a list of migrations: version n is made of version n - 1 by the nth. Each runs in a transaction of its own
 * that also raises the version, under a lock, so that of two commands at once the second finds the work done. Only "userdb
 * init" does this: a database that others run is not changed by a daemon's start, and several hosts may run several versions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "userdb/pgsql_connection.h"

#include "userdb/pgsql_schema.h"

#define INIT_TIMEOUT 60000 /* ms: a migration may take a while, and a person sees to it */
#define LOCK "4919135241"  /* any number that other programs do not take */

/* One version's statements, applied to the version before it. Never edit one that was released: add the next. */
static const struct {
	const char *sql, *said;
} migrations[] = {
	{ "CREATE TABLE doorward.users ("
	  "	id text PRIMARY KEY,"
	  "	name text COLLATE \"C\" UNIQUE NOT NULL," /* in its canonical form (RFC 8265) */
	  "	hash text NOT NULL,"
	  "	groups text[] NOT NULL DEFAULT '{}'," /* sorted */
	  "	disabled boolean NOT NULL DEFAULT false,"
	  "	created bigint NOT NULL,"           /* seconds since the epoch, as all times here */
	  "	version bigint NOT NULL DEFAULT 1," /* raised by whatever makes void what was verified before */
	  "	cost bigint NOT NULL"               /* of verifying the hash */
	  ");"
	  "CREATE INDEX users_cost ON doorward.users (cost);"
	  "CREATE TABLE doorward.devices (" /* of users that need not be here: no reference */
	  "	user_id text NOT NULL,"
	  "	device_id text NOT NULL,"
	  "	name text NOT NULL DEFAULT '',"
	  "	user_agent text NOT NULL DEFAULT '',"
	  "	ip text NOT NULL DEFAULT '',"
	  "	first_seen bigint NOT NULL,"
	  "	last_seen bigint NOT NULL,"
	  "	PRIMARY KEY (user_id, device_id)"
	  ");",
	    "made the tables of accounts and devices" },
	{ "CREATE TABLE doorward.logouts (" /* the ledger. It outlives accounts */
	  "	seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
	  "	event_id text NOT NULL,"
	  "	type text NOT NULL,"
	  "	user_id text NOT NULL,"
	  "	username text NOT NULL,"
	  "	device_id text NOT NULL,"
	  "	session_id text NOT NULL,"
	  "	scope text NOT NULL,"
	  "	reason text NOT NULL,"
	  "	at bigint NOT NULL,"
	  "	UNIQUE (user_id, device_id, session_id)"
	  ");"
	  "CREATE INDEX logouts_user ON doorward.logouts (user_id, seq);",
	    "made the table of ended sessions" },
};

#define VERSION ((int)(sizeof(migrations) / sizeof(migrations[0])))

const char *const schema_look = "SELECT max(version) FROM doorward.schema_version";

static void
say_init(char *err, size_t errlen, const char *what)
{

	snprintf(err, errlen, "%s: doorwardctl userdb init makes or upgrades them", what);
}

bool
schema_judge(const PGresult *r, char *err, size_t errlen)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE), *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
	int64_t version;

	if (PQresultStatus(r) != PGRES_TUPLES_OK) {
		if (state != NULL && (strcmp(state, "42P01") == 0 || strcmp(state, "3F000") == 0))
			say_init(err, errlen, "the PostgreSQL database has no tables of doorward");
		else
			snprintf(err, errlen, "%.200s", text != NULL ? text : "the version of the tables cannot be read");
		return (false);
	}
	version = pg_number(r, 0, 0);
	if (version == VERSION)
		return (true);
	if (version < VERSION)
		say_init(err, errlen, "the tables in PostgreSQL are of an older doorward");
	else
		snprintf(err, errlen,
		    "the tables in PostgreSQL are of version %lld, this doorward knows up to %d: they were upgraded by a newer "
		    "one",
		    (long long)version, VERSION);
	return (false);
}

struct upgrade {
	struct pg_db *db;
	void (*say)(const char *);
	char *err;
	size_t errlen;
};

/* One transaction. False with a sentence. */
static bool
run(struct upgrade *u, const char *sql, int64_t *number)
{
	PGresult *r = PQexec(u->db->conn, sql);
	bool ok = PQresultStatus(r) == PGRES_TUPLES_OK || PQresultStatus(r) == PGRES_COMMAND_OK;
	const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);

	if (ok && number != NULL)
		*number = PQntuples(r) > 0 ? pg_number(r, 0, 0) : 0;
	if (!ok)
		snprintf(u->err, u->errlen, "PostgreSQL: %s", text != NULL ? text : PQerrorMessage(u->db->conn));
	PQclear(r);
	return (ok);
}

/* The schema may have been made by somebody with more rights, and then needs none here. */
static bool
make_schema(struct upgrade *u)
{
	int64_t there = 0;

	if (!run(u, "SELECT count(*) FROM pg_namespace WHERE nspname = 'doorward'", &there))
		return (false);
	if (there == 0) {
		if (!run(u, "CREATE SCHEMA doorward", NULL))
			return (false);
		u->say("made the schema doorward");
	}
	return (run(u, "CREATE TABLE IF NOT EXISTS doorward.schema_version (version integer NOT NULL)", NULL));
}

static bool
migrate(struct upgrade *u, int version)
{
	char mark[128];

	snprintf(mark, sizeof(mark), "DELETE FROM doorward.schema_version; INSERT INTO doorward.schema_version VALUES (%d)",
	    version + 1);
	if (!run(u, "BEGIN", NULL) || !run(u, migrations[version].sql, NULL) || !run(u, mark, NULL) || !run(u, "COMMIT", NULL))
		return (false);
	u->say(migrations[version].said);
	return (true);
}

static bool
upgrade(struct upgrade *u)
{
	char done[96];
	int64_t version = 0;

	if (!run(u, "SET client_min_messages = error", NULL) || !run(u, "SELECT pg_advisory_lock(" LOCK ")", NULL) ||
	    !make_schema(u) || !run(u, schema_look, &version))
		return (false);
	if (version > VERSION) {
		snprintf(u->err, u->errlen,
		    "the tables are of version %lld, this doorward knows up to %d: they were upgraded by a newer one",
		    (long long)version, VERSION);
		return (false);
	}
	while (version < VERSION)
		if (!migrate(u, (int)version++))
			return (false);
	snprintf(done, sizeof(done), "the tables are of version %d, which this doorward uses", VERSION);
	u->say(done);
	return (true);
}

int
schema_init(const struct config *conf, enum userdb_part part, void (*say)(const char *), char *err, size_t errlen)
{
	struct upgrade u = { .db = pg_new(conf, part), .say = say, .err = err, .errlen = errlen };
	bool ok = false;

	if (u.db == NULL) {
		snprintf(err, errlen, "out of memory");
		return (-1);
	}
	u.db->timeout = INIT_TIMEOUT;
	u.db->own = false; /* they are looked at here */
	if (pg_connect(u.db, clock_mono_ms() + INIT_TIMEOUT) != DW_OK)
		snprintf(err, errlen, "%s", u.db->problem[0] != '\0' ? u.db->problem : "it did not answer in time");
	else
		ok = PQsetnonblocking(u.db->conn, 0) == 0 && upgrade(&u);
	pg_free(u.db); /* and with the connection the lock */
	return (ok ? 0 : -1);
}
