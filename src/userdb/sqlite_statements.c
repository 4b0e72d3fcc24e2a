/* SPDX-License-Identifier: ISC */
/*
 * Every statement is written here and only here; values are bound, never part of the text.
 */
#include "base/log.h"

#include "userdb/sqlite_statements.h"

_Static_assert(STATEMENTS <= STATEMENTS_MAX, "as many places as there are statements");

/* The groups come sorted: so are the rows of their table. */
#define ACCOUNT                                                                                                                \
	"SELECT id, name, disabled, created, version, conflict, "                                                              \
	"(SELECT ifnull(group_concat(g.name, ','), '') FROM (SELECT name FROM user_groups WHERE user_id = users.id ORDER BY "  \
	"name) AS g)"

const char *const statements[STATEMENTS] = {
	[FIND] = ACCOUNT ", hash FROM users WHERE name = ?1",
	[FIND_ID] = ACCOUNT ", hash FROM users WHERE id = ?1",
	[LIST] = ACCOUNT " FROM users WHERE name > ?1 ORDER BY name LIMIT ?2",
	[ADD] = "INSERT INTO users (id, name, hash, disabled, created, cost) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[ADD_GROUP] = "INSERT OR IGNORE INTO user_groups (user_id, name) VALUES (?1, ?2)",
	[REMOVE_GROUPS] = "DELETE FROM user_groups WHERE user_id = ?1",
	[SET_HASH] =
	    "UPDATE users SET hash = ?2, cost = ?4, version = version + 1 WHERE id = ?1 AND version = ifnull(?3, version)",
	[REPLACE_HASH] = "UPDATE users SET hash = ?2, cost = ?4 WHERE id = ?1 AND hash = ?3",
	[SET_DISABLED] = "UPDATE users SET disabled = ?2, version = version + 1 WHERE id = ?1",
	[REMOVE] = "DELETE FROM users WHERE id = ?1",
	[PUT_DEVICE] = "INSERT INTO devices (user_id, device_id, name, user_agent, ip, first_seen, last_seen) "
		       "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (user_id, device_id) DO UPDATE SET "
		       "name = CASE excluded.name WHEN '' THEN name ELSE excluded.name END, "
		       "user_agent = CASE excluded.user_agent WHEN '' THEN user_agent ELSE excluded.user_agent END, "
		       "ip = excluded.ip, last_seen = max(last_seen, excluded.last_seen)",
	/* The one just put stays, whatever its clock said. */
	[TRIM_DEVICES] =
	    "DELETE FROM devices WHERE user_id = ?1 AND device_id NOT IN (SELECT device_id FROM devices WHERE user_id = ?1 "
	    "ORDER BY device_id = ?2 DESC, last_seen DESC LIMIT ?3)",
	[GET_DEVICE] =
	    "SELECT device_id, name, user_agent, ip, first_seen, last_seen FROM devices WHERE user_id = ?1 AND device_id = ?2",
	[CONFLICTS] = "SELECT name, id FROM users WHERE conflict ORDER BY name LIMIT ?1",
	[DEAREST] = "SELECT hash FROM users ORDER BY cost DESC LIMIT 1",
	[PUT_LOGOUT] = "INSERT INTO logouts (event_id, type, user_id, username, device_id, session_id, scope, reason, at) "
		       "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING",
	[LIST_LOGOUTS] = "SELECT seq, event_id, type, user_id, username, device_id, session_id, scope, reason, at FROM logouts "
			 "WHERE seq < ?1 AND (?2 IS NULL OR user_id = ?2) AND at >= ?3 ORDER BY seq DESC LIMIT ?4",
	[SYNC_FULL] = "PRAGMA synchronous = FULL",
	[SYNC_NORMAL] = "PRAGMA synchronous = NORMAL",
	[PING] = "SELECT count(*) FROM (SELECT 1 FROM users LIMIT 1)",
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
};

enum dw_result
statements_finish(struct sqlite_db *c, enum dw_result r)
{

	if (r == DW_OK)
		r = connection_run(c, COMMIT);
	if (r != DW_OK && c->db != NULL && !sqlite3_get_autocommit(c->db))
		(void)connection_run(c, ROLLBACK);
	return (r);
}

enum dw_result
statements_malformed(const char *table)
{

	log_error("user database holds a malformed row table=%s", table);
	return (DW_FAULT);
}
