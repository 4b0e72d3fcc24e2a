/* SPDX-License-Identifier: ISC */
/* A file is written whole or not at all, and -1 means that nothing has happened. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"

#include "../tempdir.h"

static char path[64];
static int bad_sync; /* errno of the fsync() that is to fail: of a file (> 0) or of a directory (< 0) */
static int bad_rename;

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);

int
__wrap_fsync(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	if (bad_sync == 0 || S_ISDIR(st.st_mode) != (bad_sync < 0))
		return (__real_fsync(fd));
	errno = abs(bad_sync);
	return (-1);
}

int
__wrap_rename(const char *from, const char *to)
{

	if (bad_rename == 0)
		return (__real_rename(from, to));
	errno = bad_rename;
	return (-1);
}

static void
holds(const char *want)
{
	char text[64];

	assert_int_equal(fd_read_file(path, text, sizeof(text)), strlen(want));
	assert_string_equal(text, want);
}

/* Nothing but the file itself is in the directory, and no descriptor was lost. */
static void
is_tidy(int next)
{
	int fd = open("/dev/null", O_RDONLY);

	assert_int_equal(fd, next);
	close(fd);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(tempdir), 0);
	assert_int_equal(mkdir(tempdir, 0700), 0);
}

static int
next_descriptor(void)
{
	int fd = open("/dev/null", O_RDONLY);

	close(fd);
	return (fd);
}

static void
writes(const char *text, int want)
{

	errno = 0;
	assert_int_equal(fd_write_file(path, text, strlen(text), 0600), want == 0 ? 0 : -1);
	if (want != 0)
		assert_int_equal(errno, want);
}

static void
test_failures_change_nothing(void **state)
{
	int next = next_descriptor();

	(void)state;
	writes("old", 0);
	bad_sync = EIO;
	writes("new", EIO);
	bad_sync = 0;
	bad_rename = EACCES;
	writes("new", EACCES);
	bad_rename = 0;
	holds("old");
	is_tidy(next);
}

static void
test_after_the_rename_it_is_written(void **state)
{
	int next = next_descriptor();

	(void)state;
	writes("old", 0);
	bad_sync = -EIO;
	writes("new", 0);
	bad_sync = 0;
	holds("new");
	is_tidy(next);
}

static int
make_dir(void **state)
{

	if (tempdir_make(state) != 0)
		return (-1);
	snprintf(path, sizeof(path), "%s/file", tempdir);
	return (0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_failures_change_nothing),
		cmocka_unit_test(test_after_the_rename_it_is_written),
	};

	return (cmocka_run_group_tests(tests, make_dir, tempdir_remove_empty));
}
