/* SPDX-License-Identifier: ISC */
/*
 * Connecting to PostgreSQL, in steps (PQconnectStart, PQconnectPoll) that never wait past a deadline.
 *
 * Several hosts are tried one after the other, beginning with the one that answered last, each with its part of the time:
 * libpq itself would wait for a silent one as long as the kernel does. Their names are looked up before (pgsql_lookup.c), since
 * libpq would wait for that too.
 */
#include <sys/ioctl.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"
#include "userdb/pgsql_connection.h"
#include "userdb/pgsql_lookup.h"
#include "userdb/pgsql_schema.h"

#include "userdb/pgsql_connect.h"

#define CONNINFO_MAX 64    /* settings of a connection */
#define LIST_OF_HOSTS 1024 /* bytes */

void
pg_drop(struct pg_db *db)
{

	PQfinish(db->conn);
	db->conn = NULL;
}

/* Keeps the first line of ${why}. */
void
pg_set_problem(struct pg_db *db, const char *why)
{
	size_t n = strcspn(why, "\n");

	if (n >= sizeof(db->problem))
		n = sizeof(db->problem) - 1;
	memmove(db->problem, why, n);
	db->problem[n] = '\0';
}

/*
 * Why there is no connection: the last address's word, in whose line libpq says so. localhost is ::1 as well, where often
 * nobody listens; what was wrong at the address that answered would not be seen behind that.
 */
static void
set_connect_problem(struct pg_db *db)
{
	static const char attempt[] = "\nconnection to server ";
	const char *why = PQerrorMessage(db->conn), *next;

	while ((next = strstr(why, attempt)) != NULL)
		why = next + 1;
	pg_set_problem(db, why);
}

bool
pg_wait_for(const struct pg_db *db, short events, int64_t until)
{
	struct pollfd fd = { .fd = PQsocket(db->conn), .events = events };
	int64_t left;
	int n;

	do {
		left = until == PG_NOW ? 0 : until - clock_mono_ms();
		if (left <= 0 && until != PG_NOW)
			return (false);
		n = poll(&fd, 1, (int)left);
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
take(struct pg_db *db, const PQconninfoOption *o, struct str *value, char *room)
{
	bool listed = strcmp(o->keyword, "host") == 0 || strcmp(o->keyword, "hostaddr") == 0 || strcmp(o->keyword, "port") == 0;
	size_t n;

	*value = str_of(o->val);
	if (!listed)
		return (true);
	*value = nth(o->val, db->host, &n);
	if (n > db->n_hosts)
		db->n_hosts = n < PG_HOSTS_MAX ? n : PG_HOSTS_MAX;
	return (str_copy(room, LIST_OF_HOSTS, value->p != NULL ? *value : str_of("")));
}

/* What a connection is made of. */
struct conninfo {
	const char *keys[CONNINFO_MAX], *values[CONNINFO_MAX];
	size_t n;
	char host[LIST_OF_HOSTS], hostaddr[LIST_OF_HOSTS], port[LIST_OF_HOSTS];
};

static void
put(struct conninfo *c, const char *key, const char *value)
{

	c->keys[c->n] = key;
	c->values[c->n++] = value;
}

/* Those that come later win; ours before the configuration's are defaults. Kerberos would be asked for, and waits. */
static bool
fill(struct pg_db *db, struct conninfo *c, const PQconninfoOption *options)
{
	struct str value;
	char *room;

	put(c, "gssencmode", "disable");
	put(c, "application_name", "doorward");
	for (const PQconninfoOption *o = options; o->keyword != NULL && c->n < CONNINFO_MAX - 6; o++) {
		if (o->val == NULL)
			continue;
		room = strcmp(o->keyword, "host") == 0 ? c->host : strcmp(o->keyword, "port") == 0 ? c->port : c->hostaddr;
		if (!take(db, o, &value, room))
			return (false);
		put(c, o->keyword, value.p == o->val && value.len == strlen(o->val) ? o->val : room);
	}
	put(c, "client_encoding", "UTF8");
	return (true);
}

/* Several addresses of one name are several hosts to libpq. DW_OK, or as pg_lookup(). */
static enum dw_result
find_addresses(struct pg_db *db, struct conninfo *c, int64_t until)
{
	enum dw_result rc;

	if (c->hostaddr[0] != '\0' || c->host[0] == '\0')
		return (DW_OK);
	if ((rc = pg_lookup(db, c->host, until, c->hostaddr, sizeof(c->hostaddr))) != DW_OK || c->hostaddr[0] == '\0')
		return (rc);
	if (!pg_lookup_repeat(c->host, sizeof(c->host), c->hostaddr))
		return (DW_FAULT);
	put(c, "host", c->host);
	put(c, "hostaddr", c->hostaddr);
	return (DW_OK);
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

/* libpq would write it to where the log goes, line by line as it came. */
static void
ignore_notice(void *arg, const char *text)
{

	(void)arg, (void)text;
}

static void
begin(struct pg_db *db, struct conninfo *c)
{
	char secret[USERDB_PASSWORD_MAX];

	if (read_password(db, secret, sizeof(secret))) {
		if (secret[0] != '\0')
			put(c, "password", secret);
		if ((db->conn = PQconnectStartParams(c->keys, c->values, 0)) == NULL)
			pg_set_problem(db, "out of memory");
	}
	explicit_bzero(secret, sizeof(secret));
	(void)PQsetNoticeProcessor(db->conn, ignore_notice, NULL);
	if (db->conn != NULL && PQstatus(db->conn) == CONNECTION_BAD) {
		set_connect_problem(db);
		pg_drop(db);
	}
	db->received = 0;
	db->state = PG_DIALING;
	db->dial = PGRES_POLLING_WRITING;
}

/* Begins with the connection to this host, once its name is known. */
static void
dial(struct pg_db *db, int64_t until)
{
	struct conninfo c = { .n = 0 };
	char *why = NULL;
	PQconninfoOption *options = PQconninfoParse(db->url, &why);

	if (options == NULL)
		pg_set_problem(db, why != NULL ? why : "out of memory");
	else if (!fill(db, &c, options))
		pg_set_problem(db, "a name of a host is too long");
	else if (find_addresses(db, &c, until) == DW_OK)
		begin(db, &c);
	PQfreemem(why);
	PQconninfoFree(options);
}

/* Goes on with what PQconnectPoll() waits for. False: not finished before ${until}, or at all. */
static bool
finish_dialing(struct pg_db *db, int64_t until)
{

	while (db->dial == PGRES_POLLING_READING || db->dial == PGRES_POLLING_WRITING) {
		if (!pg_wait_for(db, db->dial == PGRES_POLLING_READING ? POLLIN : POLLOUT, until))
			return (false);
		db->dial = PQconnectPoll(db->conn);
	}
	if (db->dial == PGRES_POLLING_OK && PQsetnonblocking(db->conn, 1) == 0)
		return (true);
	set_connect_problem(db);
	pg_drop(db);
	return (false);
}

/* Reads what has come. How much that is the kernel says: libpq keeps all of an answer, and one without an end is none. */
static bool
read_more(struct pg_db *db, short events, int64_t until)
{
	int n = 0;

	if (db->received > PG_ANSWER_MAX || !pg_wait_for(db, events, until))
		return (false);
	if (ioctl(PQsocket(db->conn), FIONREAD, &n) == 0 && n > 0)
		db->received += (size_t)n;
	return (PQconsumeInput(db->conn) != 0);
}

/* Sends all, and reads until the answer is there. False: not before ${until}, or the connection broke: then it is bad. */
static bool
finish_asking(struct pg_db *db, int64_t until)
{
	int unsent;

	while ((unsent = PQflush(db->conn)) > 0)
		if (!read_more(db, POLLIN | POLLOUT, until))
			return (false);
	while (unsent == 0 && PQisBusy(db->conn))
		if (!read_more(db, POLLIN, until))
			return (false);
	return (unsent == 0);
}

/* Nothing of ours copies. A server that begins to would be told of for ever: there is no end of it to be waited for. */
static bool
is_copy(const PGresult *r)
{
	ExecStatusType status = PQresultStatus(r);

	return (status == PGRES_COPY_OUT || status == PGRES_COPY_IN || status == PGRES_COPY_BOTH);
}

/* The last result of what was asked, or the first that failed; all others are cleared. NULL: not before ${until}, or broken. */
PGresult *
pg_take_results(struct pg_db *db, int64_t until)
{
	PGresult *r, *kept = NULL;

	while (finish_asking(db, until)) {
		if ((r = PQgetResult(db->conn)) == NULL)
			return (kept);
		if (is_copy(r)) {
			PQclear(r);
			break;
		}
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
	pg_set_problem(db, PQerrorMessage(db->conn));
	pg_drop(db);
	return (false);
}

static bool
finish_greeting(struct pg_db *db, int64_t until)
{
	PGresult *r = pg_take_results(db, until);
	bool ok;

	if (r == NULL && PQstatus(db->conn) == CONNECTION_OK)
		return (false); /* not yet */
	if (r == NULL)
		pg_set_problem(db, PQerrorMessage(db->conn));
	ok = r != NULL && (db->own ? schema_judge(r, db->problem, sizeof(db->problem)) : PQresultStatus(r) == PGRES_TUPLES_OK);
	if (r != NULL && !ok && !db->own)
		pg_set_problem(db, PQresultErrorMessage(r));
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

/* One host, within its part of the time. Before its name is known, how many there are is not either. */
static bool
try_host(struct pg_db *db, int64_t deadline)
{
	int64_t end;

	if (!pg_is_on_its_way(db))
		db->since = clock_mono_ms();
	end = db->since + db->timeout / (int64_t)db->n_hosts;
	if (db->conn == NULL)
		dial(db, deadline < end ? deadline : end);
	end = db->since + db->timeout / (int64_t)db->n_hosts;
	if (db->conn != NULL && proceed(db, deadline < end ? deadline : end))
		return (true);
	if (pg_is_on_its_way(db) && clock_mono_ms() >= end) {
		pg_set_problem(
		    db, db->conn != NULL ? "it did not accept the connection in time" : "its name is not looked up in time");
		pg_drop(db);
		db->looking_up = false;
	}
	return (false);
}

bool
pg_is_on_its_way(const struct pg_db *db)
{

	return (db->conn != NULL || db->looking_up);
}

enum dw_result
pg_connect(struct pg_db *db, int64_t deadline)
{

	for (size_t tried = 0; tried < db->n_hosts; tried++) {
		if (try_host(db, deadline))
			return (DW_OK);
		if (pg_is_on_its_way(db))
			return (DW_UNAVAILABLE);
		if (++db->host >= db->n_hosts)
			db->host = 0;
		if (clock_mono_ms() >= deadline)
			break;
	}
	return (DW_UNAVAILABLE);
}
