/* SPDX-License-Identifier: ISC */
/*
 * Asking PostgreSQL without libpq's waiting: sending and reading (PQsendQueryParams, PQconsumeInput) are done in steps between
 * which poll() waits, never past the deadline of the call; connecting is too (pgsql_connect.c). What is not finished then is
 * not lost if it can still come: a connection that is being made, or an answer that is on its way, is gone on with by the next
 * call, so that a server that is slow for a call in a hurry is not connected to again and again.
 *
 * A server that was waited for in vain is left alone for SHUT_MS: what the same login asks next fails at once, and so the whole
 * login takes no longer than the one time-out. A server that refuses at once costs nothing and is asked again each time.
 *
 * Errors: a value that cannot be or a key that refers to nothing is "absent", a row that is there already "refused"; all else
 * says that it could not be asked. Texts of the server that may quote values are not logged.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "userdb/pgsql_connect.h"

#include "userdb/pgsql_connection.h"

#define SHUT_MS 1000    /* as long as a browser waits before it tries again */
#define TOGETHER_MS 100 /* what fails within it was refused at once; and what is not there yet is not waited for again */
#define OTHER_MS 1000   /* after one problem another one is told */
#define READS_MAX 16    /* of what came unasked: a farewell, and then the end */
#define HURRY_PART 4    /* of userdb.timeout, for a login */

struct pg_db *
pg_new(const struct config *conf, enum userdb_part part)
{
	struct pg_db *db = calloc(1, sizeof(*db));
	bool records = part == USERDB_RECORDS && !userdb_is_one(conf);

	if (db == NULL)
		return (NULL);
	db->conf = conf;
	db->url = userdb_url(conf, part);
	db->password_file = records ? conf->userdb_records_password_file : conf->userdb_password_file;
	db->timeout = conf->userdb_timeout;
	db->own = records || conf->postgresql_find[0] == '\0';
	db->n_hosts = 1;
	return (db);
}

void
pg_free(struct pg_db *db)
{

	if (db == NULL)
		return;
	pg_drop(db);
	free(db->devices);
	free(db->table);
	free(db);
}

/* Not at every request; but when it is another one, soon. */
static enum dw_result
say_problem(struct pg_db *db)
{
	static int64_t next, again;
	static char said[sizeof(db->problem)];
	int64_t now = clock_mono_ms();

	if (log_due(&next) || (now >= again && strcmp(said, db->problem) != 0)) {
		log_error("user database cannot be asked error=%s", log_text(str_of(db->problem)));
		memcpy(said, db->problem, sizeof(said));
		again = now + OTHER_MS;
	}
	return (DW_UNAVAILABLE);
}

/* Nobody answered in time: nobody is waited for again at once. */
static enum dw_result
give_up(struct pg_db *db, const char *what)
{

	pg_drop(db);
	db->shut_until = clock_mono_ms() + SHUT_MS;
	pg_set_problem(db, what);
	return (say_problem(db));
}

/* A kept connection that the server has closed meanwhile shows by having something to read: made anew without an error. */
static void
look_at_kept(struct pg_db *db)
{

	for (int i = 0; i < READS_MAX && db->conn != NULL && db->state == PG_READY && pg_wait_for(db, POLLIN, PG_NOW); i++)
		if (!PQconsumeInput(db->conn) || PQisBusy(db->conn) || PQstatus(db->conn) != CONNECTION_OK)
			pg_drop(db);
}

/* An answer that was not waited for: it may be here by now. */
static bool
drain(struct pg_db *db, int64_t until)
{

	if (db->conn == NULL || db->state != PG_PENDING)
		return (true);
	PQclear(pg_take_results(db, until));
	if (PQtransactionStatus(db->conn) == PQTRANS_IDLE) {
		db->state = PG_READY;
		return (true);
	}
	if (PQstatus(db->conn) == CONNECTION_OK && clock_mono_ms() < db->since + db->timeout)
		return (false);
	pg_drop(db);
	return (true);
}

static enum dw_result
be_ready(struct pg_db *db, int64_t start, int64_t deadline)
{

	if (start < db->shut_until)
		return (DW_UNAVAILABLE);
	if (db->conn != NULL && db->state < PG_READY && start >= db->since + db->timeout)
		pg_drop(db); /* begun long ago: how it went on nobody has looked at since */
	if (start >= db->since + db->timeout)
		db->looking_up = false;
	if (!drain(db, deadline))
		return (give_up(db, "it is still busy with what was asked before"));
	look_at_kept(db);
	if (pg_connect(db, deadline) == DW_OK)
		return (DW_OK);
	if (!pg_is_on_its_way(db) && clock_mono_ms() - start < TOGETHER_MS)
		return (say_problem(db)); /* refused at once */
	if (!pg_is_on_its_way(db) || clock_mono_ms() >= start + db->timeout)
		return (give_up(db, db->problem));
	db->shut_until = clock_mono_ms() + TOGETHER_MS; /* not again for this request; the next one goes on with it */
	return (DW_UNAVAILABLE);
}

/* Its class says enough, and its text might quote a password hash. */
static bool
is_quoting(const char *state)
{

	return (strncmp(state, "22", 2) == 0 || strncmp(state, "23", 2) == 0 || strncmp(state, "P0", 2) == 0);
}

/* What a value may be that somebody typed: of no encoding, or no number; or it refers to nothing. */
static bool
is_absent(const char *state)
{
	static const char *const absent[] = { "22021", "22P05", "22P02", "22003", "23503" };

	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		if (strcmp(state, absent[i]) == 0)
			return (true);
	return (false);
}

static enum dw_result
failed(struct pg_db *db, const PGresult *r)
{
	static int64_t next;
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE), *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);

	if (state == NULL) { /* it is libpq's own */
		state = "";
		text = PQresultErrorMessage(r);
	}
	if (strcmp(state, "23505") == 0)
		return (DW_REFUSED);
	if (is_absent(state))
		return (DW_ABSENT);
	if (log_due(&next))
		log_error("user database failed sqlstate=%s error=%s", state,
		    log_text(str_of(text == NULL || is_quoting(state) ? "" : text)));
	if (strncmp(state, "42", 2) != 0 && strncmp(state, "22", 2) != 0)
		pg_drop(db); /* read-only, shutting down, out of memory: another one may be better */
	return (DW_UNAVAILABLE);
}

/* Of no answer: is it without an end, broken, or late? */
static enum dw_result
unanswered(struct pg_db *db)
{

	if (db->received > PG_ANSWER_MAX)
		return (give_up(db, "its answer is too long"));
	if (PQstatus(db->conn) != CONNECTION_OK) {
		pg_set_problem(db, PQerrorMessage(db->conn));
		pg_drop(db);
		return (say_problem(db));
	}
	if (clock_mono_ms() >= db->since + db->timeout)
		return (give_up(db, "it did not answer in time"));
	db->state = PG_PENDING;
	db->shut_until = clock_mono_ms() + TOGETHER_MS;
	return (DW_UNAVAILABLE);
}

static enum dw_result
answer(struct pg_db *db, int64_t deadline, PGresult **out)
{
	PGresult *r = pg_take_results(db, deadline);
	enum dw_result rc;

	if (r == NULL)
		return (unanswered(db));
	if (PQresultStatus(r) == PGRES_TUPLES_OK || PQresultStatus(r) == PGRES_COMMAND_OK) {
		*out = r;
		return (DW_OK);
	}
	rc = failed(db, r);
	PQclear(r);
	return (rc);
}

/* What was waited for just before counts, less the time since: one request, however often it asks, waits no longer than one. */
static int64_t
allowance(struct pg_db *db, enum pg_patience patience, int64_t now)
{

	if (patience == PG_WAIT)
		return (db->timeout);
	if (db->patient)
		return (db->timeout / HURRY_PART);
	db->spent = db->spent > now - db->last ? db->spent - (now - db->last) : 0;
	return (USERDB_PATIENCE - db->spent);
}

typedef enum dw_result asking(struct pg_db *, int64_t, int64_t, const char *, const char *const *, int, PGresult **);

static enum dw_result
ask(struct pg_db *db, int64_t now, int64_t allowed, const char *sql, const char *const *values, int n, PGresult **out)
{
	enum dw_result rc;

	if (allowed <= 0)
		return (DW_UNAVAILABLE);
	if ((rc = be_ready(db, now, now + allowed)) != DW_OK)
		return (rc);
	db->since = clock_mono_ms();
	db->received = 0;
	if (!PQsendQueryParams(db->conn, sql, n, NULL, values, NULL, NULL, 0)) {
		pg_set_problem(db, PQerrorMessage(db->conn));
		pg_drop(db);
		return (say_problem(db));
	}
	return (answer(db, now + allowed, out));
}

/*
 * A question on a kept connection that turns out to be over, since the server was restarted at this very moment, is asked again
 * on another one. A change is not: it may have been done.
 */
static enum dw_result
ask_again(struct pg_db *db, int64_t now, int64_t allowed, const char *sql, const char *const *values, int n, PGresult **out)
{
	bool kept = db->conn != NULL && db->state == PG_READY;
	enum dw_result rc = ask(db, now, allowed, sql, values, n, out);

	if (rc != DW_UNAVAILABLE || !kept || db->conn != NULL || clock_mono_ms() < db->shut_until)
		return (rc);
	return (ask(db, now, allowed, sql, values, n, out));
}

static enum dw_result
timed(
    struct pg_db *db, enum pg_patience patience, asking *way, const char *sql, const char *const *values, int n, PGresult **out)
{
	int64_t now = clock_mono_ms();
	enum dw_result rc = way(db, now, allowance(db, patience, now), sql, values, n, out);

	if (patience == PG_HURRY) {
		db->last = clock_mono_ms();
		db->spent += db->last - now;
	}
	return (rc);
}

enum dw_result
pg_ask(struct pg_db *db, enum pg_patience patience, const char *sql, const char *const *values, int n, PGresult **out)
{

	return (timed(db, patience, ask_again, sql, values, n, out));
}

enum dw_result
pg_change(struct pg_db *db, enum pg_patience patience, const char *sql, const char *const *values, int n)
{
	PGresult *r;
	enum dw_result rc = timed(db, patience, ask, sql, values, n, &r);

	if (rc != DW_OK)
		return (rc);
	rc = strcmp(PQcmdTuples(r), "0") == 0 ? DW_ABSENT : DW_OK;
	PQclear(r);
	return (rc);
}

bool
pg_text(const PGresult *r, int row, int column, char *out, size_t cap)
{

	return (str_copy(out, cap, (struct str){ PQgetvalue(r, row, column), (size_t)PQgetlength(r, row, column) }));
}

int64_t
pg_number(const PGresult *r, int row, int column)
{

	return (strtoll(PQgetvalue(r, row, column), NULL, 10));
}
