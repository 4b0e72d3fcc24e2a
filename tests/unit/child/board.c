/* SPDX-License-Identifier: ISC */
/* What is counted is counted once, in the right class, and never goes down when a process ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "doorward/board.h"

static void
rest(long ms)
{
	struct timespec ts = { 0, ms * 1000000L };

	nanosleep(&ts, NULL);
}

static void
request(struct board_slot *s, uint32_t route, int status)
{

	board_begin(s);
	if (route != ROUTE_NONE)
		board_busy(s, route, "4bf92f3577b34da6a3ce929d0e0e4736");
	board_stage(s, STAGE_RULES);
	board_stage(s, STAGE_WRITE);
	board_idle(s, status);
}

static const char *
name_of(uint32_t route)
{

	return (route == 3 ? "check" : NULL);
}

/* The master reports requests by the names of routes that it does not know itself. */
static void
test_route_words(void **state)
{

	(void)state;
	assert_string_equal(board_route_word(3), "none");
	board_name_routes(name_of);
	assert_string_equal(board_route_word(3), "check");
	assert_string_equal(board_route_word(4), "none");
	assert_string_equal(board_route_word(ROUTE_NONE), "none");
	board_name_routes(NULL);
}

static void
test_answers(void **state)
{
	struct board *b = board_new();
	struct board_slot *s = board_assign(b, 0, (uint32_t)board_role(b, "check"), 1);
	struct board_numbers t;

	(void)state;
	request(s, 3, 200);
	request(s, 3, 204);
	request(s, 3, 401);
	request(s, ROUTE_NONE, 404);
	request(s, 5, 999);
	board_totals(b, 0, &t);
	assert_int_equal(t.answers[3][2], 2);
	assert_int_equal(t.answers[3][4], 1);
	assert_int_equal(t.answers[ROUTE_NONE][4], 1);
	assert_int_equal(board_answered(&t, 4), 2);
	assert_int_equal(board_counted(&t, COUNT_REQUESTS), 5);
	board_begin(s);
	board_busy(s, ROUTE_NONE, "");
	assert_int_equal(s->state, BOARD_BUSY);
	board_forget(s);
	assert_int_equal(s->state, BOARD_READY);
	board_totals(b, 0, &t);
	assert_int_equal(board_counted(&t, COUNT_REQUESTS), 5);
}

/* What has begun is finished while leaving; it does not look as if more were welcome. */
static void
test_leaving_stays_leaving(void **state)
{
	struct board *b = board_new();
	struct board_slot *s = board_assign(b, 0, (uint32_t)board_role(b, "check"), 1);

	(void)state;
	request(s, 3, 200);
	assert_int_equal(s->state, BOARD_READY);
	board_busy(s, 3, "4bf92f3577b34da6a3ce929d0e0e4736");
	board_leave(s);
	board_idle(s, 200);
	assert_int_equal(s->state, BOARD_LEAVING);
	request(s, 3, 200);
	assert_int_equal(s->state, BOARD_LEAVING);
	board_busy(s, ROUTE_NONE, "");
	board_forget(s);
	assert_int_equal(s->state, BOARD_LEAVING);
	board_release(b, s);
	s = board_assign(b, 0, (uint32_t)board_role(b, "check"), 1);
	request(s, 3, 200);
	assert_int_equal(s->state, BOARD_READY);
}

static void
test_stages(void **state)
{
	struct board *b = board_new();
	struct board_slot *s = board_assign(b, 0, (uint32_t)board_role(b, "login"), 1);
	uint64_t observed = 0;

	(void)state;
	board_begin(s);
	board_busy(s, 0, "");
	assert_int_equal(s->state, BOARD_BUSY);
	rest(3);
	board_stage(s, STAGE_REDIS);
	rest(5);
	board_stage(s, STAGE_RULES);
	board_stage(s, STAGE_REDIS);
	rest(5);
	board_idle(s, 200);
	assert_true(s->spent[STAGE_READ] >= 3000000 && s->spent[STAGE_REDIS] >= 10000000);
	assert_true(s->spent[STAGE_NONE] >= s->spent[STAGE_READ] + s->spent[STAGE_REDIS]);
	assert_int_equal(s->spent[STAGE_HASH], 0);
	for (size_t i = 0; i < BOARD_BUCKETS; i++) {
		observed += s->numbers.spans[STAGE_REDIS][i];
		if (s->numbers.spans[STAGE_REDIS][i] > 0)
			assert_true(board_bucket_end(i) == 0 || board_bucket_end(i) >= 10000000);
	}
	assert_int_equal(observed, 1); /* asked twice, one request */
	assert_int_equal(s->state, BOARD_READY);
}

static void
test_buckets(void **state)
{

	(void)state;
	assert_int_equal(board_bucket_end(0), BOARD_BUCKET_FIRST_NS);
	for (size_t i = 1; i < BOARD_BUCKETS - 1; i++)
		assert_int_equal(board_bucket_end(i), board_bucket_end(i - 1) * 2);
	assert_int_equal(board_bucket_end(BOARD_BUCKETS - 1), 0);
}

static void
test_an_end_takes_nothing_away(void **state)
{
	struct board *b = board_new();
	uint32_t role = (uint32_t)board_role(b, "check");
	struct board_slot *s = board_assign(b, 7, role, 1);
	struct board_numbers before, after;

	(void)state;
	request(s, 1, 200);
	board_count(s, COUNT_CACHE_HITS, 41);
	board_count(s, COUNT_SLOW, 1);
	board_totals(b, role, &before);
	board_release(b, s);
	board_totals(b, role, &after);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(board_counted(&s->numbers, COUNT_REQUESTS), 0);
	s = board_assign(b, 7, role, 2);
	board_count(s, COUNT_CACHE_HITS, 1);
	board_totals(b, role, &after);
	assert_int_equal(board_counted(&after, COUNT_CACHE_HITS), 42);
}

/* A counter without its name would be a hole in the metrics. */
static void
test_every_counter_has_its_words(void **state)
{

	(void)state;
	for (enum board_counter c = 0; c < BOARD_COUNTERS; c++) {
		assert_non_null(board_counter_name(c));
		assert_non_null(board_counter_help(c));
	}
	assert_null(board_counter_name(BOARD_COUNTERS));
	assert_string_equal(board_stage_word(STAGE_WRITE), "write");
	assert_string_equal(board_stage_word(BOARD_STAGES), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_route_words),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_leaving_stays_leaving),
		cmocka_unit_test(test_stages),
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_an_end_takes_nothing_away),
		cmocka_unit_test(test_every_counter_has_its_words),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
