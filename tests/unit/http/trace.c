/* SPDX-License-Identifier: ISC */
#include <sys/wait.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/trace.h"

#define ID "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN "00f067aa0ba902b7"

/* W3C Trace Context, section 3.2: what is not exactly right starts a new trace. */
static void
parents(void **state)
{
	static const struct {
		const char *parent;
		bool kept;
	} t[] = {
		{ "00-" ID "-" SPAN "-01", true },
		{ "00-" ID "-" SPAN "-00", true },
		{ "00-" ID "-" SPAN "-ff", true },
		{ "01-" ID "-" SPAN "-01", true },
		{ "cc-" ID "-" SPAN "-01", true },
		{ "cc-" ID "-" SPAN "-01-what-the-future-will-be-like", true },
		{ "fe-" ID "-" SPAN "-01-", true },
		{ "cc-" ID "-" SPAN "-01.what-the-future", false },
		{ "cc-" ID "-" SPAN "-011", false },
		{ "00-" ID "-" SPAN "-01-", false },
		{ "00-" ID "-" SPAN "-01-x", false },
		{ "00-" ID "-" SPAN "-01 ", false },
		{ " 00-" ID "-" SPAN "-01", false },
		{ "ff-" ID "-" SPAN "-01", false },
		{ "0-" ID "-" SPAN "-01", false },
		{ "000-" ID "-" SPAN "-01", false },
		{ "0x-" ID "-" SPAN "-01", false },
		{ "00-" ID "-" SPAN "-1", false },
		{ "00-" ID "-" SPAN "-0", false },
		{ "00-" ID "-" SPAN "-", false },
		{ "00-" ID "-" SPAN, false },
		{ "00-" ID "-" SPAN "-0g", false },
		{ "00-" ID "-" SPAN "-0A", false },
		{ "00-" ID, false },
		{ ID, false },
		{ "", false },
		{ "00-00000000000000000000000000000000-" SPAN "-01", false },
		{ "00-" ID "-0000000000000000-01", false },
		{ "00-4BF92F3577B34DA6A3CE929D0E0E4736-" SPAN "-01", false },
		{ "00-4bf92f3577b34da6a3ce929d0e0e473G-" SPAN "-01", false },
		{ "00-4bf92f3577b34da6a3ce929d0e0e473.-" SPAN "-01", false },
		{ "00-4bf92f3577b34da6a3ce929d0e0e473-" SPAN "-01", false },
		{ "00-" ID "-00F067AA0BA902B7-01", false },
		{ "00-" ID "-00f067aa0ba902b-01", false },
		{ "00_" ID "_" SPAN "_01", false },
		{ "00-" ID "-" SPAN "-01,00-" ID "-" SPAN "-01", false },
		{ "00-\n"
		  "bf92f3577b34da6a3ce929d0e0e4736-" SPAN "-01",
		    false },
	};
	char out[TRACE_ID_LEN + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		trace_id_of(str_of(t[i].parent), out);
		if ((strcmp(out, ID) == 0) != t[i].kept)
			fail_msg("\"%s\" gave %s", t[i].parent, out);
		assert_int_equal(strlen(out), TRACE_ID_LEN);
		assert_int_equal(strspn(out, "0123456789abcdef"), TRACE_ID_LEN);
	}
}

static void
own_ones_differ(void **state)
{
	char first[TRACE_ID_LEN + 1], second[TRACE_ID_LEN + 1];

	(void)state;
	trace_id_of(STR_NONE, first);
	trace_id_of(STR_NONE, second);
	assert_string_not_equal(first, second);
	assert_int_not_equal(strspn(first, "0"), TRACE_ID_LEN);
}

static void
child_makes(char out[TRACE_ID_LEN + 1])
{
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	if ((pid = fork()) == 0) {
		trace_id_of(STR_NONE, out);
		_exit(write(fds[1], out, TRACE_ID_LEN + 1) == TRACE_ID_LEN + 1 ? 0 : 1);
	}
	assert_true(pid > 0);
	assert_int_equal(read(fds[0], out, TRACE_ID_LEN + 1), TRACE_ID_LEN + 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(fds[0]);
	close(fds[1]);
}

/*
 * Two workers of one master have nothing in common (R051). Runs first: like a master, the parent has made none
 * before.
 */
static void
workers_differ(void **state)
{
	char one[TRACE_ID_LEN + 1], two[TRACE_ID_LEN + 1];

	(void)state;
	child_makes(one);
	child_makes(two);
	assert_memory_not_equal(one, two, 16);
}

/* The caller's span and decision, of a traceparent that is believed; the lowest bit alone says whether it is sampled. */
static void
caller_decides(void **state)
{
	static const struct {
		const char *flags;
		enum trace_decision said;
	} cases[] = { { "00", TRACE_UNWANTED }, { "01", TRACE_WANTED }, { "02", TRACE_UNWANTED }, { "ff", TRACE_WANTED } };
	char text[64], parent[SPAN_ID_HEX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-%s", cases[i].flags);
		assert_int_equal(trace_parent_of(str_of(text), parent), cases[i].said);
		assert_string_equal(parent, "00f067aa0ba902b7");
	}
	assert_int_equal(trace_parent_of(STR_NONE, parent), TRACE_UNDECIDED);
	assert_string_equal(parent, "");
	assert_int_equal(
	    trace_parent_of(STR_LIT("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"), parent), TRACE_UNDECIDED);
	assert_string_equal(parent, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(workers_differ),
		cmocka_unit_test(parents),
		cmocka_unit_test(own_ones_differ),
		cmocka_unit_test(caller_decides),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
