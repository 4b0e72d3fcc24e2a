/* SPDX-License-Identifier: ISC */
/*
 * Accounts in our own tables. Each operation is one statement, and so one transaction; a change that depends on what was read
 * before compares in it. An account's groups are an array, for whoever looks with SQL, and a comma list here.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/groups.h"
#include "base/log.h"
#include "crypto/pwhash.h"
#include "userdb/pgsql_connection.h"

#include "userdb/pgsql_accounts.h"

#define NUMBER_LEN 24  /* a number as text */
#define LIST_MOST 1000 /* accounts of one list call */

/* The columns of read_account(). */
#define ACCOUNT "SELECT id, name, array_to_string(groups, ','), disabled::int, created, version"

/* A list that is too long is no damage: what counts of it may fit, else it is said who cannot sign in because of it. */
static bool
read_groups(const struct config *conf, const PGresult *r, int row, struct account *a)
{
	struct str all = { PQgetvalue(r, row, 2), (size_t)PQgetlength(r, row, 2) };

	if ((a->groups_partial = all.len > GROUPS_MAX)) {
		a->groups_len = groups_keep(all, conf->userdb_groups, a->groups);
		return (true);
	}
	a->groups_len = all.len;
	return (pg_text(r, row, 2, a->groups, sizeof(a->groups)));
}

/* False if a row holds what was never written here. */
static bool
read_account(const struct pg_db *db, const PGresult *r, int row, struct account *a)
{

	a->disabled = pg_number(r, row, 3) != 0;
	a->created = pg_number(r, row, 4);
	a->version = pg_number(r, row, 5);
	a->conflict = false;
	a->hash[0] = '\0';
	return (pg_text(r, row, 0, a->id, sizeof(a->id)) && pg_text(r, row, 1, a->name, sizeof(a->name)) &&
		read_groups(db->conf, r, row, a));
}

static enum dw_result
malformed(void)
{

	log_error("user database holds a malformed row table=users");
	return (DW_FAULT);
}

/* libpq keeps an answer where nobody can wipe it, until it is cleared. */
static enum dw_result
find_by(struct pg_db *db, const char *sql, const char *key, struct account *out)
{
	enum dw_result rc;
	PGresult *r;

	if ((rc = pg_ask(db, PG_WAIT, sql, &key, 1, &r)) != DW_OK)
		return (rc);
	if (PQntuples(r) == 0)
		rc = DW_ABSENT;
	else if (!read_account(db, r, 0, out) || !pg_text(r, 0, 6, out->hash, sizeof(out->hash)))
		rc = malformed();
	PQclear(r);
	return (rc);
}

enum dw_result
pg_account_find(void *db, const char *name, struct account *out)
{

	return (find_by(db, ACCOUNT ", hash FROM doorward.users WHERE name = $1", name, out));
}

enum dw_result
pg_account_find_id(void *db, const char *id, struct account *out)
{

	return (find_by(db, ACCOUNT ", hash FROM doorward.users WHERE id = $1", id, out));
}

enum dw_result
pg_account_list(void *db, const char *after, size_t limit, struct arena *arena, struct account **out, size_t *n)
{
	char most[NUMBER_LEN];
	const char *values[] = { after, most };
	enum dw_result rc;
	bool ok = true;
	PGresult *r;

	*n = 0;
	limit = limit < LIST_MOST ? limit : LIST_MOST;
	if ((*out = arena_alloc(arena, limit * sizeof(**out))) == NULL)
		return (DW_FAULT);
	snprintf(most, sizeof(most), "%zu", limit);
	rc = pg_ask(db, PG_WAIT, ACCOUNT " FROM doorward.users WHERE name > $1 ORDER BY name LIMIT $2", values, 2, &r);
	if (rc != DW_OK)
		return (rc);
	for (int i = 0; i < PQntuples(r) && (ok = *n < limit && read_account(db, r, i, &(*out)[*n])); i++)
		(*n)++;
	PQclear(r);
	return (ok ? DW_OK : malformed());
}

static const char *
cost_of(const char *hash, char text[NUMBER_LEN])
{

	snprintf(text, NUMBER_LEN, "%lld", (long long)pwhash_cost(hash));
	return (text);
}

enum dw_result
pg_account_add(void *db, const struct account *a)
{
	char created[NUMBER_LEN], cost[NUMBER_LEN];
	const char *values[] = { a->id, a->name, a->hash, a->disabled ? "t" : "f", created, cost_of(a->hash, cost), a->groups };

	snprintf(created, sizeof(created), "%lld", (long long)a->created);
	return (pg_change(db, PG_WAIT,
	    "INSERT INTO doorward.users (id, name, hash, disabled, created, cost, groups) "
	    "VALUES ($1, $2, $3, $4, $5, $6, string_to_array($7, ','))",
	    values, 7));
}

/* Of no row changed: was it another state than was expected, or no account at all? */
static enum dw_result
why_unchanged(struct pg_db *db, const char *id)
{
	struct account a;
	enum dw_result rc = pg_account_find_id(db, id, &a);

	explicit_bzero(a.hash, sizeof(a.hash));
	return (rc == DW_OK ? DW_REFUSED : rc);
}

/* A list that is too long was not read, and is as it was expected. */
enum dw_result
pg_account_set_groups(void *db, const char *id, const char *expected, const char *groups)
{
	char most[NUMBER_LEN];
	const char *values[] = { id, expected, groups, most };
	enum dw_result rc;

	snprintf(most, sizeof(most), "%d", GROUPS_MAX);
	rc = pg_change(db, PG_WAIT,
	    "UPDATE doorward.users SET groups = string_to_array($3, ',') WHERE id = $1 AND "
	    "(array_to_string(groups, ',') = $2 OR octet_length(array_to_string(groups, ',')) > $4::int)",
	    values, 4);

	return (rc == DW_ABSENT ? why_unchanged(db, id) : rc);
}

enum dw_result
pg_account_set_hash(void *db, const char *id, const struct account *expected, const char *hash)
{
	char version[NUMBER_LEN], cost[NUMBER_LEN];
	const char *values[] = { id, hash, expected != NULL ? version : NULL, cost_of(hash, cost) };
	enum dw_result rc;

	if (expected != NULL)
		snprintf(version, sizeof(version), "%lld", (long long)expected->version);
	rc = pg_change(db, PG_WAIT,
	    "UPDATE doorward.users SET hash = $2, cost = $4, version = version + 1 "
	    "WHERE id = $1 AND version = coalesce($3::bigint, version)",
	    values, 4);
	return (rc == DW_ABSENT && expected != NULL ? why_unchanged(db, id) : rc);
}

enum dw_result
pg_account_replace_hash(void *db, const char *id, const char *expected, const char *hash)
{
	char cost[NUMBER_LEN];
	const char *values[] = { id, hash, expected, cost_of(hash, cost) };

	return (
	    pg_change(db, PG_HURRY, "UPDATE doorward.users SET hash = $2, cost = $4 WHERE id = $1 AND hash = $3", values, 4));
}

enum dw_result
pg_account_dearest(void *db, char hash[PWHASH_MAX])
{
	enum dw_result rc;
	PGresult *r;

	rc = pg_ask(
	    db, PG_WAIT, "SELECT hash FROM doorward.users ORDER BY cost DESC LIMIT 1", (const char *const[]){ NULL }, 0, &r);
	if (rc != DW_OK)
		return (rc);
	if (PQntuples(r) == 0)
		rc = DW_ABSENT;
	else if (!pg_text(r, 0, 0, hash, PWHASH_MAX))
		rc = malformed();
	PQclear(r);
	return (rc);
}

enum dw_result
pg_account_set_disabled(void *db, const char *id, bool disabled)
{
	const char *values[] = { id, disabled ? "t" : "f" };

	return (
	    pg_change(db, PG_WAIT, "UPDATE doorward.users SET disabled = $2, version = version + 1 WHERE id = $1", values, 2));
}

enum dw_result
pg_account_remove(void *db, const char *id)
{

	return (pg_change(db, PG_WAIT,
	    "WITH d AS (DELETE FROM doorward.devices WHERE user_id = $1) DELETE FROM doorward.users WHERE id = $1", &id, 1));
}
