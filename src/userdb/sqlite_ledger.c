/* SPDX-License-Identifier: ISC */
/*
 * The ledger in SQLite. What is put comes in batches, one transaction each, since a transaction costs a wait for the disk. A
 * row that is there already stays as it is: events are delivered at least once, and two endings of one session are one.
 */
#include "base/arena.h"
#include "userdb/sqlite_statements.h"

#include "userdb/sqlite_ledger.h"

static enum dw_result
put_row(struct sqlite_db *c, const struct ledger_row *row)
{
	const char *const texts[] = { row->event_id, row->type, row->user_id, row->username, row->device_id, row->session_id,
		row->scope, row->reason };
	const int n = (int)(sizeof(texts) / sizeof(texts[0]));
	enum dw_result r;
	sqlite3_stmt *s = connection_statement(c, PUT_LOGOUT, &r);

	if (s == NULL)
		return (r);
	for (int i = 0; i < n; i++)
		connection_bind(s, i + 1, texts[i]);
	sqlite3_bind_int64(s, n + 1, row->at);
	return (connection_done(c, s, sqlite3_step(s)));
}

static enum dw_result
put_all(struct sqlite_db *c, const struct ledger_row *rows, size_t n)
{
	enum dw_result r = connection_run(c, BEGIN);

	if (r != DW_OK)
		return (r);
	for (size_t i = 0; r == DW_OK && i < n; i++)
		r = put_row(c, &rows[i]);
	return (statements_finish(c, r));
}

enum dw_result
sqlite_put_logouts(void *db, const struct ledger_row *rows, size_t n)
{
	enum dw_result r;

	connection_wait(db, USERDB_PATIENCE);
	r = put_all(db, rows, n);
	connection_wait(db, CONNECTION_PATIENCE);
	return (r);
}

static bool
read_row(sqlite3_stmt *s, struct ledger_row *row)
{

	row->seq = sqlite3_column_int64(s, 0);
	row->at = sqlite3_column_int64(s, 9);
	return (
	    connection_text(s, 1, row->event_id, sizeof(row->event_id)) &&
	    connection_text(s, 2, row->type, sizeof(row->type)) && connection_text(s, 3, row->user_id, sizeof(row->user_id)) &&
	    connection_text(s, 4, row->username, sizeof(row->username)) &&
	    connection_text(s, 5, row->device_id, sizeof(row->device_id)) &&
	    connection_text(s, 6, row->session_id, sizeof(row->session_id)) &&
	    connection_text(s, 7, row->scope, sizeof(row->scope)) && connection_text(s, 8, row->reason, sizeof(row->reason)));
}

static void
bind_query(sqlite3_stmt *s, const struct ledger_query *q, size_t limit)
{

	sqlite3_bind_int64(s, 1, q->before > 0 ? q->before : INT64_MAX);
	if (q->user_id != NULL)
		connection_bind(s, 2, q->user_id);
	sqlite3_bind_int64(s, 3, q->since);
	sqlite3_bind_int64(s, 4, (sqlite3_int64)limit);
}

enum dw_result
sqlite_list_logouts(void *db, const struct ledger_query *q, struct arena *arena, struct ledger_row **out, size_t *n)
{
	size_t limit = q->limit < LEDGER_LIST_MAX ? q->limit : LEDGER_LIST_MAX;
	enum dw_result r;
	sqlite3_stmt *s;
	bool ok = true;
	int code;

	*n = 0;
	if ((*out = arena_alloc(arena, (limit + 1) * sizeof(**out))) == NULL)
		return (DW_FAULT);
	if ((s = connection_statement(db, LIST_LOGOUTS, &r)) == NULL)
		return (r);
	bind_query(s, q, limit);
	while ((code = sqlite3_step(s)) == SQLITE_ROW && (ok = *n < limit && read_row(s, &(*out)[*n])))
		(*n)++;
	if ((r = connection_done(db, s, code)) != DW_OK)
		return (r);
	return (ok ? DW_OK : statements_malformed("logouts"));
}
