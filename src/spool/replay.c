/* SPDX-License-Identifier: ISC */
/*
 * What waits is written into the store, in the order in which it was promised: the same operations, with the moment and the
 * event id of the row, so that doing it twice is doing it once. So a replay may die anywhere and start again, and two at a time
 * (the relay, doorwardctl, another host on the same disk) are in nobody's way.
 *
 * One call does a bounded piece. An entry that the store cannot take now (its node is down) is left, and with it whatever its
 * user has behind it; others are not held up. The next call goes on behind the last one that was looked at, and begins again
 * at the end.
 *
 * What is done is kept for SPOOL_KEEP_MS and waits again if another server answers as the master than before. Which one did is
 * kept in the file too, so that a daemon that is started after a failover notices.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "doorward/config.h"
#include "doorward/deny.h"
#include "doorward/node.h"
#include "spool/judge.h"

#include "spool/replay.h"

#define PIECE_MAX 128 /* entries a call looks at, at the most */
#define PIECE_MS 50   /* and how long, when they take longer */
#define PURGE_MS 1000 /* between two looks for what has been done long enough */
#define KNOWN_RUNS "runs"

struct piece {
	size_t n;
	struct entry entries[PIECE_MAX];
	bool done[PIECE_MAX];
};

static bool
run(struct spool *s, enum spool_statement i, const char *sql, int64_t first, int64_t second)
{
	sqlite3_stmt *stmt = file_statement(&s->file, i, sql);

	if (stmt == NULL)
		return (false);
	sqlite3_bind_int64(stmt, 1, first);
	if (sqlite3_bind_parameter_count(stmt) > 1)
		sqlite3_bind_int64(stmt, 2, second);
	return (file_done(&s->file, stmt, sqlite3_step(stmt)) == DW_OK);
}

/* Reads what waits behind the cursor. An entry that makes no sense is left where it is, and said. */
static bool
read_piece(struct spool *s, struct piece *p, size_t most)
{
	static int64_t next;
	sqlite3_stmt *stmt;
	int code;

	p->n = 0;
	if ((stmt = file_statement(&s->file, STATEMENT_NEXT,
		 "SELECT id, done_at, " ENTRY_COLUMNS " FROM spool WHERE done_at = 0 AND id > ?1 ORDER BY id LIMIT ?2")) ==
	    NULL)
		return (false);
	sqlite3_bind_int64(stmt, 1, (int64_t)s->cursor);
	sqlite3_bind_int64(stmt, 2, (int64_t)most);
	while ((code = sqlite3_step(stmt)) == SQLITE_ROW && p->n < most) {
		s->cursor = (uint64_t)sqlite3_column_int64(stmt, 0);
		if (entry_read(stmt, &p->entries[p->n]))
			p->done[p->n++] = false;
		else if (log_due(&next))
			log_error("an ending in the spool makes no sense row=%llu", (unsigned long long)s->cursor);
	}
	return (file_done(&s->file, stmt, code) == DW_OK);
}

static enum dw_result
write_end(struct spool *s, const struct entry *e, enum verdict verdict)
{
	struct end_write w = e->end;
	struct end_reply reply;
	enum dw_result rc;

	memset(&w.claim, 0, sizeof(w.claim));
	if (verdict == VERDICT_REVOKED) {
		w.scope = SCOPE_SESSION;
		if (memcmp(e->end.claim.session_key, w.session_key, SESSION_KEY_LEN) != 0)
			return (DW_REFUSED);
	}
	rc = s->inner->end(s->store, &w, NULL, &reply);
	return (rc == DW_OK && reply.at_risk ? DW_UNAVAILABLE : rc);
}

/* Where the user has too many revoked tokens already, there is room again when the first of them expires. */
static enum dw_result
write_revocation(struct spool *s, const struct entry *e)
{
	struct revoke_write w = e->revocation;
	struct revoke_reply reply;
	enum dw_result rc;

	memset(&w.claim, 0, sizeof(w.claim));
	rc = s->inner->revoke(s->store, &w, &reply);
	if (rc == DW_OK && reply.wait > 0)
		return (DW_BUSY);
	return (rc == DW_OK && reply.at_risk ? DW_UNAVAILABLE : rc);
}

/* DW_OK: Redis has it. DW_REFUSED: there was nothing to write, since who asked was not allowed to. */
static enum dw_result
write_entry(struct spool *s, const struct entry *e)
{
	enum verdict verdict;
	enum dw_result rc;

	if ((rc = judge_entry(s, e, &verdict)) != DW_OK)
		return (rc);
	if (verdict == VERDICT_REFUSED)
		return (DW_REFUSED);
	switch (e->what) {
	case ENTRY_REVOCATION:
		return (write_revocation(s, e));
	case ENTRY_NOTICE:
		return (s->inner->notify(s->store, &e->notice));
	default:
		return (write_end(s, e, verdict));
	}
}

/* Does anything of the user wait that was left by an earlier piece? What cannot be asked has to wait as well. */
static bool
waits_earlier(struct spool *s, const struct piece *p, const struct entry *e)
{
	sqlite3_stmt *stmt = file_statement(
	    &s->file, STATEMENT_EARLIER, "SELECT 1 FROM spool WHERE user_key = ?1 AND done_at = 0 AND id < ?2 LIMIT 1");
	int code;

	if (stmt == NULL)
		return (true);
	sqlite3_bind_blob(stmt, 1, entry_user(e), USER_KEY_LEN, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 2, (int64_t)p->entries[0].row);
	code = sqlite3_step(stmt);
	return (file_done(&s->file, stmt, code) != DW_OK || code == SQLITE_ROW);
}

/* Whose earlier entry is left has to wait, so that the order of his is kept. */
static bool
is_behind(struct spool *s, const struct piece *p, size_t i)
{

	for (size_t k = 0; k < i; k++)
		if (!p->done[k] && memcmp(entry_user(&p->entries[k]), entry_user(&p->entries[i]), USER_KEY_LEN) == 0)
			return (true);
	return (waits_earlier(s, p, &p->entries[i]));
}

static bool
mark_done(struct spool *s, const struct entry *e)
{

	return (run(s, STATEMENT_DONE, "UPDATE spool SET done_at = ?2 WHERE id = ?1", (int64_t)e->row, clock_wall_ms()));
}

/* Who was refused denies nobody any longer; who was not, only what cannot have changed. */
static void
leave_table(struct spool *s, const struct entry *e, bool refused)
{
	struct deny_entry d;

	if (s->deny != NULL && entry_denies(e, &d) && (refused || d.kind == DENY_USER))
		deny_remove(s->deny, &d);
}

/* Commits what of the piece is done. */
static enum dw_result
commit_piece(struct spool *s, const struct piece *p, const bool *refused)
{

	if (file_begin(&s->file) != DW_OK)
		return (DW_UNAVAILABLE);
	for (size_t i = 0; i < p->n; i++)
		if (p->done[i] &&
		    !(refused[i] ? run(s, STATEMENT_DROP, "DELETE FROM spool WHERE id = ?1", (int64_t)p->entries[i].row, 0)
				 : mark_done(s, &p->entries[i]))) {
			file_rollback(&s->file);
			return (DW_UNAVAILABLE);
		}
	if (file_commit(&s->file) != DW_OK)
		return (DW_UNAVAILABLE);
	for (size_t i = 0; i < p->n; i++)
		if (p->done[i])
			leave_table(s, &p->entries[i], refused[i]);
	return (DW_OK);
}

/* A fault, or a list that is full, is of this entry alone: it stays. */
static enum dw_result
write_piece(struct spool *s, struct piece *p)
{
	int64_t until = clock_mono_ms() + PIECE_MS;
	bool refused[PIECE_MAX] = { false };
	enum dw_result rc, result = DW_OK;
	size_t done = 0;

	for (size_t i = 0; i < p->n; i++) {
		if (clock_mono_ms() > until) {
			s->cursor = p->entries[i].row - 1;
			p->n = i;
			break;
		}
		if (is_behind(s, p, i))
			continue;
		rc = write_entry(s, &p->entries[i]);
		refused[i] = rc == DW_REFUSED;
		p->done[i] = rc == DW_OK || rc == DW_REFUSED;
		done += p->done[i];
		if (rc == DW_UNAVAILABLE)
			result = DW_UNAVAILABLE;
	}
	return (done > 0 && commit_piece(s, p, refused) != DW_OK ? DW_UNAVAILABLE : result);
}

/* Which servers answer, as far as is known; 0 = of none. The order does not matter. */
static uint64_t
runs_of(const struct node *nodes)
{
	uint64_t all = 0;

	for (size_t i = 0; nodes != NULL && i < NODES_MAX; i++)
		all += atomic_load(&nodes[i].run) * UINT64_C(0x9e3779b97f4a7c15);
	return (all & INT64_MAX);
}

static uint64_t
runs_known(struct spool *s)
{
	sqlite3_stmt *stmt = NULL;
	uint64_t runs = 0;

	if (sqlite3_prepare_v2(s->file.db, "SELECT value FROM known WHERE name = '" KNOWN_RUNS "'", -1, &stmt, NULL) ==
		SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		runs = (uint64_t)sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return (runs);
}

static bool
remember_runs(struct spool *s, uint64_t runs)
{
	sqlite3_stmt *stmt = NULL;
	bool good = sqlite3_prepare_v2(
			s->file.db, "INSERT OR REPLACE INTO known VALUES ('" KNOWN_RUNS "', ?1)", -1, &stmt, NULL) == SQLITE_OK;

	if (good)
		sqlite3_bind_int64(stmt, 1, (int64_t)runs);
	good = good && sqlite3_step(stmt) == SQLITE_DONE;
	sqlite3_finalize(stmt);
	return (good);
}

/* Another server answers than before: what it may have been told by the one before it is told once more. */
static bool
follow_failover(struct spool *s, const struct node *nodes)
{
	uint64_t runs = runs_of(nodes), before;

	if (runs == 0 || runs == s->runs)
		return (true);
	before = s->runs != 0 ? s->runs : runs_known(s);
	if (before != 0 && before != runs) {
		if (!run(s, STATEMENT_REOPEN, "UPDATE spool SET done_at = 0, again = 1 WHERE done_at > ?1",
			clock_wall_ms() - SPOOL_KEEP_MS, 0))
			return (false);
		if (sqlite3_changes(s->file.db) > 0)
			log_warn("another Redis answers, what it was told lately is told again endings=%d",
			    sqlite3_changes(s->file.db));
		s->cursor = 0;
		s->enter = true;
	}
	if (before != runs && !remember_runs(s, runs))
		return (false);
	s->runs = runs;
	return (true);
}

/* What was done long enough ago, and the first of it where that is more than may wait. A clock that was set back keeps some
 * longer. */
static bool
purge(struct spool *s)
{
	int64_t now = clock_mono_ms();

	if (s->purged != 0 && now - s->purged < PURGE_MS)
		return (true);
	s->purged = now;
	if (!run(s, STATEMENT_PURGE,
		"DELETE FROM spool WHERE done_at <> 0 AND (done_at <= ?1 OR done_at < "
		"(SELECT done_at FROM spool WHERE done_at <> 0 ORDER BY done_at DESC LIMIT 1 OFFSET ?2))",
		clock_wall_ms() - SPOOL_KEEP_MS, s->conf->spool_max))
		return (false);
	s->compare |= sqlite3_changes(s->file.db) > 0;
	return (true);
}

static enum dw_result
count_left(struct spool *s, uint64_t *left)
{
	sqlite3_stmt *stmt = file_statement(&s->file, STATEMENT_LEFT, "SELECT count(*) FROM spool WHERE done_at = 0");
	int code;

	if (stmt == NULL)
		return (DW_UNAVAILABLE);
	if ((code = sqlite3_step(stmt)) == SQLITE_ROW)
		*left = (uint64_t)sqlite3_column_int64(stmt, 0);
	return (file_done(&s->file, stmt, code));
}

/* One server: if it does not answer nothing can be done; of several, perhaps the others' part. */
static bool
is_alone(const struct node *nodes)
{
	size_t n = 0;

	for (size_t i = 0; nodes != NULL && i < NODES_MAX; i++)
		n += atomic_load(&nodes[i].run) != 0;
	return (n <= 1);
}

static enum dw_result
replay_piece(struct spool *s, const struct node *nodes, size_t most)
{
	struct piece *p = malloc(sizeof(*p)); /* too large for the stack */
	enum dw_result rc = DW_UNAVAILABLE;
	uint64_t before = s->cursor;

	if (p == NULL)
		return (DW_UNAVAILABLE);
	if (read_piece(s, p, most < PIECE_MAX ? most : PIECE_MAX))
		rc = write_piece(s, p);
	if (s->cursor == before || (rc != DW_OK && is_alone(nodes)))
		s->cursor = 0; /* what was left has its turn again */
	free(p);
	return (rc);
}

enum dw_result
spool_replay(struct spool *s, const struct node *nodes, size_t most, uint64_t *left)
{
	enum dw_result rc;

	if (file_open(&s->file) != DW_OK || count_left(s, left) != DW_OK)
		return (DW_UNAVAILABLE);
	/* Asked first: its answer shows another server, and what that one lacks is then written with the rest, not after it. */
	if (*left > 0 && s->inner->ping(s->store) != DW_OK && is_alone(nodes))
		return (DW_UNAVAILABLE);
	if (!follow_failover(s, nodes) || count_left(s, left) != DW_OK)
		return (DW_UNAVAILABLE);
	if (*left == 0)
		return (purge(s) ? DW_OK : DW_UNAVAILABLE);
	rc = replay_piece(s, nodes, most);
	if (!purge(s) || count_left(s, left) != DW_OK)
		return (DW_UNAVAILABLE);
	return (rc);
}

enum dw_result
spool_each(struct spool *s, spool_each_fn *each, void *arg)
{
	sqlite3_stmt *stmt;
	struct entry e;
	int code;

	if (file_open(&s->file) != DW_OK || (stmt = file_statement(&s->file, STATEMENT_LIST,
						 "SELECT id, done_at, " ENTRY_COLUMNS " FROM spool ORDER BY id")) == NULL)
		return (DW_UNAVAILABLE);
	while ((code = sqlite3_step(stmt)) == SQLITE_ROW)
		if (entry_read(stmt, &e) && !each(arg, &e))
			return (file_done(&s->file, stmt, SQLITE_DONE));
	return (file_done(&s->file, stmt, code));
}
