/* SPDX-License-Identifier: ISC */
/* Trying a module where there is no process to be had for it. What modules are refused, tests/system/404-modules sees. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/module.h"

/* In the place of the C library's. */
pid_t
fork(void)
{

	errno = EAGAIN;
	return (-1);
}

static int
next_descriptor(void)
{
	int fd = dup(STDERR_FILENO);

	assert_true(fd >= 0);
	close(fd);
	return (fd);
}

static void
test_no_process(void **state)
{
	char why[MODULE_ERROR_MAX] = "";
	int before = next_descriptor();

	(void)state;
	assert_int_equal(module_try("userdb_pgsql", "doorward-pgsql", why, sizeof(why)), -1);
	assert_non_null(strstr(why, "userdb_pgsql cannot be tried: "));
	assert_int_equal(next_descriptor(), before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_no_process) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
