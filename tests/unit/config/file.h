/* SPDX-License-Identifier: ISC */
/* A directory of its own for each test, with the files that it needs. */
#ifndef TESTS_UNIT_CONFIG_FILE_H
#define TESTS_UNIT_CONFIG_FILE_H

#include <sys/stat.h>
#include <sys/types.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char file_dir[64];

static int
file_setup(void **state)
{

	(void)state;
	strcpy(file_dir, "/tmp/doorward-config-XXXXXX");
	return (mkdtemp(file_dir) == NULL ? -1 : chdir(file_dir));
}

static inline int
file_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{

	(void)st;
	(void)type;
	(void)ftw;
	return (remove(path));
}

static int
file_teardown(void **state)
{

	(void)state;
	return (chdir("/") != 0 || nftw(file_dir, file_remove, 8, FTW_DEPTH | FTW_PHYS) != 0 ? -1 : 0);
}

static void
file_write(const char *name, const char *text, size_t len, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

#endif
