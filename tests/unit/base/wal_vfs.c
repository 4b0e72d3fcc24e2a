/* SPDX-License-Identifier: ISC */
/* A journal that somebody has laid beside a file makes SQLite remove no other file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/wal_vfs.h"

#define SECTOR 512
#define PAGE 4096
#define MAGIC "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"
#define LOCK_PAGE (0x40000000 / PAGE + 1) /* what stands before the name: the page that is never used */

static void
put_number(FILE *f, uint32_t n)
{
	const unsigned char b[] = { (unsigned char)(n >> 24), (unsigned char)(n >> 16), (unsigned char)(n >> 8),
		(unsigned char)n };

	assert_int_equal(fwrite(b, 1, sizeof(b), f), sizeof(b));
}

/* "The Rollback Journal" of the file format: a header for no page, and the name of a super-journal. */
static void
write_journal(const char *path, const char *super)
{
	FILE *f = fopen(path, "w");
	uint32_t sum = 0;

	assert_non_null(f);
	assert_int_equal(fwrite(MAGIC, 1, 8, f), 8);
	put_number(f, 0);
	put_number(f, 1);
	put_number(f, 2);
	put_number(f, SECTOR);
	put_number(f, PAGE);
	assert_int_equal(fseek(f, SECTOR, SEEK_SET), 0);
	put_number(f, LOCK_PAGE);
	for (const char *p = super; *p != '\0'; p++)
		sum += (uint32_t)*p;
	assert_true(fputs(super, f) >= 0);
	put_number(f, (uint32_t)strlen(super));
	put_number(f, sum);
	assert_int_equal(fwrite(MAGIC, 1, 8, f), 8);
	fclose(f);
}

static int
use(const char *vfs)
{
	sqlite3 *db;
	int code = sqlite3_open_v2("vfs.db", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs);

	if (code == SQLITE_OK)
		code = sqlite3_exec(db, "PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS t (n); INSERT INTO t VALUES (1)",
		    NULL, NULL, NULL);
	sqlite3_close(db);
	return (code);
}

static void
make_precious(void)
{
	FILE *f = fopen("precious", "w");

	assert_non_null(f);
	fputs("all of it\n", f);
	fclose(f);
	write_journal("vfs.db-journal", "precious");
}

static void
forget(const char *const *names)
{

	for (; *names != NULL; names++)
		(void)unlink(*names);
}

static void
super_journal(void **state)
{
	static const char *const names[] = { "vfs.db", "vfs.db-wal", "vfs.db-shm", "vfs.db-journal", "precious", NULL };

	(void)state;
	forget(names);
	assert_int_equal(use(wal_vfs()), SQLITE_OK);
	make_precious();
	assert_int_equal(use(wal_vfs()), SQLITE_CANTOPEN);
	assert_int_equal(access("precious", F_OK), 0);
	assert_int_not_equal(access("vfs.db-journal", F_OK), 0);
	assert_int_equal(use(wal_vfs()), SQLITE_OK);
	make_precious();
	assert_int_equal(use(NULL), SQLITE_OK);
	assert_int_not_equal(access("precious", F_OK), 0); /* or this test shows nothing */
	forget(names);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(super_journal) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
