/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "master/sizing.h"

static struct sizing_view
view(size_t have, size_t idle)
{

	return ((struct sizing_view){
	    .have = have, .idle = idle, .least = 2, .most = 40, .spare_least = 3, .spare_most = 5, .queued = -1 });
}

static void
grows_faster_while_there_is_need(void **state)
{
	static const int want[] = { 1, 2, 4, 8, 16, 5, 0 }; /* doubling to SIZING_RATE_MAX; bounded by most */
	struct sizing z = { 0 };
	size_t have = 4;

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct sizing_view v = view(have, 0);

		v.spare_least = 30;
		v.spare_most = 35;
		assert_int_equal(sizing_step(&z, &v), want[i]);
		have += (size_t)want[i];
	}
}

static void
decides(void **state)
{
	static const struct {
		size_t have, idle;
		int32_t queued;
		int want;
	} rows[] = {
		{ 4, 3, -1, 0 },  /* just enough */
		{ 4, 5, -1, 0 },  /* not too many */
		{ 7, 6, -1, -1 }, /* too many: one, never more */
		{ 30, 30, 9, -1 },
		{ 2, 2, -1, 1 }, /* a spare one is missing */
		{ 2, 9, -1, 0 }, /* never below the least */
		{ 1, 1, -1, 1 }, /* somebody took one away */
		{ 0, 0, -1, 2 },
		{ 40, 0, 99, 0 }, /* never above the most */
		{ 41, 0, 99, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sizing z = { 0 };
		struct sizing_view v = view(rows[i].have, rows[i].idle);

		v.queued = rows[i].queued;
		assert_int_equal(sizing_step(&z, &v), rows[i].want);
	}
}

static void
a_pause_makes_it_careful_again(void **state)
{
	struct sizing z = { 0 };
	struct sizing_view need = view(10, 0), enough = view(10, 4);

	(void)state;
	assert_int_equal(sizing_step(&z, &need), 1);
	assert_int_equal(sizing_step(&z, &need), 2);
	assert_int_equal(sizing_step(&z, &enough), 0);
	assert_int_equal(sizing_step(&z, &need), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_faster_while_there_is_need),
		cmocka_unit_test(decides),
		cmocka_unit_test(a_pause_makes_it_careful_again),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
