/* SPDX-License-Identifier: ISC */
/*
 * The ledger in PostgreSQL, where several hosts write one. A batch is one statement, and so all of it or nothing; what is there
 * already, put by this host before or by another one, stays as it is.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "userdb/pgsql_connection.h"

#include "userdb/pgsql_ledger.h"

#define COLUMNS "event_id, type, user_id, username, device_id, session_id, scope, reason, at"
#define COLUMNS_N 9
#define NUMBER_LEN 24
#define ROW_TEXT 96      /* bytes of a row's places in the statement, their numbers having five digits at most */
#define PLACES_MAX 65535 /* of one statement, says the protocol */
#define STATEMENT_HEAD 256

/* What a statement is made of. */
struct batch {
	char *sql;
	const char **values;
	char (*at)[NUMBER_LEN];
};

static void
free_batch(struct batch *b)
{

	free(b->sql);
	free(b->values);
	free(b->at);
}

static bool
new_batch(struct batch *b, size_t n)
{

	b->sql = malloc(STATEMENT_HEAD + n * ROW_TEXT);
	b->values = calloc(n * COLUMNS_N, sizeof(*b->values));
	b->at = calloc(n, sizeof(*b->at));
	return (b->sql != NULL && b->values != NULL && b->at != NULL);
}

static void
write_statement(struct batch *b, size_t n)
{
	struct buf sql;

	buf_init(&sql, b->sql, STATEMENT_HEAD + n * ROW_TEXT);
	buf_puts(&sql, "INSERT INTO doorward.logouts (" COLUMNS ") VALUES ");
	for (size_t i = 0; i < n; i++) {
		buf_puts(&sql, i > 0 ? ", (" : "(");
		for (size_t k = 1; k < COLUMNS_N; k++)
			buf_printf(&sql, "$%zu, ", i * COLUMNS_N + k);
		buf_printf(&sql, "$%zu::bigint)", (i + 1) * COLUMNS_N);
	}
	buf_puts(&sql, " ON CONFLICT DO NOTHING");
	buf_putc(&sql, '\0');
}

static void
write_values(struct batch *b, const struct ledger_row *rows, size_t n)
{

	for (size_t i = 0; i < n; i++) {
		const struct ledger_row *row = &rows[i];
		const char *const of[COLUMNS_N] = { row->event_id, row->type, row->user_id, row->username, row->device_id,
			row->session_id, row->scope, row->reason, b->at[i] };

		snprintf(b->at[i], sizeof(b->at[i]), "%lld", (long long)row->at);
		for (size_t k = 0; k < COLUMNS_N; k++)
			b->values[i * COLUMNS_N + k] = of[k];
	}
}

/* It may be sent twice: the second time all rows are there. That the table cannot hold one of them does not say that it has it.
 */
static enum dw_result
put(struct pg_db *db, const struct batch *b, size_t n)
{
	static int64_t said;
	PGresult *r;
	enum dw_result rc = pg_ask(db, PG_HURRY, b->sql, b->values, (int)(n * COLUMNS_N), &r);

	if (rc == DW_OK)
		PQclear(r);
	else if (rc == DW_ABSENT && log_due(&said))
		log_error("the ledger in PostgreSQL cannot hold what is to be written: is the encoding of the database UTF8?");
	return (rc == DW_ABSENT ? DW_FAULT : rc);
}

enum dw_result
pg_ledger_put(void *db, const struct ledger_row *rows, size_t n)
{
	struct batch b = { .sql = NULL };
	enum dw_result rc = DW_FAULT;

	if (n == 0)
		return (DW_OK);
	if (n <= PLACES_MAX / COLUMNS_N && new_batch(&b, n)) {
		write_statement(&b, n);
		write_values(&b, rows, n);
		rc = put(db, &b, n);
	}
	free_batch(&b);
	return (rc);
}

static bool
read_row(const PGresult *r, int i, struct ledger_row *row)
{

	row->seq = pg_number(r, i, 9);
	row->at = pg_number(r, i, 8);
	return (pg_text(r, i, 0, row->event_id, sizeof(row->event_id)) && pg_text(r, i, 1, row->type, sizeof(row->type)) &&
		pg_text(r, i, 2, row->user_id, sizeof(row->user_id)) &&
		pg_text(r, i, 3, row->username, sizeof(row->username)) &&
		pg_text(r, i, 4, row->device_id, sizeof(row->device_id)) &&
		pg_text(r, i, 5, row->session_id, sizeof(row->session_id)) &&
		pg_text(r, i, 6, row->scope, sizeof(row->scope)) && pg_text(r, i, 7, row->reason, sizeof(row->reason)));
}

static enum dw_result
ask(struct pg_db *db, const struct ledger_query *q, size_t limit, PGresult **r)
{
	char before[NUMBER_LEN], since[NUMBER_LEN], most[NUMBER_LEN];
	const char *values[] = { before, q->user_id, since, most };

	snprintf(before, sizeof(before), "%lld", (long long)(q->before > 0 ? q->before : INT64_MAX));
	snprintf(since, sizeof(since), "%lld", (long long)q->since);
	snprintf(most, sizeof(most), "%zu", limit);
	return (pg_ask(db, PG_WAIT,
	    "SELECT " COLUMNS ", seq FROM doorward.logouts WHERE seq < $1::bigint AND ($2::text IS NULL OR user_id = $2) AND "
	    "at >= $3::bigint ORDER BY seq DESC LIMIT $4::int",
	    values, 4, r));
}

enum dw_result
pg_ledger_list(void *db, const struct ledger_query *q, struct arena *arena, struct ledger_row **out, size_t *n)
{
	size_t limit = q->limit < LEDGER_LIST_MAX ? q->limit : LEDGER_LIST_MAX;
	enum dw_result rc;
	bool ok = true;
	PGresult *r;

	*n = 0;
	if ((*out = arena_alloc(arena, (limit + 1) * sizeof(**out))) == NULL)
		return (DW_FAULT);
	if ((rc = ask(db, q, limit, &r)) != DW_OK)
		return (rc);
	for (int i = 0; i < PQntuples(r) && (ok = *n < limit && read_row(r, i, &(*out)[*n])); i++)
		(*n)++;
	PQclear(r);
	if (!ok)
		log_error("user database holds a malformed row table=logouts");
	return (ok ? DW_OK : DW_FAULT);
}
