/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store/breaker.h"

enum { ASK, FAIL, WIN };

/* One life of a breaker that opens after 3 failures for 100 ms: what is done when, and what must come of it. */
static const struct {
	int64_t at;
	int what;
	bool answer; /* ASK: allowed; FAIL, WIN: changed */
	enum breaker_state state;
} life[] = {
	{ 0, ASK, true, BREAKER_CLOSED },
	{ 0, FAIL, false, BREAKER_CLOSED },
	{ 1, FAIL, false, BREAKER_CLOSED },
	{ 2, WIN, false, BREAKER_CLOSED }, /* in a row: one success counts */
	{ 3, FAIL, false, BREAKER_CLOSED },
	{ 4, FAIL, false, BREAKER_CLOSED },
	{ 5, FAIL, true, BREAKER_OPEN },
	{ 104, ASK, false, BREAKER_OPEN },
	{ 105, ASK, true, BREAKER_HALF_OPEN },
	{ 105, ASK, false, BREAKER_HALF_OPEN }, /* one probe */
	{ 106, FAIL, false, BREAKER_OPEN },
	{ 205, ASK, false, BREAKER_OPEN },
	{ 206, ASK, true, BREAKER_HALF_OPEN },
	{ 207, WIN, true, BREAKER_CLOSED },
	{ 208, FAIL, false, BREAKER_CLOSED },
	{ 208, ASK, true, BREAKER_CLOSED },
};

static void
test_life(void **state)
{
	struct breaker b;

	(void)state;
	breaker_init(&b, 3, 100);
	for (size_t i = 0; i < sizeof(life) / sizeof(life[0]); i++) {
		bool got = life[i].what == ASK    ? breaker_allows(&b, life[i].at)
			   : life[i].what == FAIL ? breaker_failure(&b, life[i].at)
						  : breaker_success(&b);

		if (got != life[i].answer || b.state != life[i].state)
			fail_msg("step %zu", i);
	}
}

static void
test_never(void **state)
{
	struct breaker b;

	(void)state;
	breaker_init(&b, 0, 100);
	for (int i = 0; i < 1000; i++)
		assert_false(breaker_failure(&b, i));
	assert_true(breaker_allows(&b, 1000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_life), cmocka_unit_test(test_never) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
