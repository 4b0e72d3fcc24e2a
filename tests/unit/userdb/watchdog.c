/* SPDX-License-Identifier: ISC */
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "userdb/watchdog.h"

static int ends[2];

static int
fresh(void **state)
{

	(void)state;
	return (socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
}

static int
end(void **state)
{

	(void)state;
	close(ends[0]);
	close(ends[1]);
	return (0);
}

/* Whoever reads, and would for ever, finds the end. */
static void
wakes(void **state)
{
	struct pollfd p = { .fd = ends[0], .events = POLLIN };
	char c;

	(void)state;
	assert_true(watchdog_begin(ends[0], clock_mono_ms() + 50));
	assert_int_equal(read(ends[0], &c, 1), 0);
	assert_true(watchdog_end());
	assert_true(watchdog_begin(ends[0], clock_mono_ms() - 1000)); /* it is late already */
	assert_int_equal(poll(&p, 1, 10000), 1);
	assert_true(watchdog_end());
}

static void
sleeps(void **state)
{
	char c;

	(void)state;
	assert_true(watchdog_begin(ends[0], clock_mono_ms() + 60000));
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(read(ends[0], &c, 1), 1);
	assert_false(watchdog_end());
	/* After the end nothing happens to it any more. */
	assert_true(watchdog_begin(ends[0], clock_mono_ms() + 30));
	assert_false(watchdog_end());
	usleep(60000);
	assert_int_equal(write(ends[1], "y", 1), 1);
	assert_int_equal(read(ends[0], &c, 1), 1);
	assert_int_equal(c, 'y');
}

/* What it interrupts finds its errno as it was, also where there is no socket to be shut down. */
static void
keeps_errno(void **state)
{
	int64_t until = clock_mono_ms() + 20000;

	(void)state;
	close(ends[0]);
	ends[0] = dup(STDERR_FILENO);
	do {
		errno = 0;
		assert_true(watchdog_begin(ends[0], clock_mono_ms() + 5));
		for (int64_t begun = clock_mono_ms(); clock_mono_ms() < begun + 20;)
			continue;
		assert_int_equal(errno, 0);
	} while (!watchdog_end() && clock_mono_ms() < until);
	assert_true(clock_mono_ms() < until);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(wakes, fresh, end),
		cmocka_unit_test_setup_teardown(sleeps, fresh, end),
		cmocka_unit_test_setup_teardown(keeps_errno, fresh, end),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
