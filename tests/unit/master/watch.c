/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "master/watch.h"

static const struct watch_limits limits = { .slow_after = 1000, .request_timeout = 15000 };

static void
says_each_thing_once(void **state)
{
	struct watch w = { 0 };
	struct watch_seen seen = { 0 };

	(void)state;
	assert_int_equal(watch_judge(&w, &seen, 5000, 5999, &limits), WATCH_FINE);
	assert_int_equal(watch_judge(&w, &seen, 5000, 6000, &limits), WATCH_SLOW);
	assert_int_equal(watch_judge(&w, &seen, 5000, 6250, &limits), WATCH_FINE);
	assert_int_equal(watch_judge(&w, &seen, 5000, 20000, &limits), WATCH_KILL);
	assert_int_equal(watch_judge(&w, &seen, 5000, 20250, &limits), WATCH_FINE);
	/* the next request in the same process */
	assert_int_equal(watch_judge(&w, &seen, 7000, 8000, &limits), WATCH_SLOW);
}

static void
kills_no_more_than_the_limit_in_a_minute(void **state)
{
	struct watch w = { 0 };
	struct watch_seen seen[WATCH_KILLS + 1] = { { 0 } };

	(void)state;
	for (size_t i = 0; i < WATCH_KILLS; i++)
		assert_int_equal(watch_judge(&w, &seen[i], 1000, 20000 + (int64_t)i, &limits), WATCH_KILL);
	assert_int_equal(watch_judge(&w, &seen[WATCH_KILLS], 1000, 20100, &limits), WATCH_SPARE);
	assert_int_equal(watch_judge(&w, &seen[WATCH_KILLS], 1000, 20350, &limits), WATCH_FINE);
	assert_int_equal(watch_judge(&w, &seen[WATCH_KILLS], 1000, 20000 + WATCH_KILLS_PERIOD, &limits), WATCH_KILL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_each_thing_once),
		cmocka_unit_test(kills_no_more_than_the_limit_in_a_minute),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
