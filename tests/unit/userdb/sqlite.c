/* SPDX-License-Identifier: ISC */
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/arena.h"
#include "doorward/config.h"
#include "userdb/sqlite.h"
#include "userdb/sqlite_accounts.h"

static char dir[] = "userdbXXXXXX";
static char path[64], away[64];
static void *db;
static const struct userdb_ops *ops;

/* Opens ${file}, or with ${make} a new one if there is none. */
static void *
open_at(const char *file, bool make, char *err, size_t errlen)
{
	char url[96];
	struct config conf = { .userdb_url = url, .state_dir = dir };

	snprintf(url, sizeof(url), "sqlite:%s", strncmp(file, dir, strlen(dir)) == 0 ? file + strlen(dir) + 1 : file);
	if (make && sqlite_driver.make(&conf, USERDB_ACCOUNTS, (uid_t)-1, (gid_t)-1, err, errlen) != 0)
		return (NULL);
	return (sqlite_driver.open(&conf, USERDB_ACCOUNTS, err, errlen));
}

static void
close_it(void **which)
{

	sqlite_driver.close(*which);
	*which = NULL;
}

static int
open_fresh(void **state)
{
	char err[256];

	(void)state;
	umask(0); /* the modes must come from us */
	db = open_at(path, true, err, sizeof(err));
	return (db != NULL && err[0] == '\0' ? 0 : -1);
}

/* What stands beside the file belongs to it: who replaces a database takes these away too. */
static void
remove_beside(void)
{
	static const char *const tails[] = { "-wal", "-shm" };
	char name[80];

	for (size_t i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "%s%s", path, tails[i]);
		(void)unlink(name);
	}
}

static int
remove_all(void **state)
{

	(void)state;
	close_it(&db);
	(void)unlink(path);
	(void)unlink(away);
	remove_beside();
	return (0);
}

static struct account
account(const char *id, const char *name, const char *groups)
{
	struct account a = { .created = 1700000000 };

	snprintf(a.id, sizeof(a.id), "%s", id);
	snprintf(a.name, sizeof(a.name), "%s", name);
	snprintf(a.groups, sizeof(a.groups), "%s", groups);
	snprintf(a.hash, sizeof(a.hash), "hash of %s", name);
	return (a);
}

static void
add(const char *id, const char *name, const char *groups)
{
	struct account a = account(id, name, groups);

	assert_int_equal(ops->add(db, &a), DW_OK);
}

static void
accounts(void **state)
{
	struct account a;

	(void)state;
	assert_int_equal(ops->ping(db), DW_OK);
	assert_int_equal(ops->find(db, "alice", &a), DW_ABSENT);
	add("1", "alice", "users,B,a");
	add("2", "bob", "");
	assert_int_equal(ops->find(db, "alice", &a), DW_OK);
	assert_string_equal(a.id, "1");
	assert_string_equal(a.groups, "B,a,users");
	assert_string_equal(a.hash, "hash of alice");
	assert_int_equal(a.created, 1700000000);
	assert_false(a.disabled);
	assert_int_equal(ops->find_id(db, "2", &a), DW_OK);
	assert_string_equal(a.name, "bob");
	assert_string_equal(a.groups, "");
	assert_int_equal(ops->find(db, "ALICE", &a), DW_ABSENT);
	assert_int_equal(ops->find(db, "' OR 1=1 --", &a), DW_ABSENT);
}

static void
taken_names(void **state)
{
	struct account same_name = account("2", "alice", "x"), same_id = account("1", "bob", "x"), a;

	(void)state;
	add("1", "alice", "users");
	assert_int_equal(ops->add(db, &same_name), DW_REFUSED);
	assert_int_equal(ops->add(db, &same_id), DW_REFUSED);
	assert_int_equal(ops->find_id(db, "2", &a), DW_ABSENT);
	assert_int_equal(ops->find(db, "alice", &a), DW_OK);
	assert_string_equal(a.groups, "users"); /* nothing of the refused ones is left */
}

static void
changes(void **state)
{
	struct account a;

	(void)state;
	add("1", "alice", "users");
	assert_int_equal(ops->set_hash(db, "1", NULL, "new"), DW_OK);
	assert_int_equal(ops->set_disabled(db, "1", true), DW_OK);
	assert_int_equal(ops->find(db, "alice", &a), DW_OK);
	assert_string_equal(a.hash, "new");
	assert_true(a.disabled);
	assert_int_equal(ops->set_disabled(db, "1", false), DW_OK);
	assert_int_equal(ops->find(db, "alice", &a), DW_OK);
	assert_false(a.disabled);
	assert_int_equal(ops->set_hash(db, "9", NULL, "new"), DW_ABSENT);
	assert_int_equal(ops->set_hash(db, "9", &(struct account){ .version = 1 }, "new"), DW_ABSENT);
	assert_int_equal(ops->set_disabled(db, "9", true), DW_ABSENT);
	assert_int_equal(ops->remove(db, "9"), DW_ABSENT);
	assert_int_equal(ops->remove(db, "1"), DW_OK);
	assert_int_equal(ops->find(db, "alice", &a), DW_ABSENT);
}

static int64_t
version(const char *id)
{
	struct account a;

	assert_int_equal(ops->find_id(db, id, &a), DW_OK);
	return (a.version);
}

/* What makes void what was verified before raises the version; what does not, does not. */
static void
versions(void **state)
{
	struct account a;
	int64_t first;

	(void)state;
	add("1", "alice", "users");
	add("2", "bob", "");
	first = version("1");
	assert_int_equal(ops->set_hash(db, "1", NULL, "new"), DW_OK);
	assert_int_equal(version("1"), first + 1);
	assert_int_equal(ops->set_disabled(db, "1", true), DW_OK);
	assert_int_equal(ops->set_disabled(db, "1", false), DW_OK);
	assert_int_equal(version("1"), first + 3);
	/* Only of the version that was read: whoever raised it since must not be undone. */
	a.version = first + 2;
	assert_int_equal(ops->set_hash(db, "1", &a, "by who came too late"), DW_REFUSED);
	assert_int_equal(version("1"), first + 3);
	assert_int_equal(ops->replace_hash(db, "1", "new", "newer"), DW_OK);
	assert_int_equal(ops->replace_hash(db, "1", "new", "of an old password"), DW_ABSENT);
	assert_int_equal(ops->replace_hash(db, "9", "new", "newer"), DW_ABSENT);
	assert_int_equal(ops->set_groups(db, "1", "users", "admins"), DW_OK);
	assert_int_equal(version("1"), first + 3);
	assert_int_equal(ops->find(db, "alice", &a), DW_OK);
	assert_string_equal(a.hash, "newer");
	assert_int_equal(ops->set_hash(db, "1", &a, "newest"), DW_OK);
	assert_int_equal(ops->set_hash(db, "1", &a, "by who comes second"), DW_REFUSED);
	assert_int_equal(ops->find(db, "alice", &a), DW_OK);
	assert_string_equal(a.hash, "newest");
	assert_int_equal(a.version, first + 4);
	assert_int_equal(version("2"), first);
}

/* The dearest hash of all, whichever way it came and went. */
static void
dearest(void **state)
{
	static const char dear[] = "$pbkdf2-sha256$4000000$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
			  dearer[] = "$argon2id$v=19$m=262144,t=9,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg";
	struct account imported = account("2", "bob", "");
	char hash[PWHASH_MAX];

	(void)state;
	assert_int_equal(ops->dearest(db, hash), DW_ABSENT);
	add("1", "alice", "");
	assert_int_equal(ops->dearest(db, hash), DW_OK);
	assert_string_equal(hash, "hash of alice");
	strcpy(imported.hash, dear);
	assert_int_equal(ops->add(db, &imported), DW_OK);
	assert_int_equal(ops->dearest(db, hash), DW_OK);
	assert_string_equal(hash, dear);
	assert_int_equal(ops->set_hash(db, "1", NULL, dearer), DW_OK);
	assert_int_equal(ops->dearest(db, hash), DW_OK);
	assert_string_equal(hash, dearer);
	assert_int_equal(ops->replace_hash(db, "1", dearer, "new"), DW_OK);
	assert_int_equal(ops->dearest(db, hash), DW_OK);
	assert_string_equal(hash, dear);
	assert_int_equal(ops->remove(db, "2"), DW_OK);
	assert_int_equal(ops->dearest(db, hash), DW_OK);
	assert_string_equal(hash, "new");
}

static void
groups(void **state)
{
	struct account a;

	(void)state;
	add("1", "alice", "users");
	add("2", "bob", "users");
	assert_int_equal(ops->set_groups(db, "1", "users", "admins,staff"), DW_OK);
	assert_int_equal(ops->set_groups(db, "1", "users", "lost"), DW_REFUSED); /* of two at once, the second looks again */
	assert_int_equal(ops->set_groups(db, "9", "", "admins"), DW_ABSENT);
	assert_int_equal(ops->set_groups(db, "9", "", ""), DW_ABSENT);
	assert_int_equal(ops->find(db, "alice", &a), DW_OK);
	assert_string_equal(a.groups, "admins,staff");
	assert_int_equal(ops->set_groups(db, "1", "admins,staff", ""), DW_OK);
	assert_int_equal(ops->find(db, "alice", &a), DW_OK);
	assert_string_equal(a.groups, "");
	assert_int_equal(ops->find(db, "bob", &a), DW_OK);
	assert_string_equal(a.groups, "users");
}

static void
lists(void **state)
{
	static char block[65536];
	struct arena arena;
	struct account *a;
	size_t n;

	(void)state;
	arena_init(&arena, block, sizeof(block));
	add("1", "carol", "users");
	add("2", "alice", "users,admins");
	add("3", "bob", "");
	assert_int_equal(ops->list(db, "", 2, &arena, &a, &n), DW_OK);
	assert_int_equal(n, 2);
	assert_string_equal(a[0].name, "alice");
	assert_string_equal(a[0].groups, "admins,users");
	assert_string_equal(a[0].hash, "");
	assert_string_equal(a[1].name, "bob");
	assert_int_equal(ops->list(db, "bob", 2, &arena, &a, &n), DW_OK);
	assert_int_equal(n, 1);
	assert_string_equal(a[0].name, "carol");
	assert_int_equal(ops->list(db, "carol", 2, &arena, &a, &n), DW_OK);
	assert_int_equal(n, 0);
	assert_int_equal(ops->list(db, "", LIST_MAX, &arena, &a, &n), DW_FAULT); /* does not fit this arena */
}

static struct device
device(const char *id, const char *name, const char *agent, int64_t at)
{
	struct device d = { .ip = "192.0.2.1", .first_seen = at, .last_seen = at };

	snprintf(d.device_id, sizeof(d.device_id), "%s", id);
	snprintf(d.name, sizeof(d.name), "%s", name);
	snprintf(d.user_agent, sizeof(d.user_agent), "%s", agent);
	return (d);
}

static void
devices(void **state)
{
	struct device first = device("phone", "My phone", "Agent/1", 100), second = device("phone", "", "", 200), d;

	(void)state;
	assert_int_equal(ops->put_device(db, "1", &first), DW_ABSENT);
	add("1", "alice", "");
	assert_int_equal(ops->get_device(db, "1", "phone", &d), DW_ABSENT);
	assert_int_equal(ops->put_device(db, "1", &first), DW_OK);
	strcpy(second.ip, "192.0.2.2");
	assert_int_equal(ops->put_device(db, "1", &second), DW_OK);
	assert_int_equal(ops->get_device(db, "1", "phone", &d), DW_OK);
	assert_string_equal(d.name, "My phone");
	assert_string_equal(d.user_agent, "Agent/1");
	assert_string_equal(d.ip, "192.0.2.2");
	assert_int_equal(d.first_seen, 100);
	assert_int_equal(d.last_seen, 200);
	assert_int_equal(ops->get_device(db, "2", "phone", &d), DW_ABSENT);
	assert_int_equal(ops->remove(db, "1"), DW_OK);
	assert_int_equal(ops->get_device(db, "1", "phone", &d), DW_ABSENT);
}

static void
newest_devices_stay(void **state)
{
	struct device d;
	char id[16];

	(void)state;
	add("1", "alice", "");
	add("2", "bob", "");
	d = device("other", "", "", 1);
	assert_int_equal(ops->put_device(db, "2", &d), DW_OK);
	for (int i = 0; i < DEVICES_KEPT + 2; i++) {
		snprintf(id, sizeof(id), "d%d", i);
		d = device(id, "", "", 1000 + i);
		assert_int_equal(ops->put_device(db, "1", &d), DW_OK);
	}
	d = device("old-clock", "", "", 5);
	assert_int_equal(ops->put_device(db, "1", &d), DW_OK);
	assert_int_equal(ops->get_device(db, "1", "old-clock", &d), DW_OK);
	assert_int_equal(ops->get_device(db, "1", "d2", &d), DW_ABSENT);
	assert_int_equal(ops->get_device(db, "1", "d3", &d), DW_OK);
	assert_int_equal(ops->get_device(db, "2", "other", &d), DW_OK);
}

static void
modes(void **state)
{
	static const char *const tails[] = { "", "-wal", "-shm" };
	struct stat st;
	char name[80];

	(void)state;
	add("1", "alice", "");
	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%s%s", path, tails[i]);
		assert_int_equal(stat(name, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
	}
}

static void
away_and_back(void **state)
{
	struct account a;
	char err[256];
	void *other;

	(void)state;
	add("1", "alice", "");
	assert_int_equal(rename(path, away), 0);
	assert_int_equal(ops->find(db, "alice", &a), DW_UNAVAILABLE);
	assert_int_equal(ops->ping(db), DW_UNAVAILABLE);
	assert_int_equal(ops->set_disabled(db, "1", true), DW_UNAVAILABLE);
	assert_int_not_equal(access(path, F_OK), 0); /* no empty one was put there */

	other = open_at(path, false, err, sizeof(err)); /* a worker that starts now */
	assert_non_null(other);
	assert_non_null(strstr(err, "No such file"));
	assert_int_equal(ops->ping(other), DW_UNAVAILABLE);

	assert_int_equal(rename(away, path), 0);
	assert_int_equal(ops->find(db, "alice", &a), DW_OK);
	assert_int_equal(ops->find(other, "alice", &a), DW_OK);
	assert_false(a.disabled);
	close_it(&other);
	close_it(&other);
}

/* A backup is put in its place while we run: what it says counts, not the file we still hold. */
static void
replaced(void **state)
{
	void *other;
	struct account a, bob = account("2", "bob", "");
	char err[256];

	(void)state;
	add("1", "alice", "");
	other = open_at(away, true, err, sizeof(err));
	assert_non_null(other);
	assert_int_equal(ops->add(other, &bob), DW_OK);
	close_it(&other);
	assert_int_equal(ops->ping(db), DW_OK);
	remove_beside();
	assert_int_equal(rename(away, path), 0);
	assert_int_equal(ops->find(db, "alice", &a), DW_ABSENT);
	assert_int_equal(ops->find(db, "bob", &a), DW_OK);
}

static void
locked(void **state)
{
	struct account a, bob = account("2", "bob", "");
	struct device phone = device("phone", "", "", 1);
	sqlite3 *other;

	(void)state;
	add("1", "alice", "");
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(ops->find(db, "alice", &a), DW_OK); /* a writer is in nobody's way who reads */
	assert_int_equal(ops->put_device(db, "1", &phone), DW_UNAVAILABLE);
	assert_int_equal(ops->replace_hash(db, "1", "hash of alice", "new"), DW_UNAVAILABLE);
	assert_int_equal(ops->add(db, &bob), DW_UNAVAILABLE);
	assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
	assert_int_equal(ops->add(db, &bob), DW_OK);
	assert_int_equal(ops->put_device(db, "1", &phone), DW_OK);
	assert_int_equal(ops->find(db, "alice", &a), DW_OK);
	assert_string_equal(a.hash, "hash of alice");
}

static void
write_junk(const char *name)
{
	char junk[8192];
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	memset(junk, 'x', sizeof(junk));
	assert_true(fd >= 0);
	assert_int_equal(write(fd, junk, sizeof(junk)), sizeof(junk));
	close(fd);
}

static void
damaged(void **state)
{
	void *late;
	struct account a;
	char err[256];

	(void)state;
	add("1", "alice", "");
	close_it(&db); /* and with it the -wal file goes */
	assert_int_equal(open_fresh(NULL), 0);
	assert_int_equal(rename(path, away), 0);
	remove_beside();
	write_junk(path);
	assert_int_equal(ops->find(db, "alice", &a), DW_FAULT);
	late = open_at(path, false, err, sizeof(err)); /* a process that starts now waits for a good file as the others do */
	assert_non_null(late);
	assert_non_null(strstr(err, "not a database"));
	assert_int_equal(ops->find(late, "alice", &a), DW_FAULT);
	assert_int_equal(rename(away, path), 0);
	assert_int_equal(ops->find(db, "alice", &a), DW_OK);
	assert_int_equal(ops->find(late, "alice", &a), DW_OK);
	close_it(&late);
}

/* A list that does not fit is told as that, and comes without those that do not count. */
static void
too_many_groups(void **state)
{
	struct account a;
	sqlite3 *other;

	(void)state;
	add("1", "alice", "users");
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(other, "INSERT INTO user_groups VALUES ('1', printf('%.4090c', 'g'))", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(ops->find(db, "alice", &a), DW_OK);
	assert_int_equal(a.groups_len, 4096);
	assert_int_equal(strlen(a.groups), 4096);
	assert_int_equal(sqlite3_exec(other, "INSERT INTO user_groups VALUES ('1', 'h')", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(ops->find(db, "alice", &a), DW_OK);
	assert_int_equal(a.groups_len, 4098);
	assert_string_equal(a.groups, "");
	sqlite3_close(other);
}

/* Rows that somebody else wrote are not cut to fit: half a group list would be another set of rights. */
static void
foreign_rows(void **state)
{
	static const char *const rows[] = {
		"UPDATE users SET id = '01234567890123456789012'",
		"UPDATE users SET hash = printf('%.600c', 'x')",
		"UPDATE users SET hash = 'a' || char(0) || 'b'",
		"INSERT INTO user_groups VALUES ('1', 'g' || char(0) || 'h')",
	};
	struct account a;
	sqlite3 *other;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		add("1", "alice", "users");
		assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
		assert_int_equal(sqlite3_exec(other, rows[i], NULL, NULL, NULL), SQLITE_OK);
		assert_int_equal(ops->find(db, "alice", &a), DW_FAULT);
		assert_int_equal(
		    sqlite3_exec(other, "DELETE FROM user_groups; DELETE FROM users", NULL, NULL, NULL), SQLITE_OK);
		sqlite3_close(other);
	}
}

static void
cannot_be_made(void **state)
{
	char err[256] = "";
	void *c;

	(void)state;
	assert_null(open_at("no/such/directory/users.db", true, err, sizeof(err)));
	assert_non_null(strstr(err, "cannot be made: No such file"));
	c = open_at("no/such/directory/users.db", false, err, sizeof(err));
	assert_non_null(c);
	assert_non_null(strstr(err, "No such file"));
	assert_int_equal(ops->ping(c), DW_UNAVAILABLE);
	close_it(&c);
}

static void
urls(void **state)
{
	char whole[PATH_MAX], url[PATH_MAX + 16], err[256] = "";
	struct config conf = { .userdb_url = url, .state_dir = dir };
	void *c;

	(void)state;
	/* a whole path is not below the state directory */
	assert_non_null(realpath(path, whole));
	add("1", "alice", "");
	snprintf(url, sizeof(url), "sqlite:%s", whole);
	conf.state_dir = (char *)"/nowhere";
	c = sqlite_driver.open(&conf, USERDB_ACCOUNTS, err, sizeof(err));
	assert_non_null(c);
	assert_string_equal(err, "");
	assert_int_equal(ops->ping(c), DW_OK);
	close_it(&c);
	/* one that a path cannot have is refused, not cut */
	memset(url, 'x', sizeof(url));
	memcpy(url, "sqlite:", 7);
	url[7 + PATH_MAX - 2] = '\0';
	assert_null(sqlite_driver.open(&conf, USERDB_ACCOUNTS, err, sizeof(err)));
	assert_non_null(strstr(err, "too long"));
	assert_int_equal(sqlite_driver.make(&conf, USERDB_ACCOUNTS, (uid_t)-1, (gid_t)-1, err, sizeof(err)), -1);
}

/* Several workers open a new file at once, and log people in. */
static void
together(void **state)
{
	int status;

	(void)state;
	remove_all(NULL);
	for (int i = 0; i < 6; i++)
		if (fork() == 0) {
			char err[256], id[8];
			void *mine = open_at(path, true, err, sizeof(err));
			struct account a;

			snprintf(id, sizeof(id), "%d", i);
			a = account(id, id, "users");
			if (mine == NULL || err[0] != '\0' || ops->add(mine, &a) != DW_OK)
				_exit(1);
			close_it(&mine);
			_exit(0);
		}
	for (int i = 0; i < 6; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(open_fresh(NULL), 0);
	for (int i = 0; i < 6; i++) {
		struct account a;
		char id[8];

		snprintf(id, sizeof(id), "%d", i);
		assert_int_equal(ops->find_id(db, id, &a), DW_OK);
	}
}

static struct ledger_row
ending(const char *user, const char *device, const char *session, int64_t at)
{
	struct ledger_row r = { .at = at };

	snprintf(r.event_id, sizeof(r.event_id), "event-%s", session);
	strcpy(r.type, "logout");
	strcpy(r.user_id, user);
	strcpy(r.username, "alice");
	strcpy(r.device_id, device);
	strcpy(r.session_id, session);
	strcpy(r.scope, "all");
	strcpy(r.reason, "user");
	return (r);
}

/* One row a session, however often it comes; without an account; newest first. */
static void
ledger(void **state)
{
	static uint8_t mem[1 << 18];
	struct ledger_row rows[3] = { ending("1", "d", "s1", 100), ending("1", "d", "s2", 200), ending("2", "", "s3", 300) };
	struct ledger_row again = ending("1", "d", "s1", 999), *out;
	struct arena arena;
	size_t n;

	(void)state;
	arena_init(&arena, mem, sizeof(mem));
	assert_int_equal(ops->put_logouts(db, rows, 3), DW_OK);
	assert_int_equal(ops->put_logouts(db, rows, 3), DW_OK);
	assert_int_equal(ops->put_logouts(db, &again, 1), DW_OK);
	assert_int_equal(ops->list_logouts(db, &(struct ledger_query){ .limit = 10 }, &arena, &out, &n), DW_OK);
	assert_int_equal(n, 3);
	assert_string_equal(out[0].session_id, "s3");
	assert_string_equal(out[2].event_id, "event-s1");
	assert_int_equal(out[2].at, 100);
	assert_string_equal(out[2].scope, "all");
	assert_true(out[0].seq > out[1].seq && out[1].seq > out[2].seq);

	struct ledger_query rest = { .before = out[1].seq, .limit = 10 }, one = { .user_id = "1", .since = 150, .limit = 10 };

	assert_int_equal(ops->list_logouts(db, &rest, &arena, &out, &n), DW_OK);
	assert_int_equal(n, 1);
	assert_int_equal(ops->list_logouts(db, &one, &arena, &out, &n), DW_OK);
	assert_int_equal(n, 1);
	assert_string_equal(out[0].session_id, "s2");
	assert_int_equal(ops->list_logouts(db, &(struct ledger_query){ .limit = 2 }, &arena, &out, &n), DW_OK);
	assert_int_equal(n, 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_fresh, remove_all)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(accounts),
		TEST(taken_names),
		TEST(changes),
		TEST(versions),
		TEST(dearest),
		TEST(groups),
		TEST(lists),
		TEST(devices),
		TEST(newest_devices_stay),
		TEST(ledger),
		TEST(modes),
		TEST(away_and_back),
		TEST(replaced),
		TEST(locked),
		TEST(damaged),
		TEST(too_many_groups),
		TEST(foreign_rows),
		TEST(cannot_be_made),
		TEST(urls),
		TEST(together),
	};
	int failed;

	ops = sqlite_driver.ops;
	if (mkdtemp(dir) == NULL)
		return (1);
	snprintf(path, sizeof(path), "%s/users.db", dir);
	snprintf(away, sizeof(away), "%s/away.db", dir);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)rmdir(dir);
	return (failed);
}
