/* SPDX-License-Identifier: ISC */
/*
 * Accounts and devices in an SQLite file. Every statement is written here and only here; values are bound, never part of the
 * text. connection.c looks at the file before each and opens it anew where that helps: the file may be away for a while, be put
 * back or be replaced. The last writes may be in the -wal file beside it: whoever replaces the file has to take that one away
 * too (or use the .restore of SQLite's shell).
 *
 * What changes more than one row (an account with its groups, a device and the trimming of the others) is one transaction,
 * BEGIN IMMEDIATE to finish(). A change that depends on what was read before compares in the same transaction or statement
 * (replace_hash, set_groups): of two at once the second notices. What makes void what was verified before (password, disabled)
 * raises the account's version, which a login looks at after it has written its session. Writes wait for the disk, except for
 * the device of a login; and what a login can do without waits for others for USERDB_PATIENCE only.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/str.h"
#include "crypto/pwhash.h"
#include "doorward/config.h"
#include "userdb/connection.h"

#include "userdb/sqlite.h"

#define SCHEME "sqlite"

#define FILE_MODE 0600 /* SQLite gives its -wal and -shm files the same */

#define CONFLICTS_SAID 20 /* in the log, at each start; user list has them all */

enum statement {
	FIND,
	FIND_ID,
	LIST,
	ADD,
	ADD_GROUP,
	REMOVE_GROUPS,
	SET_HASH,
	REPLACE_HASH,
	SET_DISABLED,
	REMOVE,
	PUT_DEVICE,
	TRIM_DEVICES,
	GET_DEVICE,
	CONFLICTS,
	DEAREST,
	SYNC_FULL,
	SYNC_NORMAL,
	PING,
	BEGIN,
	COMMIT,
	ROLLBACK,
	STATEMENTS
};

_Static_assert(STATEMENTS <= STATEMENTS_MAX, "as many places as there are statements");

/* The groups come sorted: so are the rows of their table. */
#define ACCOUNT                                                                                                                \
	"SELECT id, name, disabled, created, version, conflict, "                                                              \
	"(SELECT ifnull(group_concat(g.name, ','), '') FROM (SELECT name FROM user_groups WHERE user_id = users.id ORDER BY "  \
	"name) AS g)"

static const char *const sql[STATEMENTS] = {
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
	[SYNC_FULL] = "PRAGMA synchronous = FULL",
	[SYNC_NORMAL] = "PRAGMA synchronous = NORMAL",
	[PING] = "SELECT count(*) FROM (SELECT 1 FROM users LIMIT 1)",
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
};

/* A list that is too long is no damage: somebody else may have written it, and it is said who cannot sign in because of it. */
static bool
read_groups(sqlite3_stmt *s, struct account *a)
{

	a->groups[0] = '\0';
	a->groups_len = (size_t)sqlite3_column_bytes(s, 6);
	return (a->groups_len > GROUPS_MAX || connection_text(s, 6, a->groups, sizeof(a->groups)));
}

/* The columns of ACCOUNT. False if a row holds what was never written here: fail rather than cut a group off. */
static bool
read_account(sqlite3_stmt *s, struct account *a)
{

	a->disabled = sqlite3_column_int(s, 2) != 0;
	a->created = sqlite3_column_int64(s, 3);
	a->version = sqlite3_column_int64(s, 4);
	a->conflict = sqlite3_column_int(s, 5) != 0;
	a->hash[0] = '\0';
	return (connection_text(s, 0, a->id, sizeof(a->id)) && connection_text(s, 1, a->name, sizeof(a->name)) &&
		read_groups(s, a));
}

static enum dw_result
malformed(const char *table)
{

	log_error("user database holds a malformed row table=%s", table);
	return (DW_FAULT);
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
		ok = read_account(s, out) && connection_text(s, 7, out->hash, sizeof(out->hash));
	if ((r = connection_done(c, s, code)) != DW_OK)
		return (r);
	if (code == SQLITE_DONE)
		return (DW_ABSENT);
	return (ok ? DW_OK : malformed("users"));
}

static enum dw_result
find(void *db, const char *name, struct account *out)
{

	return (find_by(db, FIND, name, out));
}

static enum dw_result
find_id(void *db, const char *id, struct account *out)
{

	return (find_by(db, FIND_ID, id, out));
}

static enum dw_result
list(void *db, const char *after, size_t limit, struct arena *arena, struct account **out, size_t *n)
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
	while ((code = sqlite3_step(s)) == SQLITE_ROW && (ok = *n < limit && read_account(s, &(*out)[*n])))
		(*n)++;
	if ((r = connection_done(c, s, code)) != DW_OK)
		return (r);
	return (ok ? DW_OK : malformed("users"));
}

/* Ends the transaction after what was done in it: all of it, or nothing. */
static enum dw_result
finish(struct sqlite_db *c, enum dw_result r)
{

	if (r == DW_OK)
		r = connection_run(c, COMMIT);
	if (r != DW_OK && c->db != NULL && !sqlite3_get_autocommit(c->db))
		(void)connection_run(c, ROLLBACK);
	return (r);
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

static enum dw_result
add(void *db, const struct account *a)
{
	enum dw_result r = connection_run(db, BEGIN);

	if (r != DW_OK)
		return (r);
	if ((r = add_user(db, a)) == DW_OK)
		r = add_groups(db, a->id, a->groups);
	return (finish(db, r));
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
static enum dw_result
set_groups(void *db, const char *id, const char *expected, const char *groups)
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
	return (finish(db, r));
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

static enum dw_result
set_hash(void *db, const char *id, const struct account *expected, const char *hash)
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

static enum dw_result
replace_hash(void *db, const char *id, const char *expected, const char *hash)
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

static enum dw_result
dearest(void *db, char hash[PWHASH_MAX])
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
	return (ok ? DW_OK : malformed("users"));
}

static enum dw_result
set_disabled(void *db, const char *id, bool disabled)
{
	enum dw_result r;
	sqlite3_stmt *s = connection_statement(db, SET_DISABLED, &r);

	if (s == NULL)
		return (r);
	connection_bind(s, 1, id);
	sqlite3_bind_int(s, 2, disabled);
	return (changed(db, s));
}

static enum dw_result
remove_user(void *db, const char *id)
{
	enum dw_result r;
	sqlite3_stmt *s = connection_statement(db, REMOVE, &r);

	if (s == NULL)
		return (r);
	connection_bind(s, 1, id);
	return (changed(db, s));
}

static enum dw_result
write_device(struct sqlite_db *c, const char *user_id, const struct device *d)
{
	enum dw_result r;
	sqlite3_stmt *s = connection_statement(c, PUT_DEVICE, &r);

	if (s == NULL)
		return (r);
	connection_bind(s, 1, user_id);
	connection_bind(s, 2, d->device_id);
	connection_bind(s, 3, d->name);
	connection_bind(s, 4, d->user_agent);
	connection_bind(s, 5, d->ip);
	sqlite3_bind_int64(s, 6, d->first_seen);
	sqlite3_bind_int64(s, 7, d->last_seen);
	return (connection_done(c, s, sqlite3_step(s)));
}

static enum dw_result
trim_devices(struct sqlite_db *c, const char *user_id, const char *device_id)
{
	enum dw_result r;
	sqlite3_stmt *s = connection_statement(c, TRIM_DEVICES, &r);

	if (s == NULL)
		return (r);
	connection_bind(s, 1, user_id);
	connection_bind(s, 2, device_id);
	sqlite3_bind_int(s, 3, DEVICES_KEPT);
	return (connection_done(c, s, sqlite3_step(s)));
}

static enum dw_result
put_device_now(struct sqlite_db *c, const char *user_id, const struct device *d)
{
	enum dw_result r = connection_run(c, BEGIN);

	if (r != DW_OK)
		return (r);
	if ((r = write_device(c, user_id, d)) == DW_OK)
		r = trim_devices(c, user_id, d->device_id);
	return (finish(c, r));
}

/* A login is waiting: neither for others for long, nor for the disk. After a power cut the last devices may be unknown,
 * accounts never. */
static enum dw_result
put_device(void *db, const char *user_id, const struct device *d)
{
	enum dw_result r;

	(void)connection_run(db, SYNC_NORMAL);
	connection_wait(db, USERDB_PATIENCE);
	r = put_device_now(db, user_id, d);
	connection_wait(db, CONNECTION_PATIENCE);
	if (connection_run(db, SYNC_FULL) != DW_OK)
		connection_close(db); /* opens with it */
	return (r);
}

static bool
read_device(sqlite3_stmt *s, struct device *d)
{

	d->first_seen = sqlite3_column_int64(s, 4);
	d->last_seen = sqlite3_column_int64(s, 5);
	return (connection_text(s, 0, d->device_id, sizeof(d->device_id)) && connection_text(s, 1, d->name, sizeof(d->name)) &&
		connection_text(s, 2, d->user_agent, sizeof(d->user_agent)) && connection_text(s, 3, d->ip, sizeof(d->ip)));
}

static enum dw_result
get_device(void *db, const char *user_id, const char *device_id, struct device *out)
{
	struct sqlite_db *c = db;
	enum dw_result r;
	sqlite3_stmt *s = connection_statement(c, GET_DEVICE, &r);
	bool ok = true;
	int code;

	if (s == NULL)
		return (r);
	connection_bind(s, 1, user_id);
	connection_bind(s, 2, device_id);
	if ((code = sqlite3_step(s)) == SQLITE_ROW)
		ok = read_device(s, out);
	if ((r = connection_done(c, s, code)) != DW_OK)
		return (r);
	if (code == SQLITE_DONE)
		return (DW_ABSENT);
	return (ok ? DW_OK : malformed("devices"));
}

static enum dw_result
ping(void *db)
{

	return (connection_run(db, PING));
}

static const struct userdb_ops ops = {
	.find = find,
	.find_id = find_id,
	.add = add,
	.dearest = dearest,
	.set_hash = set_hash,
	.replace_hash = replace_hash,
	.set_disabled = set_disabled,
	.set_groups = set_groups,
	.remove = remove_user,
	.list = list,
	.put_device = put_device,
	.get_device = get_device,
	.ping = ping,
};

/* Says who cannot sign in since names are compared by RFC 8265. */
static void
warn_of_conflicts(struct sqlite_db *c)
{
	char name[USERNAME_MAX + 1], id[USER_ID_MAX + 1];
	enum dw_result r;
	sqlite3_stmt *s = connection_statement(c, CONFLICTS, &r);
	int code;

	if (s == NULL)
		return;
	sqlite3_bind_int(s, 1, CONFLICTS_SAID);
	while ((code = sqlite3_step(s)) == SQLITE_ROW && connection_text(s, 0, name, sizeof(name)) &&
	       connection_text(s, 1, id, sizeof(id)))
		log_warn("an account's name is another spelling of another account's, nobody can sign in by it (doorwardctl "
			 "user list) "
			 "name=%s user=%s",
		    log_text(str_of(name)), id);
	(void)connection_done(c, s, code);
}

/* "sqlite:PATH", a relative one below state_dir. */
static bool
is_url(const char *url)
{

	return (strncmp(url, SCHEME ":", sizeof(SCHEME)) == 0 && url[sizeof(SCHEME)] != '\0');
}

static int
path_of(const struct config *conf, char path[PATH_MAX], char *err, size_t errlen)
{
	const char *name = conf->userdb_url + sizeof(SCHEME);
	int n;

	if (*name == '/')
		n = snprintf(path, PATH_MAX, "%s", name);
	else
		n = snprintf(path, PATH_MAX, "%s/%s", conf->state_dir, name);
	if (n >= 0 && n < PATH_MAX)
		return (0);
	snprintf(err, errlen, "the path of the user database is too long");
	return (-1);
}

static const char *
library(void)
{

	static char name[32];

	snprintf(name, sizeof(name), "SQLite %s", sqlite3_libversion()); /* the one that runs, not the one compiled against */
	return (name);
}

static int
make_file(const char *path, uid_t uid, gid_t gid)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	int saved;

	if (fd < 0)
		return (errno == EEXIST ? 0 : -1);
	if (fchmod(fd, FILE_MODE) != 0 || ((uid != (uid_t)-1 || gid != (gid_t)-1) && fchown(fd, uid, gid) != 0)) {
		saved = errno;
		(void)unlink(path);
		close(fd);
		errno = saved;
		return (-1);
	}
	return (close(fd));
}

static int
make(const struct config *conf, uid_t uid, gid_t gid, char *err, size_t errlen)
{
	char path[PATH_MAX];

	if (path_of(conf, path, err, errlen) != 0)
		return (-1);
	if (make_file(path, uid, gid) == 0)
		return (0);
	snprintf(err, errlen, "the user database %.256s cannot be made: %s", path, strerror(errno));
	return (-1);
}

static void *
open_database(const struct config *conf, char *err, size_t errlen)
{
	struct sqlite_db *c;
	char path[PATH_MAX];

	if (path_of(conf, path, err, errlen) != 0)
		return (NULL);
	snprintf(err, errlen, "the user database %s cannot be opened: out of memory", path);
	if ((c = calloc(1, sizeof(*c))) == NULL)
		goto err0;
	if ((c->path = strdup(path)) == NULL)
		goto err1;
	c->sql = sql;
	if (connection_open(c) == DW_OK) {
		err[0] = '\0';
		warn_of_conflicts(c);
	} else {
		snprintf(err, errlen, "the user database %s cannot be used: %s", path, c->problem);
	}
	return (c);

err1:
	free(c);
err0:
	return (NULL);
}

static void
close_database(void *db)
{
	struct sqlite_db *c = db;

	if (c == NULL)
		return;
	connection_close(c);
	free(c->path);
	free(c);
}

const struct userdb_driver sqlite_driver = {
	.scheme = SCHEME,
	.writable = true,
	.records = true,
	.is_url = is_url,
	.library = library,
	.make = make,
	.open = open_database,
	.close = close_database,
	.ops = &ops,
};
