/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/wal_index.h"

static sqlite3 *
open_database(void)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open("index.db", &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS t (n INTEGER)", NULL, NULL, NULL),
	    SQLITE_OK);
	return (db);
}

static int
set_up(void **state)
{

	*state = open_database();
	return (0);
}

static int
tear_down(void **state)
{

	sqlite3_close(*state);
	return (unlink("index.db"));
}

static void
insert(sqlite3 *db)
{

	assert_int_equal(sqlite3_exec(db, "INSERT INTO t VALUES (1)", NULL, NULL, NULL), SQLITE_OK);
}

static int
count(sqlite3 *db)
{
	sqlite3_stmt *s;
	int n;

	assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM t", -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	n = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return (n);
}

/* Without the look the next statement is a SIGBUS. */
static void
truncated(void **state)
{
	struct wal_index seen = { .size = 0 };
	struct stat st;
	sqlite3 *other = open_database();

	insert(*state);
	assert_true(wal_index_is_whole("index.db", &seen));
	assert_int_equal(truncate("index.db-shm", 0), 0);
	assert_true(wal_index_is_whole("index.db", &seen));
	assert_int_equal(stat("index.db-shm", &st), 0);
	assert_int_equal(st.st_size, seen.size);
	assert_int_equal(count(*state), 1);
	insert(other);
	insert(*state);
	assert_int_equal(count(other), 3);
	sqlite3_close(other);
	assert_int_equal(count(*state), 3);
}

/* It was mapped, and used, before anybody looked at it. */
static void
truncated_before_the_first_look(void **state)
{
	struct wal_index seen = { .size = 0 };

	insert(*state);
	assert_int_equal(truncate("index.db-shm", 0), 0);
	assert_true(wal_index_is_whole("index.db", &seen));
	assert_int_equal(count(*state), 1);
	insert(*state);
	assert_int_equal(count(*state), 2);
}

static void
gone_or_another_one(void **state)
{
	struct wal_index seen = { .size = 0 };

	insert(*state);
	assert_true(wal_index_is_whole("index.db", &seen));
	assert_int_equal(rename("index.db-shm", "other-shm"), 0);
	assert_false(wal_index_is_whole("index.db", &seen));
	assert_int_equal(link("other-shm", "index.db-shm"), 0);
	assert_true(wal_index_is_whole("index.db", &seen));
	assert_int_equal(unlink("index.db-shm"), 0);
	sqlite3_close(*state);
	unlink("other-shm");
	*state = open_database();
	assert_false(wal_index_is_whole("index.db", &(struct wal_index){ .dev = seen.dev, .ino = seen.ino + 1, .size = 1 }));
}

/* Who holds the directory has a link lie there, for root to follow; or another name of the file. */
static void
link_to_another_file(void **state)
{
	struct wal_index seen = { .size = 0 };
	struct stat st;
	FILE *other = fopen("other", "w");

	assert_non_null(other);
	fclose(other);
	insert(*state);
	assert_int_equal(unlink("index.db-shm"), 0);
	assert_int_equal(symlink("other", "index.db-shm"), 0);
	assert_false(wal_index_is_whole("index.db", &seen));
	assert_int_equal(unlink("index.db-shm"), 0);
	assert_int_equal(link("other", "index.db-shm"), 0);
	assert_false(wal_index_is_whole("index.db", &seen));
	assert_int_equal(stat("other", &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(unlink("index.db-shm"), 0);
	assert_int_equal(unlink("other"), 0);
}

static void
none_yet(void **state)
{
	struct wal_index seen = { .size = 0 };

	(void)state;
	assert_true(wal_index_is_whole("no such.db", &seen));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(truncated, set_up, tear_down),
		cmocka_unit_test_setup_teardown(truncated_before_the_first_look, set_up, tear_down),
		cmocka_unit_test_setup_teardown(gone_or_another_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(link_to_another_file, set_up, tear_down), cmocka_unit_test(none_yet) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
