/* SPDX-License-Identifier: ISC */
/*
 * From the file to the deny table: at the start all of it, later what others have written: doorwardctl, another daemon on the
 * same state directory, a process without shared memory, or one of ours that died between commit and entry. Whoever checks
 * first in a second looks; that is one question for the file's version, which costs a few system calls while nobody has
 * written. As long as two masters serve side by side (an upgrade) whoever checks looks: a promise of one must hold for both at
 * once.
 *
 * An entry leaves when its row is gone or done, which is what a replay by somebody else comes to, and takes along what the
 * cache has of its user: the keeper may have been deaf to that replay, and stale_if_error would let pass at the next outage who
 * was signed out in this one. It stays if its row is not of this file: that one was damaged and set aside, and what was
 * promised is honoured until the next start.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "doorward/cache.h"
#include "doorward/config.h"
#include "doorward/deny.h"
#include "spool/entry.h"

#include "spool/spool.h"

/* The rows of the file, in order. */
struct rows {
	uint64_t base, last;
	size_t n, room;
	struct row {
		uint64_t id;
		bool done;
	} * v;
};

static bool
add_row(struct rows *r, uint64_t id, bool done)
{

	if (r->n == r->room) {
		size_t room = r->room == 0 ? 256 : r->room * 2;
		struct row *v = realloc(r->v, room * sizeof(*v));

		if (v == NULL)
			return (false);
		r->v = v;
		r->room = room;
	}
	r->v[r->n++] = (struct row){ id, done };
	r->last = id;
	return (true);
}

static bool
read_rows(struct spool *s, struct rows *r)
{
	sqlite3_stmt *stmt = file_statement(&s->file, STATEMENT_ROWS, "SELECT id, done_at <> 0 FROM spool ORDER BY id");
	int code = SQLITE_ERROR;

	if (stmt == NULL)
		return (false);
	while ((code = sqlite3_step(stmt)) == SQLITE_ROW)
		if (!add_row(r, (uint64_t)sqlite3_column_int64(stmt, 0), sqlite3_column_int(stmt, 1) != 0))
			break;
	return (file_done(&s->file, stmt, code) == DW_OK && code == SQLITE_DONE);
}

static int
by_id(const void *key, const void *row)
{
	uint64_t a = *(const uint64_t *)key, b = ((const struct row *)row)->id;

	return ((a > b) - (a < b));
}

/* Of rows that were committed after the list was read nothing is known here. */
static bool
is_kept(const struct rows *r, const struct deny_entry *e)
{
	const struct row *found;

	if (e->row <= r->base || e->row > r->last)
		return (true);
	found = r->n == 0 ? NULL : bsearch(&e->row, r->v, r->n, sizeof(r->v[0]), by_id);
	return (found != NULL && (!found->done || e->kind != DENY_USER));
}

struct sifting {
	const struct rows *rows;
	struct cache *cache;
};

/* The cache first: who does not find the entry any more finds nothing there either. */
static bool
stays(void *arg, const struct deny_entry *e)
{
	const struct sifting *s = arg;
	bool kept = is_kept(s->rows, e);

	if (!kept)
		cache_evict(s->cache, e->user_key);
	return (kept);
}

/* Enters what stands behind the row ${after}. False: it could not be read. */
static bool
enter(struct spool *s, uint64_t after)
{
	static int64_t next;
	struct deny_entry d;
	sqlite3_stmt *stmt;
	uint64_t last = after;
	struct entry e;
	bool full = false;
	int code;

	if ((stmt = file_statement(&s->file, STATEMENT_SINCE,
		 "SELECT id, done_at, " ENTRY_COLUMNS " FROM spool WHERE id > ?1 ORDER BY id")) == NULL)
		return (false);
	sqlite3_bind_int64(stmt, 1, (int64_t)after);
	while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
		last = (uint64_t)sqlite3_column_int64(stmt, 0);
		if (!entry_read(stmt, &e) || !entry_denies(&e, &d) || (e.done_at != 0 && d.kind == DENY_USER))
			continue;
		full |= !deny_put(s->deny, &d);
	}
	if (full && log_due(&next))
		log_error("the table of who is denied is full, endings in the spool are not honoured: see spool.max");
	if (file_done(&s->file, stmt, code) != DW_OK)
		return (false);
	if (last > deny_seen(s->deny))
		deny_set_seen(s->deny, last);
	return (!full);
}

/*
 * What is not in the file any more leaves; what waits again comes back. How far it had been read is asked before the rows are:
 * of a row that is committed and entered in between an empty list says nothing.
 */
static bool
compare(struct spool *s)
{
	struct rows r = { .base = s->file.base, .last = 0 };
	struct sifting sifting = { .rows = &r, .cache = s->cache };
	uint64_t seen = deny_seen(s->deny);
	bool good = read_rows(s, &r);

	if (good && r.n == 0)
		r.last = seen;
	if (good)
		deny_sift(s->deny, stays, &sifting);
	free(r.v);
	return (good);
}

/* The number changes with every commit of another connection. -1: it cannot be asked. */
static int64_t
version(struct spool *s)
{
	sqlite3_stmt *stmt = file_statement(&s->file, STATEMENT_VERSION, "PRAGMA data_version");
	int64_t v = -1;
	int code;

	if (stmt == NULL)
		return (-1);
	if ((code = sqlite3_step(stmt)) == SQLITE_ROW)
		v = sqlite3_column_int64(stmt, 0);
	return (file_done(&s->file, stmt, code) == DW_OK ? v : -1);
}

void
spool_sync(struct spool *s)
{
	bool same = file_is_current(&s->file) && s->opened == s->file.opened; /* a promise may have opened another one */
	int64_t v;

	s->enter |= !same && s->file.ino != 0; /* another one lies there: a copy of before begins with lower numbers */
	if (s->deny == NULL || file_open(&s->file) != DW_OK || (v = version(s)) < 0)
		return;
	if (same && v == s->version && !s->compare && !s->enter)
		return;
	s->version = -1;
	if (!enter(s, s->enter ? 0 : deny_seen(s->deny)) || (!deny_is_empty(s->deny) && !compare(s)))
		return;
	s->version = v;
	s->opened = s->file.opened;
	s->compare = s->enter = false;
}

void
spool_sync_if_due(struct spool *s, int64_t now)
{

	if (s->deny != NULL && (atomic_load_explicit(s->company, memory_order_relaxed) || deny_claim_second(s->deny, now)))
		spool_sync(s);
}

int
spool_fill(const struct config *c, struct deny *deny, char *err, size_t errlen)
{
	struct spool s = { .conf = c, .deny = deny };
	bool good = false;

	if (file_path(c, s.file.path) && file_open(&s.file) == DW_OK)
		good = enter(&s, 0);
	if (!good)
		snprintf(err, errlen, "the spool of endings (spool.file) cannot be read: %s",
		    s.file.problem[0] == '\0' ? "there is no room for all of them" : s.file.problem);
	file_close(&s.file);
	return (good ? 0 : -1);
}
