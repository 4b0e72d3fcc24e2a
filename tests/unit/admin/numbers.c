/* SPDX-License-Identifier: ISC */
/* Sums over the board, and quantiles as exact as the classes they come from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "admin/numbers.h"

static void
test_quantiles(void **state)
{
	static const struct {
		uint64_t counts[BOARD_BUCKETS];
		unsigned percent;
		uint64_t ns;
	} rows[] = {
		{ { 1 }, 50, 16000 },
		{ { 1 }, 99, 16000 },
		{ { 50, 50 }, 50, 16000 },
		{ { 49, 51 }, 50, 32000 },
		{ { 98, 0, 2 }, 99, 64000 },
		{ { 99, 0, 1 }, 99, 16000 },
		{ { 0, 0, 0, 7 }, 1, 128000 },
		{ { [BOARD_BUCKETS - 2] = 1 }, 50, 16000ull << (BOARD_BUCKETS - 2) },
		{ { [BOARD_BUCKETS - 1] = 1 }, 50, 0 }, /* longer than can be told */
		{ { 99, [BOARD_BUCKETS - 1] = 1 }, 99, 16000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct board_numbers n;
		uint64_t all = 0;

		memset(&n, 0, sizeof(n));
		for (size_t k = 0; k < BOARD_BUCKETS; k++) {
			n.spans[STAGE_REDIS][k] = rows[i].counts[k];
			all += rows[i].counts[k];
		}
		assert_int_equal(numbers_observed(&n, STAGE_REDIS), all);
		assert_int_equal(numbers_quantile(&n, STAGE_REDIS, rows[i].percent), rows[i].ns);
		assert_int_equal(numbers_observed(&n, STAGE_HASH), 0);
	}
}

static void
test_states(void **state)
{
	struct board *b = board_new();
	uint32_t check = (uint32_t)board_role(b, "check"), keeper = (uint32_t)board_role(b, "keeper");
	struct board_slot *one = board_assign(b, 0, check, 1), *two = board_assign(b, 5, check, 1);

	(void)state;
	(void)board_assign(b, 9, keeper, 1);
	one->state = BOARD_READY;
	two->state = BOARD_BUSY;
	two->breaker = 1;
	two->hashing = 1;
	assert_true(numbers_role(b, check) && numbers_role(b, keeper));
	assert_false(numbers_role(b, keeper + 1) || numbers_role(b, BOARD_ROLES));
	assert_true(numbers_serves(b, check));
	assert_false(numbers_serves(b, keeper));
	assert_int_equal(numbers_in_state(b, check, BOARD_READY), 1);
	assert_int_equal(numbers_in_state(b, check, BOARD_BUSY), 1);
	assert_int_equal(numbers_in_state(b, keeper, BOARD_STARTING), 1);
	assert_int_equal(numbers_breakers(b, check, 0), 1);
	assert_int_equal(numbers_breakers(b, check, 1), 1);
	assert_int_equal(numbers_breakers(b, check, 2), 0);
	assert_int_equal(numbers_hashing(b), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quantiles),
		cmocka_unit_test(test_states),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
