/* SPDX-License-Identifier: ISC */
/*
 * Accounts in the SQLite file.
 *
 * What changes more than one row (an account with its groups) is one transaction, BEGIN IMMEDIATE to statements_finish(). A
 * change that depends on what was read before compares in the same transaction or statement (replace_hash, set_groups): of two
 * at once the second notices. What makes void what was verified before (password, disabled) raises the account's version, which
 * a login looks at after it has written its session. Writes wait for the disk; and what a login can do without waits for others
 * for USERDB_PATIENCE only.
 */
#include <string.h>

#include "base/arena.h"
#include "base/groups.h"
#include "base/str.h"
#include "crypto/pwhash.h"
#include "userdb/sqlite_statements.h"

#include "userdb/sqlite_accounts.h"

/* A list that is too long is no damage: somebody else may have written it. Who cannot sign in because of it is said at the
 * login. */
static bool
read_groups(const struct sqlite_db *c, sqlite3_stmt *s, struct account *a)
{
	struct str all = { (const char *)sqlite3_column_text(s, 6), (size_t)sqlite3_column_bytes(s, 6) };

	if ((a->groups_partial = all.len > GROUPS_MAX)) {
		a->groups_len = groups_keep(all, c->groups, a->groups);
		return (true);
	}
	a->groups_len = all.len;
	return (connection_text(s, 6, a->groups, sizeof(a->groups)));
}

/* The columns of ACCOUNT. False if a row holds what was never written here: fail rather than cut a group off. */
static bool
read_account(const struct sqlite_db *c, sqlite3_stmt *s, struct account *a)
{

	a->disabled = sqlite3_column_int(s, 2) != 0;
	a->created = sqlite3_column_int64(s, 3);
	a->version = sqlite3_column_int64(s, 4);
	a->conflict = sqlite3_column_int(s, 5) != 0;
	a->hash[0] = '\0';
	return (connection_text(s, 0, a->id, sizeof(a->id)) && connection_text(s, 1, a->name, sizeof(a->name)) &&
		read_groups(c, s, a));
}

/* The hash is part of it: whoever asks for an account wipes it when it is no longer needed. */
static enum dw_result
find_by(struct sqlite_db *c, enum statement by, const char *key, struct account *out)
{
	enum dw_result r;
	sqlite3_stmt *s = connection_statement(c, by, &r);
	bool ok = true;
	int code;

	if (s == NULL)
		return (r);
	connection_bind(s, 1, key);
	if ((code = sqlite3_step(s)) == SQLITE_ROW)
		ok = read_account(c, s, out) && connection_text(s, 7, out->hash, sizeof(out->hash));
	if ((r = connection_done(c, s, code)) != DW_OK)
		return (r);
	if (code == SQLITE_DONE)
		return (DW_ABSENT);
	return (ok ? DW_OK : statements_malformed("users"));
}

enum dw_result
sqlite_find(void *db, const char *name, struct account *out)
{

	return (find_by(db, FIND, name, out));
}

enum dw_result
sqlite_find_id(void *db, const char *id, struct account *out)
{

	return (find_by(db, FIND_ID, id, out));
}

enum dw_result
sqlite_list(void *db, const char *after, size_t limit, struct arena *arena, struct account **out, size_t *n)
{
	struct sqlite_db *c = db;
	enum dw_result r;
	sqlite3_stmt *s;
	bool ok = true;
	int code;

	*n = 0;
	limit = limit < LIST_MAX ? limit : LIST_MAX;
	if ((*out = arena_alloc(arena, limit * sizeof(**out))) == NULL)
		return (DW_FAULT);
	if ((s = connection_statement(c, LIST, &r)) == NULL)
		return (r);
	connection_bind(s, 1, after);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)limit);
	while ((code = sqlite3_step(s)) == SQLITE_ROW && (ok = *n < limit && read_account(c, s, &(*out)[*n])))
		(*n)++;
	if ((r = connection_done(c, s, code)) != DW_OK)
		return (r);
	return (ok ? DW_OK : statements_malformed("users"));
}

static enum dw_result
add_user(struct sqlite_db *c, const struct account *a)
{
	enum dw_result r;
	sqlite3_stmt *s = connection_statement(c, ADD, &r);

	if (s == NULL)
		return (r);
	connection_bind(s, 1, a->id);
	connection_bind(s, 2, a->name);
	connection_bind(s, 3, a->hash);
	sqlite3_bind_int(s, 4, a->disabled);
	sqlite3_bind_int64(s, 5, a->created);
	sqlite3_bind_int64(s, 6, pwhash_cost(a->hash));
	return (connection_done(c, s, sqlite3_step(s)));
}

static enum dw_result
add_group(struct sqlite_db *c, const char *id, struct str group)
{
	enum dw_result r;
	sqlite3_stmt *s = connection_statement(c, ADD_GROUP, &r);

	if (s == NULL)
		return (r);
	connection_bind(s, 1, id);
	sqlite3_bind_text(s, 2, group.p, (int)group.len, SQLITE_STATIC);
	return (connection_done(c, s, sqlite3_step(s)));
}

static enum dw_result
add_groups(struct sqlite_db *c, const char *id, const char *groups)
{
	struct str rest = str_of(groups);
	enum dw_result r = DW_OK;

	while (r == DW_OK && rest.p != NULL && rest.len > 0)
		r = add_group(c, id, str_cut(&rest, ','));
	return (r);
}

enum dw_result
sqlite_add(void *db, const struct account *a)
{
	enum dw_result r = connection_run(db, BEGIN);

	if (r != DW_OK)
		return (r);
	if ((r = add_user(db, a)) == DW_OK)
		r = add_groups(db, a->id, a->groups);
	return (statements_finish(db, r));
}

static enum dw_result
remove_groups(struct sqlite_db *c, const char *id)
{
	enum dw_result r;
	sqlite3_stmt *s = connection_statement(c, REMOVE_GROUPS, &r);

	if (s == NULL)
		return (r);
	connection_bind(s, 1, id);
	return (connection_done(c, s, sqlite3_step(s)));
}

/* An account that is gone: absent, also if there is no group whose row would miss it. */
enum dw_result
sqlite_set_groups(void *db, const char *id, const char *expected, const char *groups)
{
	enum dw_result r = connection_run(db, BEGIN);
	struct account a;

	if (r != DW_OK)
		return (r);
	r = find_by(db, FIND_ID, id, &a);
	explicit_bzero(a.hash, sizeof(a.hash));
	if (r == DW_OK && strcmp(a.groups, expected) != 0)
		r = DW_REFUSED;
	if (r == DW_OK && (r = remove_groups(db, id)) == DW_OK)
		r = add_groups(db, id, groups);
	return (statements_finish(db, r));
}

/* Ends a statement that changes the one account it names. */
static enum dw_result
changed(struct sqlite_db *c, sqlite3_stmt *s)
{
	enum dw_result r = connection_done(c, s, sqlite3_step(s));

	return (r == DW_OK && sqlite3_changes(c->db) == 0 ? DW_ABSENT : r);
}

/* Of no row changed: was it another version, or no account at all? */
static enum dw_result
why_unchanged(struct sqlite_db *c, const char *id)
{
	struct account a;
	enum dw_result r = find_by(c, FIND_ID, id, &a);

	explicit_bzero(a.hash, sizeof(a.hash));
	return (r == DW_OK ? DW_REFUSED : r);
}

enum dw_result
sqlite_set_hash(void *db, const char *id, const struct account *expected, const char *hash)
{
	enum dw_result r;
	sqlite3_stmt *s = connection_statement(db, SET_HASH, &r);

	if (s == NULL)
		return (r);
	connection_bind(s, 1, id);
	connection_bind(s, 2, hash);
	if (expected != NULL)
		sqlite3_bind_int64(s, 3, expected->version);
	sqlite3_bind_int64(s, 4, pwhash_cost(hash));
	r = changed(db, s);
	return (r == DW_ABSENT && expected != NULL ? why_unchanged(db, id) : r);
}

enum dw_result
sqlite_replace_hash(void *db, const char *id, const char *expected, const char *hash)
{
	enum dw_result r;
	sqlite3_stmt *s = connection_statement(db, REPLACE_HASH, &r);

	if (s == NULL)
		return (r);
	connection_bind(s, 1, id);
	connection_bind(s, 2, hash);
	connection_bind(s, 3, expected);
	sqlite3_bind_int64(s, 4, pwhash_cost(hash));
	connection_wait(db, USERDB_PATIENCE);
	r = changed(db, s);
	connection_wait(db, CONNECTION_PATIENCE);
	return (r);
}

enum dw_result
sqlite_dearest(void *db, char hash[PWHASH_MAX])
{
	enum dw_result r;
	sqlite3_stmt *s = connection_statement(db, DEAREST, &r);
	bool ok = true;
	int code;

	if (s == NULL)
		return (r);
	if ((code = sqlite3_step(s)) == SQLITE_ROW)
		ok = connection_text(s, 0, hash, PWHASH_MAX);
	if ((r = connection_done(db, s, code)) != DW_OK)
		return (r);
	if (code == SQLITE_DONE)
		return (DW_ABSENT);
	return (ok ? DW_OK : statements_malformed("users"));
}

enum dw_result
sqlite_set_disabled(void *db, const char *id, bool disabled)
{
	enum dw_result r;
	sqlite3_stmt *s = connection_statement(db, SET_DISABLED, &r);

	if (s == NULL)
		return (r);
	connection_bind(s, 1, id);
	sqlite3_bind_int(s, 2, disabled);
	return (changed(db, s));
}

enum dw_result
sqlite_remove(void *db, const char *id)
{
	enum dw_result r;
	sqlite3_stmt *s = connection_statement(db, REMOVE, &r);

	if (s == NULL)
		return (r);
	connection_bind(s, 1, id);
	return (changed(db, s));
}
