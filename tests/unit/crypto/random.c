/* SPDX-License-Identifier: ISC */
#include <sys/wait.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/random.h"

#define DRAWS 4096
#define WORKERS 8

static int
compare(const void *a, const void *b)
{

	return (memcmp(a, b, 16));
}

static void
assert_no_repeats(uint8_t draws[][16], size_t n)
{

	qsort(draws, n, 16, compare);
	for (size_t i = 1; i < n; i++)
		assert_memory_not_equal(draws[i - 1], draws[i], 16);
}

static void
test_draws(void **state)
{
	static uint8_t draws[DRAWS][16];
	size_t ones = 0;

	(void)state;
	for (size_t i = 0; i < DRAWS; i++) {
		assert_int_equal(random_bytes(draws[i], 16), 0);
		for (int j = 0; j < 128; j++)
			ones += draws[i][j / 8] >> (j % 8) & 1;
	}
	/* half of 524288 bits, give or take eight standard deviations */
	assert_in_range(ones, 262144 - 2896, 262144 + 2896);
	assert_no_repeats(draws, DRAWS);
}

/* No two workers draw the same after a fork (R051). */
static void
test_fork(void **state)
{
	uint8_t draws[WORKERS * 64][16];
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(random_bytes(draws, sizeof(draws)), 0);
	for (int i = 0; i < WORKERS; i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			uint8_t mine[64][16];

			_exit(
			    random_bytes(mine, sizeof(mine)) == 0 && write(fds[1], mine, sizeof(mine)) == sizeof(mine) ? 0 : 1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
		assert_int_equal(read(fds[0], draws[i * 64], 64 * 16), 64 * 16);
	}
	assert_no_repeats(draws, WORKERS * 64);
	close(fds[0]);
	close(fds[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_draws),
		cmocka_unit_test(test_fork),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
