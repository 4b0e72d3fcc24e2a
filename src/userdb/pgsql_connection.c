/* SPDX-License-Identifier: ISC */
/*
 * libpq without its waiting: connecting (PQconnectStart, PQconnectPoll) and asking (PQsendQueryParams, PQconsumeInput) are done
 * in steps between which poll() waits, never past the deadline of the call. What is not finished then is not lost if it can
 * still come: a connection that is being made, or an answer that is on its way, is gone on with by the next call, so that a
 * server that is slow for a call in a hurry is not connected to again and again.
 *
 * A server that was waited for in vain is left alone for SHUT_MS: what the same login asks next fails at once, and so the whole
 * login takes no longer than the one time-out. A server that refuses at once costs nothing and is asked again each time.
 *
 * Several hosts are tried one after the other, beginning with the one that answered last, each with its part of the time:
 * libpq itself would wait for a silent one as long as the kernel does. Host names are looked up by the C library, which waits:
 * it is told not to for longer than a second a server.
 *
 * Errors: a value that cannot be (class 22) or a key that refers to nothing is "absent", a row that is there already "refused";
 * all else says that it could not be asked. Texts of the server that may quote values are not logged.
 */
#include <errno.h>
#include <poll.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "userdb/pgsql_schema.h"

#include "userdb/pgsql_connection.h"

#define SHUT_MS 1000       /* as long as a browser waits before it tries again */
#define TOGETHER_MS 100    /* calls in a hurry with less between them are one request's */
#define OTHER_MS 1000      /* after one problem another one is told */
#define READS_MAX 16       /* of what came unasked: a farewell, and then the end */
#define HURRY_PART 4       /* of userdb.timeout, for a login */
#define CONNINFO_MAX 64    /* settings of a connection */
#define LIST_OF_HOSTS 1024 /* bytes */

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
	if (res_init() == 0) {
		_res.retrans = 1;
		_res.retry = 1;
	}
	return (db);
}

void
pg_drop(struct pg_db *db)
{

	PQfinish(db->conn);
	db->conn = NULL;
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

/* Keeps the first line of ${why}. */
static void
set_problem(struct pg_db *db, const char *why)
{
	size_t n = strcspn(why, "\n");

	if (n >= sizeof(db->problem))
		n = sizeof(db->problem) - 1;
	memmove(db->problem, why, n);
	db->problem[n] = '\0';
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
	set_problem(db, what);
	return (say_problem(db));
}

/* Waits until the connection is ready for ${events}. False: not before ${until}. */
static bool
wait_for(const struct pg_db *db, short events, int64_t until)
{
	struct pollfd fd = { .fd = PQsocket(db->conn), .events = events };
	int64_t left;
	int n;

	do {
		left = until - clock_mono_ms();
		n = poll(&fd, 1, left > 0 ? (int)left : 0);
	} while (n < 0 && errno == EINTR);
	return (n > 0);
}

/* The ${i}th of a comma list, or the only one. */
static struct str
nth(const char *list, size_t i, size_t *n)
{
	struct str rest = str_of(list), item = STR_NONE, found = STR_NONE;

	for (*n = 0; rest.p != NULL; (*n)++) {
		item = str_cut(&rest, ',');
		if (*n == i)
			found = item;
	}
	return (*n == 1 ? item : found);
}

/* One setting: of a list of hosts or ports only the part of this host. Returns false if it does not fit. */
static bool
take(struct pg_db *db, const PQconninfoOption *o, char *room, const char **value)
{
	bool listed = strcmp(o->keyword, "host") == 0 || strcmp(o->keyword, "hostaddr") == 0 || strcmp(o->keyword, "port") == 0;
	struct str item;
	size_t n;

	*value = o->val;
	if (!listed)
		return (true);
	item = nth(o->val, db->host, &n);
	if (n > db->n_hosts)
		db->n_hosts = n < PG_HOSTS_MAX ? n : PG_HOSTS_MAX;
	*value = room;
	return (str_copy(room, LIST_OF_HOSTS, item.p != NULL ? item : str_of("")));
}

static PGconn *
start(struct pg_db *db, const PQconninfoOption *options, const char *password)
{
	/* Those that come later win; ours before the configuration's are defaults. Kerberos would be asked for, and waits. */
	const char *keys[CONNINFO_MAX] = { "gssencmode", "application_name" };
	const char *values[CONNINFO_MAX] = { "disable", "doorward" };
	char room[3][LIST_OF_HOSTS];
	size_t n = 2, rooms = 0;

	for (const PQconninfoOption *o = options; o->keyword != NULL && n < CONNINFO_MAX - 3; o++) {
		if (o->val == NULL)
			continue;
		if (!take(db, o, room[rooms], &values[n]))
			return (NULL);
		rooms += values[n] == room[rooms] && rooms < 2;
		keys[n++] = o->keyword;
	}
	keys[n] = "client_encoding";
	values[n++] = "UTF8";
	if (password[0] != '\0') {
		keys[n] = "password";
		values[n++] = password;
	}
	return (PQconnectStartParams(keys, values, 0));
}

/* The password is read each time: it may have been changed since. */
static bool
read_password(struct pg_db *db, char *secret, size_t cap)
{
	ssize_t n;

	secret[0] = '\0';
	if (db->password_file[0] == '\0')
		return (true);
	if ((n = fd_read_secret(db->password_file, secret, cap)) < 0) {
		snprintf(db->problem, sizeof(db->problem), "%.200s: %s", db->password_file, strerror(errno));
		return (false);
	}
	while (n > 0 && (secret[n - 1] == '\n' || secret[n - 1] == '\r'))
		secret[--n] = '\0';
	return (true);
}

static bool
dial(struct pg_db *db)
{
	char secret[USERDB_PASSWORD_MAX], *why = NULL;
	PQconninfoOption *options = PQconninfoParse(db->url, &why);

	if (options == NULL)
		set_problem(db, why != NULL ? why : "out of memory");
	PQfreemem(why);
	if (options == NULL)
		return (false);
	if (read_password(db, secret, sizeof(secret)) && (db->conn = start(db, options, secret)) == NULL)
		set_problem(db, "out of memory");
	explicit_bzero(secret, sizeof(secret));
	PQconninfoFree(options);
	if (db->conn == NULL)
		return (false);
	db->state = PG_DIALING;
	db->dial = PGRES_POLLING_WRITING;
	db->since = clock_mono_ms();
	if (PQstatus(db->conn) != CONNECTION_BAD)
		return (true);
	set_problem(db, PQerrorMessage(db->conn));
	pg_drop(db);
	return (false);
}

/* Goes on with what PQconnectPoll() waits for. False: not finished before ${until}, or at all. */
static bool
finish_dialing(struct pg_db *db, int64_t until)
{

	while (db->dial == PGRES_POLLING_READING || db->dial == PGRES_POLLING_WRITING) {
		if (!wait_for(db, db->dial == PGRES_POLLING_READING ? POLLIN : POLLOUT, until))
			return (false);
		db->dial = PQconnectPoll(db->conn);
	}
	if (db->dial == PGRES_POLLING_OK && PQsetnonblocking(db->conn, 1) == 0)
		return (true);
	set_problem(db, PQerrorMessage(db->conn));
	pg_drop(db);
	return (false);
}

/* Sends all, and reads until the answer is there. False: not before ${until}, or the connection broke: then it is bad. */
static bool
finish_asking(struct pg_db *db, int64_t until)
{
	int unsent;

	while ((unsent = PQflush(db->conn)) > 0) {
		if (!wait_for(db, POLLIN | POLLOUT, until) || !PQconsumeInput(db->conn))
			return (false);
	}
	while (unsent == 0 && PQisBusy(db->conn))
		if (!wait_for(db, POLLIN, until) || !PQconsumeInput(db->conn))
			return (false);
	return (unsent == 0);
}

/* The last result of what was asked, or the first that failed; all others are cleared. NULL: not before ${until}, or broken. */
static PGresult *
take_results(struct pg_db *db, int64_t until)
{
	PGresult *r, *kept = NULL;

	while (finish_asking(db, until)) {
		if ((r = PQgetResult(db->conn)) == NULL)
			return (kept);
		if (kept != NULL && PQresultStatus(kept) == PGRES_FATAL_ERROR) {
			PQclear(r);
			continue;
		}
		PQclear(kept);
		kept = r;
	}
	PQclear(kept);
	return (NULL);
}

/* What every connection begins with, in one go: bounds on the server's side, and a look at our tables. */
static bool
greet(struct pg_db *db)
{
	char sql[512];

	snprintf(sql, sizeof(sql), "SET statement_timeout = %lld; SET lock_timeout = %lld; SET client_min_messages = error; %s",
	    (long long)db->timeout, (long long)db->timeout, db->own ? schema_look : "SELECT 0");
	db->state = PG_GREETING;
	if (PQsendQuery(db->conn, sql))
		return (true);
	set_problem(db, PQerrorMessage(db->conn));
	pg_drop(db);
	return (false);
}

static bool
finish_greeting(struct pg_db *db, int64_t until)
{
	PGresult *r = take_results(db, until);
	bool ok;

	if (r == NULL && PQstatus(db->conn) == CONNECTION_OK)
		return (false); /* not yet */
	if (r == NULL)
		set_problem(db, PQerrorMessage(db->conn));
	ok = r != NULL && (db->own ? schema_judge(r, db->problem, sizeof(db->problem)) : PQresultStatus(r) == PGRES_TUPLES_OK);
	if (r != NULL && !ok && !db->own)
		set_problem(db, PQresultErrorMessage(r));
	PQclear(r);
	if (!ok)
		pg_drop(db);
	return (ok);
}

/* Goes on with a connection until it is ready. False: it is not, for now (db->conn) or at all. */
static bool
proceed(struct pg_db *db, int64_t until)
{

	if (db->state == PG_DIALING && (!finish_dialing(db, until) || !greet(db)))
		return (false);
	if (db->state == PG_GREETING && !finish_greeting(db, until))
		return (false);
	if (db->state != PG_PENDING)
		db->state = PG_READY;
	return (true);
}

/* One host, within its part of the time. */
static bool
try_host(struct pg_db *db, int64_t deadline)
{
	int64_t end;

	if (db->conn == NULL && !dial(db))
		return (false);
	end = db->since + db->timeout / (int64_t)db->n_hosts;
	if (proceed(db, deadline < end ? deadline : end))
		return (true);
	if (db->conn != NULL && clock_mono_ms() >= end) {
		set_problem(db, "it did not accept the connection in time");
		pg_drop(db);
	}
	return (false);
}

enum dw_result
pg_connect(struct pg_db *db, int64_t deadline)
{

	for (size_t tried = 0; tried < db->n_hosts; tried++) {
		if (try_host(db, deadline))
			return (DW_OK);
		if (db->conn != NULL)
			return (DW_UNAVAILABLE); /* still on its way */
		if (++db->host >= db->n_hosts)
			db->host = 0;
		if (clock_mono_ms() >= deadline)
			break;
	}
	return (DW_UNAVAILABLE);
}

/* A kept connection that the server has closed meanwhile shows by having something to read: made anew without an error. */
static void
look_at_kept(struct pg_db *db)
{

	for (int i = 0; i < READS_MAX && db->conn != NULL && db->state == PG_READY && wait_for(db, POLLIN, 0); i++)
		if (!PQconsumeInput(db->conn) || PQisBusy(db->conn) || PQstatus(db->conn) != CONNECTION_OK)
			pg_drop(db);
}

/* An answer that was not waited for: it may be here by now. */
static bool
drain(struct pg_db *db, int64_t until)
{

	if (db->conn == NULL || db->state != PG_PENDING)
		return (true);
	PQclear(take_results(db, until));
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
	if (!drain(db, deadline))
		return (give_up(db, "it is still busy with what was asked before"));
	look_at_kept(db);
	if (pg_connect(db, deadline) == DW_OK)
		return (DW_OK);
	if (db->conn == NULL && clock_mono_ms() - start < TOGETHER_MS)
		return (say_problem(db)); /* refused at once */
	if (db->conn == NULL)
		return (give_up(db, db->problem));
	if (clock_mono_ms() >= db->since + db->timeout)
		return (give_up(db, "it did not accept the connection in time"));
	db->shut_until = clock_mono_ms() + SHUT_MS; /* it may be there by then */
	return (DW_UNAVAILABLE);
}

/* Its class says enough, and its text might quote a password hash. */
static bool
is_quoting(const char *state)
{

	return (strncmp(state, "22", 2) == 0 || strncmp(state, "23", 2) == 0 || strncmp(state, "P0", 2) == 0);
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
	if (strcmp(state, "23503") == 0 || strncmp(state, "22", 2) == 0)
		return (DW_ABSENT);
	if (log_due(&next))
		log_error("user database failed sqlstate=%s error=%s", state,
		    log_text(str_of(text == NULL || is_quoting(state) ? "" : text)));
	if (strncmp(state, "42", 2) != 0)
		pg_drop(db); /* read-only, shutting down, out of memory: another one may be better */
	return (DW_UNAVAILABLE);
}

/* Of no answer: is it broken, or late? */
static enum dw_result
unanswered(struct pg_db *db)
{

	if (PQstatus(db->conn) != CONNECTION_OK) {
		set_problem(db, PQerrorMessage(db->conn));
		pg_drop(db);
		return (say_problem(db));
	}
	if (clock_mono_ms() >= db->since + db->timeout)
		return (give_up(db, "it did not answer in time"));
	db->state = PG_PENDING;
	db->shut_until = clock_mono_ms() + SHUT_MS;
	return (DW_UNAVAILABLE);
}

static enum dw_result
answer(struct pg_db *db, int64_t deadline, PGresult **out)
{
	PGresult *r = take_results(db, deadline);
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

/* What one request of the check pool has waited for already counts: a page of sessions asks once a user, or more. */
static int64_t
allowance(struct pg_db *db, enum pg_patience patience, int64_t now)
{

	if (patience == PG_WAIT)
		return (db->timeout);
	if (db->patient)
		return (db->timeout / HURRY_PART);
	if (now - db->last > TOGETHER_MS)
		db->spent = 0;
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
	if (!(values == NULL ? PQsendQuery(db->conn, sql) : PQsendQueryParams(db->conn, sql, n, NULL, values, NULL, NULL, 0))) {
		set_problem(db, PQerrorMessage(db->conn));
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

enum dw_result
pg_run(struct pg_db *db, const char *sql, PGresult **out)
{

	return (timed(db, PG_WAIT, ask_again, sql, NULL, 0, out));
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
