/* SPDX-License-Identifier: ISC */
#include <sys/wait.h>

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

#include "userdb/schema.h"

static int
upgrade_after(const char *sql, char *err, size_t errlen)
{
	sqlite3 *db;
	int code;

	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	code = schema_upgrade(db, err, errlen);
	if (code == SQLITE_OK) {
		assert_int_equal(
		    sqlite3_exec(db, "INSERT INTO users (id, name, hash, disabled, created) VALUES ('i', 'n', 'h', 0, 1)", NULL,
			NULL, NULL),
		    SQLITE_OK);
		assert_int_equal(schema_upgrade(db, err, errlen), SQLITE_OK); /* nothing more to do, nothing lost */
		assert_int_equal(sqlite3_exec(db, "DELETE FROM users", NULL, NULL, NULL), SQLITE_OK);
		assert_int_equal(sqlite3_changes(db), 1);
	}
	sqlite3_close(db);
	return (code);
}

static void
whose_file(void **state)
{
	static const struct {
		const char *sql, *word; /* of the refusal; NULL = upgraded */
	} t[] = {
		{ "", NULL },
		{ "CREATE TABLE songs (title TEXT)", "another program" },
		{ "PRAGMA user_version = 1", "another program" },
		{ "PRAGMA application_id = 42", "another program" },
		{ "PRAGMA application_id = 0x44777264", "another program" }, /* ours, but no version of ours */
		{ "PRAGMA application_id = 0x44777264; PRAGMA user_version = -1", "another program" },
		{ "PRAGMA application_id = 0x44777264; PRAGMA user_version = 1000", "newer" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char err[160];
		int code = upgrade_after(t[i].sql, err, sizeof(err));

		assert_int_equal(code, t[i].word == NULL ? SQLITE_OK : SQLITE_NOTADB);
		if (t[i].word != NULL)
			assert_non_null(strstr(err, t[i].word));
		else
			assert_string_equal(err, "");
	}
}

/* A file of the first version, when only ASCII was folded. */
static const char first_version[] =
    "PRAGMA application_id = 0x44777264; PRAGMA user_version = 1;"
    "CREATE TABLE users (id TEXT PRIMARY KEY NOT NULL, name TEXT UNIQUE NOT NULL, hash TEXT NOT NULL,"
    "	disabled INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE user_groups (user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE, name TEXT NOT NULL,"
    "	PRIMARY KEY (user_id, name)) WITHOUT ROWID;"
    "INSERT INTO users VALUES"
    "	('1', 'alice', 'h', 0, 10),"
    "	('2', 'zo\xc3\xab', '$pbkdf2-sha256$1000000$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg', 0, 50)," /* canonical, and the youngest
												   */
    "	('3', 'zoe\xcc\x88', 'h', 0, 20),"                                                        /* the same in NFD */
    "	('4', 'zo\xc3\x8b', 'h', 0, 30),"                                                         /* the same in upper case */
    "	('5', '\xc3\x9c"
    "nal', 'h', 0, 40),"                  /* alone: renamed */
    "	('7', '\xc3\x89ric', 'h', 0, 9)," /* neither is canonical: the older one has it */
    "	('6', '\xc3\x89RIC', 'h', 0, 8),"
    "	('8', '\xef\xac\x81ona', 'h', 0, 1)," /* no name any more */
    "	('9', '\xef\xbd\x82"
    "ob', 'h', 1, 1);";

static void
expect_row(sqlite3 *db, const char *id, const char *name, int conflict)
{
	sqlite3_stmt *s;

	assert_int_equal(
	    sqlite3_prepare_v2(db, "SELECT name, conflict, version FROM users WHERE id = ?1", -1, &s, NULL), SQLITE_OK);
	sqlite3_bind_text(s, 1, id, -1, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(s, 0), name);
	assert_int_equal(sqlite3_column_int(s, 1), conflict);
	assert_int_equal(sqlite3_column_int(s, 2), 1);
	sqlite3_finalize(s);
}

static void
older_names(void **state)
{
	sqlite3 *db;
	char err[160];
	sqlite3_stmt *s;

	(void)state;
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, first_version, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(schema_upgrade(db, err, sizeof(err)), SQLITE_OK);
	expect_row(db, "1", "alice", 0);
	expect_row(db, "2", "zo\xc3\xab", 0);
	expect_row(db, "3", "zoe\xcc\x88", 1);
	expect_row(db, "4", "zo\xc3\x8b", 1);
	expect_row(db, "5", "\xc3\xbcnal", 0);
	expect_row(db, "6", "\xc3\xa9ric", 0);
	expect_row(db, "7", "\xc3\x89ric", 1);
	expect_row(db, "8", "\xef\xac\x81ona", 1);
	expect_row(db, "9", "bob", 0);
	/* And what each hash costs has been worked out. */
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT id FROM users ORDER BY cost DESC", -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(s, 0), "2");
	sqlite3_finalize(s);
	sqlite3_close(db);
}

/* Several workers start at once on a new file. */
static void
race(void **state)
{
	char path[] = "schemaXXXXXX", err[160];
	int fd = mkstemp(path), status;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	for (int i = 0; i < 8; i++)
		if (fork() == 0) {
			sqlite3 *db;
			int code = sqlite3_open(path, &db);

			sqlite3_busy_timeout(db, 10000);
			if (code == SQLITE_OK)
				code = schema_upgrade(db, err, sizeof(err));
			sqlite3_close(db);
			_exit(code);
		}
	for (int i = 0; i < 8; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whose_file),
		cmocka_unit_test(older_names),
		cmocka_unit_test(race),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
