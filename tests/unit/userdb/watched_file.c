/* SPDX-License-Identifier: ISC */
#include <sys/stat.h>
#include <sys/time.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "userdb/watched_file.h"

static char dir[32], path[64], other[64];
static struct watched_file file;

static void
put(const char *to, const char *text)
{
	FILE *f = fopen(to, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void
see(enum watched expected, const char *expected_text)
{
	char why[WATCHED_WHY] = "", *text = NULL;
	size_t len;

	assert_int_equal(watched_look(&file, &text, &len, why), expected);
	if (expected == WATCHED_NEW) {
		assert_string_equal(text, expected_text);
		assert_int_equal(len, strlen(expected_text));
		free(text);
	}
	assert_int_equal(why[0] == '\0', expected == WATCHED_NEW || expected == WATCHED_SAME);
}

static int
fresh(void **state)
{

	(void)state;
	strcpy(dir, "/tmp/doorward-unit-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/file", dir);
	snprintf(other, sizeof(other), "%s/other", dir);
	file = (struct watched_file){ .path = path };
	return (0);
}

static int
end(void **state)
{

	(void)state;
	unlink(path);
	unlink(other);
	return (rmdir(dir));
}

static void
changes(void **state)
{

	(void)state;
	see(WATCHED_GONE, NULL);
	do {
		put(path, "one");
		see(WATCHED_NEW, "one");
	} while (!file.fresh); /* a tenth of a second went by */
	clock_turn(1);         /* some time later: no need to look twice */
	see(WATCHED_NEW, "one");
	assert_true(file.again);
	see(WATCHED_SAME, NULL);
	put(path, "other text");
	see(WATCHED_NEW, "other text");
	assert_false(file.again);
	see(WATCHED_SAME, NULL);
	put(other, "other file");
	assert_int_equal(rename(other, path), 0);
	see(WATCHED_NEW, "other file");
	see(WATCHED_SAME, NULL);
	/* Away and back: it is what it was, but for the time of its last change. */
	assert_int_equal(rename(path, other), 0);
	see(WATCHED_GONE, NULL);
	see(WATCHED_GONE, NULL);
	usleep(20000);
	assert_int_equal(rename(other, path), 0);
	see(WATCHED_NEW, "other file");
	put(path, "");
	see(WATCHED_NEW, "");
	clock_turn(-1);
}

/* Two writes of one length within a tick of the file system's clock. */
static void
twice_at_once(void **state)
{

	(void)state;
	put(path, "one");
	see(WATCHED_NEW, "one");
	put(path, "two");
	see(WATCHED_NEW, "two");
}

/* Whoever keeps the time of the last write, as rsync does. */
static void
same_time_and_size(void **state)
{
	struct timeval times[2] = { { 1000000000, 0 }, { 1000000000, 0 } };

	(void)state;
	clock_turn(1);
	put(path, "one");
	assert_int_equal(utimes(path, times), 0);
	see(WATCHED_NEW, "one");
	see(WATCHED_SAME, NULL);
	usleep(20000);
	put(path, "two");
	assert_int_equal(utimes(path, times), 0);
	see(WATCHED_NEW, "two");
	clock_turn(-1);
}

static void
no_file(void **state)
{

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	see(WATCHED_WRITING, NULL); /* and nobody waits for a writer */
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	see(WATCHED_WRITING, NULL);
	rmdir(path);
	put(path, "");
	assert_int_equal(truncate(path, (off_t)WATCHED_BYTES_MAX + 1), 0);
	see(WATCHED_WRITING, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(changes, fresh, end),
		cmocka_unit_test_setup_teardown(twice_at_once, fresh, end),
		cmocka_unit_test_setup_teardown(same_time_and_size, fresh, end),
		cmocka_unit_test_setup_teardown(no_file, fresh, end),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
