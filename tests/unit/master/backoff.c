/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "master/backoff.h"

/* The jitter of 20 % either way: ${random} = span gives the middle. */
static int64_t
next(struct backoff *b, struct life life)
{
	struct backoff copy = *b;
	int64_t lo, hi, any;

	any = backoff_next(b, &life, 12345);
	hi = lo = any;
	for (uint32_t r = 0; r < 20000; r++) {
		struct backoff again = copy;
		int64_t ms = backoff_next(&again, &life, r);

		lo = ms < lo ? ms : lo;
		hi = ms > hi ? ms : hi;
	}
	assert_true(any >= lo && any <= hi);
	assert_int_equal((hi + lo) % 2, 0);
	if (hi > 0) {
		assert_int_equal(lo, (hi + lo) / 2 * 80 / 100);
		assert_int_equal(hi, (hi + lo) / 2 * 120 / 100);
	}
	return ((hi + lo) / 2);
}

static void
doubles_and_is_capped(void **state)
{
	static const int64_t want[] = { 100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000 };
	struct backoff b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		assert_int_equal(next(&b, (struct life){ .ready = i % 2 == 0, .ms = i % 2 == 0 ? 999 : 5000 }), want[i]);
	b.failures = UINT32_MAX - 1;
	assert_int_equal(next(&b, (struct life){ .ms = 1 }), BACKOFF_CAP);
}

static void
serving_is_never_delayed(void **state)
{
	struct backoff b = { .failures = 7 };

	(void)state;
	assert_int_equal(next(&b, (struct life){ .ready = true, .ms = 3, .requests = 1 }), 0);
	assert_int_equal(b.failures, 7);
	assert_int_equal(next(&b, (struct life){ .ready = true, .ms = 9999, .requests = 50 }), 0);
	assert_int_equal(b.failures, 7);
	assert_int_equal(next(&b, (struct life){ .ready = true, .ms = 10000, .requests = 1 }), 0);
	assert_int_equal(b.failures, 0);
	b.failures = 3;
	assert_int_equal(next(&b, (struct life){ .ready = true, .ms = 100000 }), 0);
	assert_int_equal(b.failures, 3); /* long idle life makes up for nothing */
}

/* It may be over in a moment, or last: each wait is twice the one before. It is no failed start. */
static void
shortage_backs_off(void **state)
{
	static const int64_t want[] = { 100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000 };
	struct backoff b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		assert_int_equal(next(&b, (struct life){ .ms = 5, .shortage = true }), want[i]);
	assert_int_equal(b.failures, 0);
	assert_int_equal(next(&b, (struct life){ .ready = true, .ms = 3, .requests = 1 }), 0);
	assert_int_equal(next(&b, (struct life){ .ms = 5, .shortage = true }), 100);
}

/* The next try is never further away than two seconds, so that a reload goes on soon after the shortage has ended. */
static void
refused_fork_is_tried_soon(void **state)
{
	static const int64_t most[] = { 120, 240, 480, 960, 1920, 1920, 1920 };
	struct backoff b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(most) / sizeof(most[0]); i++) {
		struct backoff again = b;
		int64_t hi = 0;

		for (uint32_t r = 0; r < 1000; r++) {
			int64_t ms;

			b = again;
			ms = backoff_no_process(&b, r);
			assert_true(ms >= most[i] * 2 / 3);
			hi = ms > hi ? ms : hi;
		}
		assert_int_equal(hi, most[i]);
	}
	b.shortages = UINT32_MAX;
	assert_true(backoff_no_process(&b, 0) < 2000);
	assert_int_equal(b.failures, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(doubles_and_is_capped),
		cmocka_unit_test(serving_is_never_delayed),
		cmocka_unit_test(shortage_backs_off),
		cmocka_unit_test(refused_fork_is_tried_soon),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
