/* SPDX-License-Identifier: ISC */
/* Which counters are asked, what their answers come to, and what is given back. The counting itself: tests/unit/store/guess.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../fake.h"
#include "auth/known_device.h"
#include "auth/throttle.h"

static struct throttle t;
static char *exempt[] = { "198.51.100.0/24", "2001:db8:77::/48", NULL };

static int
setup(void **state)
{

	fake_fresh(state);
	fake.conf.throttle_enabled = true;
	fake.conf.throttle_free = 5;
	fake.conf.throttle_account_max = 100;
	fake.conf.throttle_exempt = exempt;
	return (0);
}

static enum throttle_verdict
reserve(const char *name, const char *ip)
{
	struct throttle_who who = { .name = str_of(name), .is_name = true, .ip = ip };

	return (throttle_reserve(&fake.app, &who, &t));
}

static void
expect_steps(const char *steps)
{

	assert_string_equal(fake.guess_steps, steps);
	fake.guess_steps[0] = '\0';
}

/* One question, in the place of the ping. */
static void
test_one_question(void **state)
{

	(void)state;
	assert_int_equal(reserve("alice", "192.0.2.1"), THROTTLE_GO);
	assert_string_equal(fake.trail_text, "guess ");
	expect_steps("a0 i0 ");
	assert_true(throttle_settle(&fake.app, &t, GUESS_FAILED));
	assert_string_equal(fake.trail_text, "guess guess ");
	expect_steps("a1 i1 ");
}

static void
test_off(void **state)
{

	(void)state;
	fake.conf.throttle_enabled = false;
	assert_int_equal(reserve("alice", "192.0.2.1"), THROTTLE_GO);
	assert_true(throttle_settle(&fake.app, &t, GUESS_FAILED));
	fake.ping_rc = DW_UNAVAILABLE;
	assert_int_equal(reserve("alice", "192.0.2.1"), THROTTLE_NO_STORE);
	assert_string_equal(fake.trail_text, "ping ping ");
}

/* A success forgives the account, not the address. */
static void
test_success(void **state)
{

	(void)state;
	assert_int_equal(reserve("alice", "192.0.2.1"), THROTTLE_GO);
	assert_true(throttle_settle(&fake.app, &t, GUESS_SUCCEEDED));
	expect_steps("a0 i0 a2 i3 ");
}

/* Whoever refuses, the other one gets back what it granted. */
static void
test_refusals(void **state)
{

	(void)state;
	fake.guess_verdict[0] = GUESS_WAIT;
	assert_int_equal(reserve("alice", "192.0.2.1"), THROTTLE_WAIT);
	assert_int_equal(t.wait_ms, 1500);
	assert_false(t.report);
	expect_steps("a0 i0 i3 ");
	fake.guess_verdict[0] = GUESS_GRANTED;
	fake.guess_verdict[1] = GUESS_WAIT;
	fake.guess_report[1] = true;
	fake.guess_wait[1] = 7000;
	assert_int_equal(reserve("alice", "192.0.2.1"), THROTTLE_WAIT);
	assert_int_equal(t.wait_ms, 7000);
	assert_true(t.report);
	expect_steps("a0 i0 a3 ");
	fake.guess_verdict[0] = GUESS_WAIT;
	assert_int_equal(reserve("alice", "192.0.2.1"), THROTTLE_WAIT);
	assert_int_equal(t.wait_ms, 7000); /* both have to pass */
	expect_steps("a0 i0 ");
	fake.guess_verdict[0] = GUESS_UNDECIDED;
	fake.guess_verdict[1] = GUESS_GRANTED;
	assert_int_equal(reserve("alice", "192.0.2.1"), THROTTLE_UNDECIDED);
	expect_steps("a0 i0 i3 ");
}

static void
test_outages(void **state)
{

	(void)state;
	fake.guess_rc[1] = DW_UNAVAILABLE;
	assert_int_equal(reserve("alice", "192.0.2.1"), THROTTLE_GO);
	assert_true(throttle_settle(&fake.app, &t, GUESS_FAILED));
	expect_steps("a0 i0 a1 ");
	fake.guess_rc[0] = DW_UNAVAILABLE;
	assert_int_equal(reserve("alice", "192.0.2.1"), THROTTLE_NO_STORE);
	fake.guess_rc[0] = DW_FAULT;
	assert_int_equal(reserve("alice", "192.0.2.1"), THROTTLE_NO_STORE);
	fake.guess_rc[0] = DW_OK;
	assert_int_equal(reserve("alice", "192.0.2.1"), THROTTLE_GO);
	fake.guess_rc[0] = DW_UNAVAILABLE;
	assert_false(throttle_settle(&fake.app, &t, GUESS_FAILED));
}

static bool
same_counter(int i, const char *name, const char *ip, const char *name2, const char *ip2)
{
	uint8_t first[USER_KEY_LEN];

	assert_int_equal(reserve(name, ip), THROTTLE_GO);
	memcpy(first, fake.guessed[i].counter, sizeof(first));
	assert_int_equal(reserve(name2, ip2), THROTTLE_GO);
	return (memcmp(first, fake.guessed[i].counter, sizeof(first)) == 0);
}

/* IPv4 by address, "mapped" or not; IPv6 by /64. */
static void
test_addresses(void **state)
{

	(void)state;
	assert_true(same_counter(1, "a", "192.0.2.1", "b", "192.0.2.1"));
	assert_true(same_counter(1, "a", "192.0.2.1", "b", "::ffff:192.0.2.1"));
	assert_false(same_counter(1, "a", "192.0.2.1", "a", "192.0.2.2"));
	assert_true(same_counter(1, "a", "2001:db8:1:2::1", "a", "2001:db8:1:2:ffff:ffff:ffff:ffff"));
	assert_false(same_counter(1, "a", "2001:db8:1:2::1", "a", "2001:db8:1:3::1"));
	assert_true(same_counter(1, "a", "fe80::1%eth0", "b", "fe80::2")); /* as Apache names a neighbour */
	assert_true(same_counter(0, "a", "192.0.2.1", "a", "192.0.2.2"));
	assert_false(same_counter(0, "a", "192.0.2.1", "b", "192.0.2.1"));
}

static void
test_not_by_address(void **state)
{
	static const char *const rows[] = { "", "unix:", "198.51.100.7", "::ffff:198.51.100.7", "2001:db8:77:5::1" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(reserve("alice", rows[i]), THROTTLE_GO);
		assert_true(throttle_settle(&fake.app, &t, GUESS_FAILED));
		expect_steps("a0 a1 ");
	}
}

/* A text that can be nobody's name has a counter of its own, never that of a name. */
static void
test_no_name(void **state)
{
	struct throttle_who who = { .name = STR_LIT("alice"), .is_name = false, .ip = "" };
	uint8_t first[USER_KEY_LEN];

	(void)state;
	assert_int_equal(throttle_reserve(&fake.app, &who, &t), THROTTLE_GO);
	memcpy(first, fake.guessed[0].counter, sizeof(first));
	assert_int_equal(reserve("alice", ""), THROTTLE_GO);
	assert_memory_not_equal(first, fake.guessed[0].counter, sizeof(first));
}

static void
test_browser_that_is_known(void **state)
{
	char text[KNOWN_DEVICE_TEXT + 1];
	struct throttle_who who = { .name = STR_LIT("alice"), .is_name = true, .ip = "" };

	(void)state;
	known_device_make(fake.app.keys, who.name, (const uint8_t *)"browser1", FAKE_NOW, text);
	who.device_cookie = str_of(text);
	fake.guess_verdict[0] = GUESS_WAIT; /* but not where it comes from a known device */
	assert_int_equal(throttle_reserve(&fake.app, &who, &t), THROTTLE_GO);
	assert_memory_equal(fake.guessed[0].device, "browser1", DEVICE_KEY_LEN);
	assert_string_equal(fake.trail_text, "guess ");
	who.name = STR_LIT("bob");
	assert_int_equal(throttle_reserve(&fake.app, &who, &t), THROTTLE_WAIT);
}

/* Only where the account's own counter is in the way is anybody asked for the device. */
static void
test_client_that_is_known(void **state)
{
	struct throttle_who who = {
		.name = STR_LIT("alice"), .is_name = true, .ip = "192.0.2.1", .device_id = STR_LIT("phone")
	};

	(void)state;
	fake.get_device_rc = DW_OK;
	assert_int_equal(throttle_reserve(&fake.app, &who, &t), THROTTLE_GO);
	assert_string_equal(fake.trail_text, "guess ");
	expect_steps("a0 i0 ");
	fake.guess_verdict[0] = GUESS_WAIT;
	assert_int_equal(throttle_reserve(&fake.app, &who, &t), THROTTLE_GO);
	assert_string_equal(fake.trail_text, "guess guess find get_device guess ");
	expect_steps("a0 i0 a0 ");
	assert_true(throttle_settle(&fake.app, &t, GUESS_FAILED));
	expect_steps("a1 i1 ");
	fake.get_device_rc = DW_ABSENT;
	assert_int_equal(throttle_reserve(&fake.app, &who, &t), THROTTLE_WAIT);
	expect_steps("a0 i0 i3 ");
	fake.get_device_rc = DW_UNAVAILABLE;
	assert_int_equal(throttle_reserve(&fake.app, &who, &t), THROTTLE_NO_USERDB);
	expect_steps("a0 i0 i3 ");
	fake.get_device_rc = DW_OK;
	fake.guess_device_verdict = GUESS_WAIT;
	assert_int_equal(throttle_reserve(&fake.app, &who, &t), THROTTLE_WAIT);
	expect_steps("a0 i0 a0 i3 ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_one_question, setup),
		cmocka_unit_test_setup(test_off, setup),
		cmocka_unit_test_setup(test_success, setup),
		cmocka_unit_test_setup(test_refusals, setup),
		cmocka_unit_test_setup(test_outages, setup),
		cmocka_unit_test_setup(test_addresses, setup),
		cmocka_unit_test_setup(test_not_by_address, setup),
		cmocka_unit_test_setup(test_no_name, setup),
		cmocka_unit_test_setup(test_browser_that_is_known, setup),
		cmocka_unit_test_setup(test_client_that_is_known, setup),
	};

	return (cmocka_run_group_tests_name("throttle", tests, fake_begin, fake_end));
}
