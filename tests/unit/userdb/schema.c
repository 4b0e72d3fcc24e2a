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
		assert_int_equal(sqlite3_exec(db, "INSERT INTO users (id, name, hash, disabled, created) VALUES ('i', 'n', 'h', 0, 1)", NULL, NULL, NULL), SQLITE_OK);
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
		cmocka_unit_test(race),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
