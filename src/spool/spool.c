/* SPDX-License-Identifier: ISC */
/*
 * The spool of one process. An ending goes its way like this:
 *
 *	asked for ──Redis has it──▶ answered, and this file is not touched
 *	    │ Redis cannot be asked, or its answer was lost
 *	    ▼
 *	WAITS (a row with done_at 0, committed; then the entry in the deny table; then the answer 202)
 *	    │ replay.c: Redis answers ──▶ the same script, with the moment and the event id of the row
 *	    ▼
 *	DONE (done_at; what is said of all of a user's sessions leaves the deny table, since Redis judges it from now on)
 *	    │ another master answers within SPOOL_KEEP_MS: it may have forgotten ──▶ WAITS again
 *	    ▼ SPOOL_KEEP_MS later
 *	gone, and its entry of the deny table with it
 *
 * A process that dies between commit and entry has answered nobody; its row is entered by whoever looks next (sync.c).
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "doorward/config.h"
#include "doorward/deny.h"
#include "spool/entry.h"

#include "spool/spool.h"

/*
 * Entries that may wait: of one session, so that the bearer of one token cannot fill the spool by asking every second; of one
 * user, so that he cannot with the tokens of all the sessions that he ever had. What a session has asked for itself counts for
 * neither in the end: whoever holds its token as well must not be able to leave no room for its owner's logout.
 */
#define SESSION_MAX 16
#define USER_MAX(c) (64 + 2 * (c)->session_limit)

static const _Atomic bool nobody_else = false;

struct spool *
spool_new(const struct config *c, const struct store_ops *inner, void *store, struct deny *deny)
{
	struct spool *s = calloc(1, sizeof(*s));

	if (s == NULL || !file_path(c, s->file.path)) {
		free(s);
		return (NULL);
	}
	s->conf = c;
	s->inner = inner;
	s->store = store;
	s->deny = deny;
	s->company = &nobody_else;
	s->version = -1;
	signal(SIGXFSZ, SIG_IGN); /* a limit on the size of files is an error like a full disk, and not our death */
	return (s);
}

void
spool_keep_company(struct spool *s, const _Atomic bool *company)
{

	s->company = company;
}

void
spool_set_cache(struct spool *s, struct cache *cache)
{

	s->cache = cache;
}

void
spool_free(struct spool *s)
{

	if (s == NULL)
		return;
	file_close(&s->file);
	free(s);
}

int
spool_make(const struct config *c, char *err, size_t errlen)
{
	struct spool_file f = { .db = NULL };
	int rc = -1;

	if (file_path(c, f.path))
		rc = file_make(&f);
	if (rc != 0)
		snprintf(err, errlen, "the spool of endings (spool.file) cannot be used: %s",
		    f.problem[0] == '\0' ? "its path is too long" : f.problem);
	file_close(&f);
	return (rc);
}

/* A number by ${sql}; false: it cannot be asked. */
static bool
count(struct spool *s, enum spool_statement i, const char *sql, const struct entry *e, int64_t *n)
{
	sqlite3_stmt *stmt = file_statement(&s->file, i, sql);
	int code;

	if (stmt == NULL)
		return (false);
	if (e != NULL) {
		sqlite3_bind_blob(stmt, 1, entry_user(e), USER_KEY_LEN, SQLITE_STATIC);
		if (sqlite3_bind_parameter_count(stmt) > 1)
			sqlite3_bind_blob(stmt, 2, entry_session(e), SESSION_KEY_LEN, SQLITE_STATIC);
	}
	if ((code = sqlite3_step(stmt)) == SQLITE_ROW)
		*n = sqlite3_column_int64(stmt, 0);
	return (file_done(&s->file, stmt, code) == DW_OK && code == SQLITE_ROW);
}

/* By a caller, not by an operator nor after a change of the password. */
static bool
is_by_caller(const struct entry *e)
{

	return (e->what == ENTRY_REVOCATION || e->end.cause == END_USER);
}

/* A logout by the session's own token: there is one of each session at the most. */
static bool
is_own_end(const struct entry *e)
{

	return (e->what == ENTRY_END && e->end.scope == SCOPE_SESSION && !e->end.claim.unjudged);
}

static bool
is_bounded(struct spool *s, const struct entry *e)
{
	static int64_t next;
	int64_t of_user = 0, of_session = 0;

	if (!count(s, STATEMENT_COUNT_USER, "SELECT count(*) FROM spool WHERE user_key = ?1 AND done_at = 0", e, &of_user) ||
	    (entry_session(e) != NULL &&
		!count(s, STATEMENT_COUNT_SESSION,
		    "SELECT count(*) FROM spool WHERE user_key = ?1 AND session_key = ?2 AND done_at = 0", e, &of_session)))
		return (false);
	if (of_user < USER_MAX(s->conf) && (of_session < SESSION_MAX || is_own_end(e)))
		return (true);
	if (log_due(&next))
		log_warn("a user has asked for too many endings while Redis is away, no more of them are promised");
	return (false);
}

static bool
has_room(struct spool *s, const struct entry *e)
{
	static int64_t next;
	int64_t all = 0;

	if (!count(s, STATEMENT_COUNT, "SELECT count(*) FROM spool WHERE done_at = 0", NULL, &all))
		return (false);
	if (all < s->conf->spool_max)
		return (!is_by_caller(e) || is_bounded(s, e));
	if (log_due(&next))
		log_error("the spool of endings is full, nothing more is promised: see spool.max endings=%lld", (long long)all);
	return (false);
}

/* Runs a statement that has the entry bound. */
static bool
write_row(struct spool *s, enum spool_statement i, const char *sql, const struct entry *e)
{
	sqlite3_stmt *stmt = file_statement(&s->file, i, sql);

	if (stmt == NULL)
		return (false);
	entry_bind(stmt, e);
	return (file_done(&s->file, stmt, sqlite3_step(stmt)) == DW_OK);
}

/* Which row has it, and is it new? */
static bool
find(struct spool *s, struct entry *e)
{
	sqlite3_stmt *stmt = file_statement(&s->file, STATEMENT_FIND, "SELECT id FROM spool WHERE " ENTRY_SAME);
	int code;

	if (stmt == NULL)
		return (false);
	entry_bind(stmt, e);
	if ((code = sqlite3_step(stmt)) == SQLITE_ROW)
		e->row = (uint64_t)sqlite3_column_int64(stmt, 0);
	return (file_done(&s->file, stmt, code) == DW_OK && code == SQLITE_ROW);
}

/* One that is there already is asked for again: what Redis had, it may have forgotten. */
static bool
insert(struct spool *s, struct entry *e)
{

	return (
	    write_row(s, STATEMENT_INSERT, "INSERT OR IGNORE INTO spool (" ENTRY_COLUMNS ") VALUES (" ENTRY_PLACES ")", e) &&
	    write_row(s, STATEMENT_AGAIN, "UPDATE spool SET done_at = 0 WHERE done_at <> 0 AND " ENTRY_SAME, e) && find(s, e));
}

/* One transaction. False: nothing was written, or not where it is read. */
static bool
commit(struct spool *s, struct entry *e)
{

	if (file_open(&s->file) != DW_OK || file_begin(&s->file) != DW_OK)
		return (false);
	if ((find(s, e) || (s->file.db != NULL && has_room(s, e))) && s->file.db != NULL && insert(s, e))
		return (file_commit(&s->file) == DW_OK);
	file_rollback(&s->file);
	return (false);
}

/*
 * Commits ${e} and enters whom it denies; ${act} is the entry's own: what was not asked for before is asked for at ${at}. There
 * is a second try, for one that met a damaged file, or one that was set aside meanwhile.
 */
static enum dw_result
promise(struct spool *s, struct entry *e, struct act *act, int64_t at)
{
	struct deny_entry denied;

	if (act->at == 0)
		act->at = at;
	if (!commit(s, e) && (file_is_current(&s->file) || !commit(s, e)))
		return (DW_UNAVAILABLE);
	if (s->deny != NULL && entry_denies(e, &denied) && !deny_put(s->deny, &denied)) {
		log_error("the table of who is denied is full: see spool.max");
		return (DW_UNAVAILABLE); /* it will be done, but is not honoured yet: nothing is promised */
	}
	return (DW_PENDING);
}

enum dw_result
spool_end(struct spool *s, const struct end_write *w, int64_t at)
{
	struct entry e;

	entry_of_end(&e, w);
	return (promise(s, &e, &e.end.act, at));
}

enum dw_result
spool_revoke(struct spool *s, const struct revoke_write *w, int64_t at)
{
	struct entry e;

	entry_of_revocation(&e, w);
	return (promise(s, &e, &e.revocation.act, at));
}

enum dw_result
spool_notify(struct spool *s, const struct notice *n, int64_t at)
{
	struct entry e;

	entry_of_notice(&e, n);
	return (promise(s, &e, &e.notice.act, at));
}

/* What is done says nothing of a whole user any more: Redis does. */
static bool
is_redis_to_say(const struct entry *e, const struct deny_entry *d)
{

	return (e->done_at != 0 && d->kind == DENY_USER);
}

enum dw_result
spool_asks_file(struct spool *s, const struct deny_question *q, struct deny_entry *out)
{
	bool denied = false, bad = false, lately = false;
	struct deny_entry d;
	sqlite3_stmt *stmt;
	struct entry e;
	int code;

	if (file_open(&s->file) != DW_OK ||
	    (stmt = file_statement(
		 &s->file, STATEMENT_OF_USER, "SELECT id, done_at, " ENTRY_COLUMNS " FROM spool WHERE user_key = ?1")) == NULL)
		return (DW_UNAVAILABLE);
	sqlite3_bind_blob(stmt, 1, q->user_key, USER_KEY_LEN, SQLITE_STATIC);
	while (!denied && !bad && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
		bad = !entry_read(stmt, &e);
		denied = !bad && entry_denies(&e, &d) && deny_applies(&d, q);
		lately |= denied && is_redis_to_say(&e, &d);
		denied = denied && !is_redis_to_say(&e, &d);
	}
	if (file_done(&s->file, stmt, denied || bad ? SQLITE_DONE : code) != DW_OK || bad)
		return (DW_UNAVAILABLE);
	if (denied)
		*out = d;
	return (denied ? DW_REFUSED : lately ? DW_BUSY : DW_OK);
}

bool
spool_waits(struct spool *s, const uint8_t user_key[USER_KEY_LEN])
{
	sqlite3_stmt *stmt;
	int code;

	if (file_open(&s->file) != DW_OK || (stmt = file_statement(&s->file, STATEMENT_WAITS,
						 "SELECT 1 FROM spool WHERE user_key = ?1 AND done_at = 0 LIMIT 1")) == NULL)
		return (false);
	sqlite3_bind_blob(stmt, 1, user_key, USER_KEY_LEN, SQLITE_STATIC);
	code = sqlite3_step(stmt);
	return (file_done(&s->file, stmt, code) == DW_OK && code == SQLITE_ROW);
}

bool
spool_reason(struct spool *s, uint64_t row, char out[REASON_MAX + 1])
{
	sqlite3_stmt *stmt;
	bool found = false;
	int code;

	if (file_open(&s->file) != DW_OK ||
	    (stmt = file_statement(&s->file, STATEMENT_REASON, "SELECT reason FROM spool WHERE id = ?1")) == NULL)
		return (false);
	sqlite3_bind_int64(stmt, 1, (sqlite3_int64)row);
	if ((code = sqlite3_step(stmt)) == SQLITE_ROW && sqlite3_column_bytes(stmt, 0) > 0)
		found = str_copy(out, REASON_MAX + 1, str_of((const char *)sqlite3_column_text(stmt, 0)));
	return (file_done(&s->file, stmt, code) == DW_OK && found);
}

enum dw_result
spool_numbers(struct spool *s, struct spool_numbers *out)
{
	sqlite3_stmt *stmt;
	int64_t oldest;
	int code;

	memset(out, 0, sizeof(*out));
	out->damaged = file_set_aside(&s->file);
	if (file_open(&s->file) != DW_OK ||
	    (stmt = file_statement(&s->file, STATEMENT_NUMBERS,
		 "SELECT (SELECT count(*) FROM spool WHERE done_at = 0), (SELECT count(*) FROM spool WHERE done_at <> 0), "
		 "(SELECT min(at) FROM spool WHERE done_at = 0)")) == NULL)
		return (DW_UNAVAILABLE);
	if ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
		out->pending = (uint64_t)sqlite3_column_int64(stmt, 0);
		out->replayed = (uint64_t)sqlite3_column_int64(stmt, 1);
		oldest = s->inner->now(s->store) - sqlite3_column_int64(stmt, 2);
		out->oldest_seconds = out->pending > 0 && oldest > 0 ? oldest : 0;
	}
	return (file_done(&s->file, stmt, code));
}
