/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "worker/recycle.h"

#define MIB ((int64_t)1 << 20)

static void
no_limit_is_never_due(void **state)
{
	struct config conf = { 0 };
	struct recycle_limits l = recycle_limits(&conf, 5);
	struct recycle w = { 0 };

	(void)state;
	assert_false(recycle_is_due(&w, &l, UINT64_MAX, INT64_MAX));
	assert_int_equal(recycle_wait(&w, &l, INT64_MAX), -1);
}

static void
requests_and_age(void **state)
{
	struct recycle_limits l = { .requests = 10, .age = 5000 };
	struct recycle w = { .born = 1000 };

	(void)state;
	assert_false(recycle_is_due(&w, &l, 9, 5999));
	assert_true(recycle_is_due(&w, &l, 10, 1000));
	assert_true(recycle_is_due(&w, &l, 0, 6000));
	assert_int_equal(recycle_wait(&w, &l, 1000), 5000);
	assert_int_equal(recycle_wait(&w, &l, 7000), 0);
}

static void
slots_differ_by_a_tenth_at_most(void **state)
{
	struct config conf = { .max_requests = 1000, .max_age = 8000, .max_rss = 100 * MIB };

	(void)state;
	for (size_t slot = 0; slot < 32; slot++) {
		struct recycle_limits l = recycle_limits(&conf, slot);

		assert_in_range(l.requests, 1000, 1100);
		assert_in_range(l.age, 8000, 8800);
		assert_in_range(l.rss, 100 * MIB, 110 * MIB);
		if (slot % 8 > 0)
			assert_true(l.requests > recycle_limits(&conf, slot - 1).requests);
	}
	conf = (struct config){ .max_requests = INT32_MAX, .max_age = INT64_MAX / 2 }; /* no overflow */
	assert_true(recycle_limits(&conf, 7).age > 0);
}

static void
memory_is_looked_at_once_a_second(void **state)
{
	int64_t before = recycle_rss();
	struct recycle_limits l = { .rss = before + 8 * MIB };
	struct recycle w = { .looked = 1000 };
	char *p = malloc(32 * MIB);

	(void)state;
	assert_true(before > 0);
	assert_non_null(p);
	assert_false(recycle_is_due(&w, &l, 0, 2000));
	memset(p, 1, 32 * MIB);
	assert_false(recycle_is_due(&w, &l, 0, 2999));
	assert_true(recycle_is_due(&w, &l, 0, 3000));
	free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_limit_is_never_due),
		cmocka_unit_test(requests_and_age),
		cmocka_unit_test(slots_differ_by_a_tenth_at_most),
		cmocka_unit_test(memory_is_looked_at_once_a_second),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
