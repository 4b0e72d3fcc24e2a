/* SPDX-License-Identifier: ISC */
/* How many events wait; and what becomes of them where nobody reads them: bounded by age and number, endings last. */
#include "fixture.h"
#include "store/outbox.h"

static uint64_t
push(const char *key, int n)
{
	for (int i = 0; i < n; i++)
		freeReplyObject(redisCommand(fx.raw, "XADD %s * e x", key));
	return ((uint64_t)n);
}

static void
test_all_are_counted(void **state)
{
	struct login_write w = fixture_login(1);
	struct outbox_lengths out;
	uint64_t sum = 0;

	(void)state;
	assert_int_equal(outbox_lengths(fx.store, &out), DW_OK);
	assert_int_equal(out.events, 0);
	(void)fixture_logged_in(&w);
	assert_int_equal(outbox_lengths(fx.store, &out), DW_OK);
	assert_int_equal(out.events, 1);
	freeReplyObject(redisCommand(fx.raw, "FLUSHALL"));
	sum += push("dwo:{000}", 3) + push("dwo:{07f}", 1) + push("dwo:{080}", 5) + push("dwo:{155}", 2) + push("dwo:{3ff}", 4);
	assert_int_equal(outbox_lengths(fx.store, &out), DW_OK);
	assert_int_equal(out.events, sum);
	assert_int_equal(out.longest, 5);
}

/* The connection is of use afterwards: no reply is left over for the next question. */
static void
test_nonsense(void **state)
{
	struct outbox_lengths out;

	(void)state;
	freeReplyObject(redisCommand(fx.raw, "SET dwo:{0aa} x"));
	assert_int_equal(outbox_lengths(fx.store, &out), DW_FAULT);
	assert_int_equal(redis_store_ops.ping(fx.store), DW_OK);
	freeReplyObject(redisCommand(fx.raw, "DEL dwo:{0aa}"));
	assert_int_equal(outbox_lengths(fx.store, &out), DW_OK);
}

#define MOST 128 /* outbox_max of the fixture, a bucket */
#define LOGIN "{\"type\":\"login\",\"ended\":false}"
#define LOGOUT "{\"type\":\"logout\",\"ended\":true}"
#define GUESS "{\"type\":\"login_failed\",\"username\":\"\\\"ended\\\":true\",\"ended\":false}"

/* Puts ${n} events into the outbox as if they had been there for a while. */
static void
there_were(const char *event, int n)
{

	for (int i = 0; i < n; i++)
		freeReplyObject(fixture_raw("XADD %s * e %s", fx.outbox, event));
}

/* A wrong guess, by a process that does not know how full the outbox is. */
static void
guess(void)
{
	struct redis_store *s = fixture_store();
	struct notice n = { .type = "login_failed", .username = "somebody" };

	memcpy(n.user_key, fx.user_key, USER_KEY_LEN);
	assert_int_equal(redis_store_ops.notify(s, &n), DW_OK);
	redis_store_free(s);
}

static uint64_t
lost(void)
{

	return (board_counted(&fx.slot.numbers, COUNT_EVENTS_LOST));
}

/* Any number of wrong guesses: bounded, and what a user did stays. Two processes that do not know of each other: 15 more each.
 */
static void
test_guesses(void **state)
{
	struct redis_store *other = fixture_store();
	struct notice n = { .type = "login_failed" };
	struct login_write w = fixture_login(1);
	uint64_t before = lost();

	(void)state;
	memcpy(n.user_key, fx.user_key, USER_KEY_LEN);
	fixture_logged_in(&w);
	for (int i = 0; i < 300; i++) {
		assert_int_equal(redis_store_ops.notify(fx.store, &n), DW_OK);
		assert_int_equal(redis_store_ops.notify(other, &n), DW_OK);
		assert_true(fixture_int("XLEN %s", fx.outbox) <= MOST + 2 * 15);
	}
	assert_int_equal(fixture_count("login"), 1);
	assert_int_equal(lost() - before, 601 - fixture_int("XLEN %s", fx.outbox));
	redis_store_free(other);
}

/* Wrong guesses make room for a login, then what ended nothing, the oldest first. */
static void
test_order(void **state)
{
	struct redis_store *other = fixture_store();
	struct login_write w = fixture_login(1);
	struct login_reply r;
	uint64_t before = lost();

	(void)state;
	there_were(LOGOUT, 40);
	there_were(LOGIN, 80);
	there_were(GUESS, 8);
	assert_int_equal(redis_store_ops.login(other, &w, &r), DW_OK);
	assert_int_equal(fixture_count("login_failed"), 0);
	assert_int_equal(fixture_count("logout"), 40);
	assert_int_equal(fixture_count("login"), MOST - MOST / 8 - 40 + 1);
	assert_int_equal(lost() - before, MOST / 8);
	redis_store_free(other);
}

/* A guess finds no room among what weighs more; a login finds none among endings; an ending takes the place of the oldest ones.
 */
static void
test_full(void **state)
{
	struct end_write out = fixture_logout_record(1, END_USER, SCOPE_SESSION);
	struct redis_store *other = fixture_store();
	struct login_write w = fixture_login(1);
	struct login_reply in;
	struct end_reply end;

	(void)state;
	there_were(LOGIN, MOST);
	guess();
	assert_int_equal(fixture_count("login"), MOST);
	assert_int_equal(fixture_count("login_failed"), 0);
	freeReplyObject(fixture_raw("DEL %s", fx.outbox));
	there_were(LOGOUT, MOST);
	assert_int_equal(redis_store_ops.login(other, &w, &in), DW_OK);
	assert_int_equal(fixture_count("login"), 0);
	assert_int_equal(fixture_count("logout"), MOST);
	assert_int_equal(redis_store_ops.end(other, &out, NULL, &end), DW_OK);
	assert_int_equal(end.ended, 1);
	assert_int_equal(fixture_count("logout"), MOST - MOST / 8 + 1);
	redis_store_free(other);
}

/* Of an outbox that was never bounded, or had a relay once, a bounded part is looked at. */
static void
test_neglected(void **state)
{

	(void)state;
	there_were(GUESS, 3);
	there_were(LOGOUT, 10 * MOST);
	guess();
	assert_int_equal(fixture_count("logout"), 2 * MOST);
}

/* What is older than outbox.keep goes, whatever it was. */
static void
test_age(void **state)
{
	long long now = (long long)fixture_time();

	(void)state;
	freeReplyObject(fixture_raw("XADD %s %lld000-1 e %s", fx.outbox, now - 3610, LOGOUT));
	freeReplyObject(fixture_raw("XADD %s %lld000-1 e %s", fx.outbox, now - 3500, LOGIN));
	guess();
	assert_int_equal(fixture_count("logout"), 0);
	assert_int_equal(fixture_count("login"), 1);
	assert_int_equal(fixture_count("login_failed"), 1);
}

/* A process that has looked a moment ago looks again in time. */
static void
test_age_in_time(void **state)
{
	struct notice n = { .type = "login_failed" };
	int64_t keep = fx.conf.outbox_keep;

	(void)state;
	memcpy(n.user_key, fx.user_key, USER_KEY_LEN);
	fx.conf.outbox_keep = 1000;
	for (int i = 0; i < 3; i++)
		assert_int_equal(redis_store_ops.notify(fx.store, &n), DW_OK);
	fixture_sleep(2100);
	assert_int_equal(redis_store_ops.notify(fx.store, &n), DW_OK);
	assert_int_equal(fixture_int("XLEN %s", fx.outbox), 1);
	fx.conf.outbox_keep = keep;
}

/* Somebody reads it: nothing goes and nothing is left out, by age or by number. */
static void
test_relay(void **state)
{
	long long now = (long long)fixture_time();

	(void)state;
	freeReplyObject(fixture_raw("XADD %s %lld000-1 e %s", fx.outbox, now - 7200, LOGOUT));
	there_were(LOGIN, 2 * MOST);
	freeReplyObject(fixture_raw("XGROUP CREATE %s ledger 0", fx.outbox));
	guess();
	assert_int_equal(fixture_int("XLEN %s", fx.outbox), 2 * MOST + 2);
}

/* A Redis user that may not look goes on without. */
static void
test_not_allowed(void **state)
{

	(void)state;
	there_were(LOGIN, MOST);
	freeReplyObject(fixture_raw("ACL SETUSER default -xrange"));
	guess();
	freeReplyObject(fixture_raw("ACL SETUSER default +xrange"));
	assert_int_equal(fixture_count("login_failed"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_all_are_counted, fixture_fresh),
		cmocka_unit_test_setup(test_nonsense, fixture_fresh),
		cmocka_unit_test_setup(test_guesses, fixture_fresh),
		cmocka_unit_test_setup(test_order, fixture_fresh),
		cmocka_unit_test_setup(test_full, fixture_fresh),
		cmocka_unit_test_setup(test_neglected, fixture_fresh),
		cmocka_unit_test_setup(test_age, fixture_fresh),
		cmocka_unit_test_setup(test_age_in_time, fixture_fresh),
		cmocka_unit_test_setup(test_relay, fixture_fresh),
		cmocka_unit_test_setup(test_not_allowed, fixture_fresh),
	};

	return (fixture_main("outbox", tests, sizeof(tests) / sizeof(tests[0])));
}
