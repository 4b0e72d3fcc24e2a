/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "session/liveness.h"

static const struct {
	const char *what;
	struct session s;
	int64_t cookie, family, end;
} rows[] = {
	{ "nothing issued", { .absolute = 900, .access_exp = 900 }, 0, 0, 0 },
	{ "sliding, idle first",
	    { .has_cookie = true, .policy = POLICY_SLIDING, .last_seen = 100, .idle = 50, .absolute = 900 }, 150, 0, 150 },
	{ "sliding, absolute first",
	    { .has_cookie = true, .policy = POLICY_SLIDING, .last_seen = 880, .idle = 50, .absolute = 900 }, 900, 0, 900 },
	{ "sliding without idle", { .has_cookie = true, .policy = POLICY_SLIDING, .last_seen = 100, .absolute = 900 }, 900, 0,
	    900 },
	{ "fixed ignores idle", { .has_cookie = true, .policy = POLICY_FIXED, .last_seen = 100, .idle = 50, .absolute = 900 },
	    900, 0, 900 },
	{ "permanent ignores idle",
	    { .has_cookie = true, .policy = POLICY_PERMANENT, .last_seen = 1, .idle = 5, .absolute = 900 }, 900, 0, 900 },
	{ "family only",
	    { .policy = POLICY_SLIDING,
		.absolute = 900,
		.has_family = true,
		.rotated = 100,
		.family_idle = 30,
		.family_absolute = 500 },
	    0, 130, 130 },
	{ "family absolute", { .has_family = true, .rotated = 490, .family_idle = 30, .family_absolute = 500 }, 0, 500, 500 },
	{ "family without idle", { .has_family = true, .rotated = 100, .family_absolute = 500 }, 0, 500, 500 },
	{ "access token last",
	    { .has_family = true, .rotated = 100, .family_idle = 30, .family_absolute = 500, .access_exp = 160 }, 0, 130, 160 },
	{ "cookie outlives family",
	    { .has_cookie = true,
		.policy = POLICY_FIXED,
		.absolute = 900,
		.has_family = true,
		.rotated = 100,
		.family_idle = 30,
		.family_absolute = 500,
		.access_exp = 160 },
	    900, 130, 900 },
	{ "saturates",
	    { .has_cookie = true,
		.policy = POLICY_SLIDING,
		.last_seen = INT64_MAX - 1,
		.idle = 50,
		.absolute = INT64_MAX,
		.has_family = true,
		.rotated = INT64_MAX,
		.family_idle = INT64_MAX,
		.family_absolute = INT64_MAX },
	    INT64_MAX, INT64_MAX, INT64_MAX },
	{ "beyond 2038",
	    { .has_cookie = true,
		.policy = POLICY_SLIDING,
		.last_seen = INT64_C(4000000000),
		.idle = 10,
		.absolute = INT64_C(5000000000) },
	    INT64_C(4000000010), 0, INT64_C(4000000010) },
};

static void
test_ends(void **state)
{

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (session_cookie_end(&rows[i].s) != rows[i].cookie || session_family_end(&rows[i].s) != rows[i].family ||
		    session_end(&rows[i].s) != rows[i].end)
			fail_msg("%s", rows[i].what);
	}
}

/* Of the session that ends at 900 and was created at 100. */
static void
test_alive(void **state)
{
	static const struct {
		int64_t not_before, now;
		bool alive, is_void;
	} t[] = {
		{ 0, 899, true, false },
		{ 0, 900, false, false },
		{ 0, 50, true, false }, /* a clock that stepped back ends nothing */
		{ 100, 899, true, false },
		{ 101, 899, false, true },
		{ 101, 900, false, true },
	};
	const struct session s = { .has_cookie = true, .policy = POLICY_FIXED, .created = 100, .absolute = 900 }, none = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(session_is_alive(&s, t[i].not_before, t[i].now), t[i].alive);
		assert_int_equal(session_is_void(&s, t[i].not_before), t[i].is_void);
	}
	assert_false(session_is_alive(&none, 0, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_ends), cmocka_unit_test(test_alive) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
