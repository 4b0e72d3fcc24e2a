/* SPDX-License-Identifier: ISC */
/* The ring between a worker and the relay: what is taken is what was put, in order, and what had no room is counted. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "doorward/board.h"
#include "doorward/trace.h"

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00f067aa0ba902b7"

static struct trace_rings *rings;
static struct span out[4096];

static int
set_up(void **state)
{

	(void)state;
	rings = trace_new();
	trace_join(rings, 3, 0);
	return (rings == NULL ? -1 : 0);
}

static void
request(int status)
{

	trace_begin(TRACE, PARENT, TRACE_WANTED, "GET");
	assert_true(trace_active);
	trace_end(1000, 2000, status);
	assert_false(trace_active);
}

static void
parts_are_below_the_request(void **state)
{

	(void)state;
	trace_begin(TRACE, PARENT, TRACE_WANTED, "POST");
	trace_route("/login");
	trace_part(STAGE_RULES, 1000, 1100);
	trace_part(STAGE_REDIS, 1100, 1200);
	trace_part(STAGE_HASH, 1200, 1900);
	trace_end(1000, 2000, 200);
	assert_int_equal(trace_take(rings, out, 10), 3);
	assert_string_equal(out[0].trace_id, TRACE);
	assert_string_equal(out[0].parent, PARENT);
	assert_string_equal(out[0].route, "/login");
	assert_int_equal(out[0].end - out[0].start, 1000);
	assert_int_equal(out[1].stage, STAGE_REDIS);
	assert_int_equal(out[2].stage, STAGE_HASH);
	assert_int_equal(out[1].start - out[0].start, 100);
	assert_string_equal(out[1].parent, out[2].parent);
	assert_string_not_equal(out[1].parent, PARENT);
	assert_memory_not_equal(out[1].id, out[2].id, SPAN_ID_LEN);
	assert_int_equal(trace_take(rings, out, 10), 0);
}

static void
full_rings_drop(void **state)
{
	size_t n;

	(void)state;
	for (int i = 0; i < 1000; i++)
		request(i % 600);
	n = trace_take(rings, out, 4096);
	assert_in_range(n, 1, 999);
	assert_int_equal(n + trace_dropped(rings), 1000);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(out[i].status, i % 600);
	request(200);
	assert_int_equal(trace_take(rings, out, 4096), 1);
	trace_lost(rings, 5);
	assert_int_equal(n + trace_dropped(rings), 1005);
}

/* However long the request was, what it leaves is bounded. */
static void
many_parts(void **state)
{
	uint64_t before = trace_dropped(rings);

	(void)state;
	trace_begin(TRACE, "", TRACE_WANTED, "GET");
	for (int i = 0; i < 100; i++)
		trace_part(STAGE_REDIS, i, i + 1);
	trace_end(0, 100, 200);
	assert_int_equal(trace_take(rings, out, 4096) + trace_dropped(rings) - before, 101);
}

static int
sampled(double fraction)
{
	int n = 0;

	trace_join(rings, 3, fraction);
	for (int i = 0; i < 10000; i++) {
		trace_begin(TRACE, "", TRACE_UNDECIDED, "GET");
		n += trace_active;
	}
	trace_active = false;
	return (n);
}

static void
who_decides(void **state)
{

	(void)state;
	assert_int_equal(sampled(0), 0);
	assert_int_equal(sampled(1), 10000);
	assert_in_range(sampled(0.5), 4000, 6000);
	trace_begin(TRACE, PARENT, TRACE_UNWANTED, "GET");
	assert_false(trace_active);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_below_the_request),
		cmocka_unit_test(full_rings_drop),
		cmocka_unit_test(many_parts),
		cmocka_unit_test(who_decides),
	};

	return (cmocka_run_group_tests_name("traces", tests, set_up, NULL));
}
