/* SPDX-License-Identifier: ISC */
/* Counters of guesses on a real Redis: each rule of lua/guess.lua. Time passes by editing what is stored, not by waiting. */
#include "fixture.h"

#define SECOND 1000
#define HOUR (3600 * SECOND)

static const struct guess_limits account = {
	.free = 5, .delay = SECOND, .delay_max = 60 * SECOND, .most = 12, .device_most = 3, .reset = HOUR
};
static const struct guess_limits address = {
	.free = 1000000, .delay = 1, .delay_max = 1, .most = 4, .device_most = 1, .reset = 60 * SECOND, .window = true
};

static uint8_t device[DEVICE_KEY_LEN] = "device01";

static struct guess
guess_of(const struct guess_limits *limits, uint8_t n)
{
	struct guess g = { .kind = limits->window ? GUESS_ADDRESS : GUESS_ACCOUNT,
		.limits = limits,
		.life = 20 * SECOND,
		.report_every = 60 * SECOND };

	memcpy(g.counter, fx.user_key, USER_KEY_LEN);
	fixture_fill(g.id, sizeof(g.id), n);
	return (g);
}

static struct guess
step(struct guess g, enum guess_step what)
{

	g.step = what;
	redis_store_ops.guess(fx.store, &g, 1);
	assert_int_equal(g.rc, DW_OK);
	return (g);
}

static struct guess
reserve(const struct guess_limits *limits, uint8_t n, const uint8_t *dev)
{
	struct guess g = guess_of(limits, n);

	g.device = dev;
	return (step(g, GUESS_RESERVE));
}

static void
fail_once(const struct guess_limits *limits, uint8_t n, const uint8_t *dev)
{
	struct guess g = reserve(limits, n, dev);

	assert_int_equal(g.verdict, GUESS_GRANTED);
	step(g, GUESS_FAILED);
}

static const char *
key_of(const struct guess_limits *limits)
{
	static char key[KEYS_COUNTER_LEN + 1];

	keys_counter(limits->window ? GUESS_ADDRESS : GUESS_ACCOUNT, fx.user_key, key);
	return (key);
}

/* Moves all times of a field into the past. */
static void
age(const struct guess_limits *limits, const char *field, size_t len, int64_t ms)
{
	uint8_t v[2048];
	redisReply *r = fixture_raw("HGET %s %b", key_of(limits), field, len);
	size_t n = r->len;

	assert_int_equal(r->type, REDIS_REPLY_STRING);
	memcpy(v, r->str, n);
	freeReplyObject(r);
	for (size_t at = 4; at < n; at += at == 4 ? 6 : 14) {
		uint64_t t = 0;

		memcpy(&t, v + at, 6);
		t = t == 0 ? 0 : t - (uint64_t)ms;
		memcpy(v + at, &t, 6);
	}
	freeReplyObject(fixture_raw("HSET %s %b %b", key_of(limits), field, len, v, n));
}

static void
test_the_sixth_waits(void **state)
{
	struct guess g;

	(void)state;
	for (uint8_t i = 0; i < 5; i++)
		fail_once(&account, i, NULL);
	g = reserve(&account, 9, NULL);
	assert_int_equal(g.verdict, GUESS_WAIT);
	assert_true(g.wait_ms > 0 && g.wait_ms <= SECOND);
	assert_true(g.report);
	assert_false(reserve(&account, 10, NULL).report); /* once a minute */
}

/* 1, 2, 4 … seconds, at most delay_max; at the most failures the rest of reset. */
static void
test_delays_double(void **state)
{
	static const int64_t waits[] = { 1, 2, 4, 8, 16, 32, 60 };
	struct guess g;

	(void)state;
	for (uint8_t i = 0; i < 5; i++)
		fail_once(&account, i, NULL);
	for (uint8_t i = 0; i < 7; i++) {
		g = reserve(&account, 20, NULL);
		assert_int_equal(g.verdict, GUESS_WAIT);
		assert_true(g.wait_ms > (waits[i] - 1) * SECOND && g.wait_ms <= waits[i] * SECOND);
		age(&account, "a", 1, waits[i] * SECOND);
		fail_once(&account, (uint8_t)(30 + i), NULL);
	}
	g = reserve(&account, 40, NULL);
	assert_true(g.verdict == GUESS_WAIT && g.wait_ms > HOUR - SECOND && g.wait_ms <= HOUR);
	age(&account, "a", 1, HOUR);
	for (uint8_t i = 0; i < 5; i++)
		fail_once(&account, (uint8_t)(50 + i), NULL);
}

static void
test_guesses_at_once_share_the_budget(void **state)
{
	struct guess open[5];
	int granted = 0;

	(void)state;
	for (uint8_t i = 0; i < 50; i++) {
		struct guess g = reserve(&account, i, NULL);

		if (g.verdict == GUESS_GRANTED)
			open[granted++] = g;
		else
			assert_int_equal(g.verdict, GUESS_UNDECIDED);
		assert_true(granted <= 5);
	}
	assert_int_equal(granted, 5);
	step(open[0], GUESS_UNJUDGED); /* given back: room for one more */
	assert_int_equal(reserve(&account, 60, NULL).verdict, GUESS_GRANTED);
	assert_int_equal(reserve(&account, 61, NULL).verdict, GUESS_UNDECIDED);
	for (int i = 1; i < 5; i++)
		step(open[i], GUESS_FAILED);
	assert_int_equal(reserve(&account, 62, NULL).verdict, GUESS_UNDECIDED);
	age(&account, "a", 1, 20 * SECOND); /* whoever had the last one is dead: that was no guess */
	assert_int_equal(reserve(&account, 63, NULL).verdict, GUESS_GRANTED);
	assert_int_equal(reserve(&account, 64, NULL).verdict, GUESS_UNDECIDED);
}

/* After a delay one at a time: else those that waited would all be let in together. */
static void
test_one_at_a_time_after_a_delay(void **state)
{

	(void)state;
	for (uint8_t i = 0; i < 5; i++)
		fail_once(&account, i, NULL);
	age(&account, "a", 1, SECOND);
	assert_int_equal(reserve(&account, 10, NULL).verdict, GUESS_GRANTED);
	assert_int_equal(reserve(&account, 11, NULL).verdict, GUESS_UNDECIDED);
}

/* A connection may die after a script ran: it is sent again, and must count once. */
static void
test_sent_twice(void **state)
{
	struct guess g = reserve(&account, 1, NULL);

	(void)state;
	assert_int_equal(step(g, GUESS_RESERVE).verdict, GUESS_GRANTED);
	step(g, GUESS_FAILED);
	step(g, GUESS_FAILED);
	for (uint8_t i = 2; i < 6; i++)
		fail_once(&account, i, NULL);
	assert_int_equal(reserve(&account, 9, NULL).verdict, GUESS_WAIT);
}

static void
test_success_sets_back(void **state)
{

	(void)state;
	for (uint8_t i = 0; i < 4; i++)
		fail_once(&account, i, NULL);
	assert_int_equal(step(guess_of(&account, 0), GUESS_LOOK).failures, 4);
	assert_int_equal(step(reserve(&account, 5, NULL), GUESS_SUCCEEDED).failures, 4);
	assert_int_equal(step(guess_of(&account, 0), GUESS_LOOK).failures, 0);
	assert_int_equal(step(reserve(&account, 6, NULL), GUESS_SUCCEEDED).failures, 0);
	assert_int_equal(fixture_int("EXISTS %s", key_of(&account)), 0);
	for (uint8_t i = 0; i < 5; i++)
		fail_once(&account, i, NULL);
	assert_int_equal(reserve(&account, 9, NULL).verdict, GUESS_WAIT);
}

static void
test_known_device(void **state)
{
	struct guess g;

	(void)state;
	for (uint8_t i = 0; i < 5; i++)
		fail_once(&account, i, NULL);
	for (uint8_t i = 10; i < 13; i++)
		fail_once(&account, i, device);
	g = reserve(&account, 20, device);
	assert_int_equal(g.verdict, GUESS_WAIT);
	assert_true(g.wait_ms <= SECOND); /* what is left of the shorter one */
	age(&account, "a", 1, SECOND);
	g = reserve(&account, 21, device);
	assert_int_equal(g.verdict, GUESS_GRANTED);
	step(g, GUESS_SUCCEEDED);
	assert_int_equal(fixture_int("HLEN %s", key_of(&account)), 0 + (int)fixture_int("HEXISTS %s a", key_of(&account)));
	for (uint8_t i = 0; i < 5; i++)
		fail_once(&account, i, NULL);
	for (uint8_t i = 10; i < 13; i++)
		fail_once(&account, i, device);
}

/* From the first failure on, whatever comes later, and a success somewhere else does not help. */
static void
test_address(void **state)
{
	struct guess g;

	(void)state;
	for (uint8_t i = 0; i < 4; i++) {
		fail_once(&address, i, NULL);
		age(&address, "a", 1, 10 * SECOND);
	}
	g = reserve(&address, 9, NULL);
	assert_int_equal(g.verdict, GUESS_WAIT);
	assert_true(g.wait_ms > 15 * SECOND && g.wait_ms <= 20 * SECOND);
	age(&address, "a", 1, 20 * SECOND);
	g = reserve(&address, 10, NULL);
	assert_int_equal(g.verdict, GUESS_GRANTED);
	step(g, GUESS_UNJUDGED);
}

/* Everything expires; and a name that nobody guesses at leaves nothing. */
static void
test_expiry(void **state)
{
	struct guess g;

	(void)state;
	g = reserve(&account, 1, NULL);
	assert_true(fixture_int("TTL %s", key_of(&account)) <= 61);
	step(g, GUESS_UNJUDGED);
	assert_int_equal(fixture_int("EXISTS %s", key_of(&account)), 0);
	fail_once(&account, 2, NULL);
	assert_true(fixture_int("TTL %s", key_of(&account)) > 3590);
	assert_true(fixture_int("TTL %s", key_of(&account)) <= 3601);
	fail_once(&address, 2, NULL);
	assert_true(fixture_int("TTL %s", key_of(&address)) <= 61);
}

static void
test_clear(void **state)
{
	struct guess g = guess_of(&account, 0);

	(void)state;
	assert_false(step(g, GUESS_CLEAR).cleared);
	for (uint8_t i = 0; i < 5; i++)
		fail_once(&account, i, NULL);
	for (uint8_t i = 10; i < 13; i++)
		fail_once(&account, i, device);
	assert_true(step(g, GUESS_CLEAR).cleared);
	assert_int_equal(fixture_int("EXISTS %s", key_of(&account)), 0);
	fail_once(&account, 20, NULL);
}

/* A clock that was set back makes nobody wait longer than the delay. */
static void
test_clock_set_back(void **state)
{
	struct guess g;

	(void)state;
	for (uint8_t i = 0; i < 5; i++)
		fail_once(&account, i, NULL);
	age(&account, "a", 1, -10 * HOUR);
	g = reserve(&account, 9, NULL);
	assert_true(g.verdict == GUESS_WAIT && g.wait_ms <= SECOND);
	step(guess_of(&account, 0), GUESS_CLEAR);
	g = reserve(&account, 1, NULL);
	for (uint8_t i = 2; i < 6; i++)
		reserve(&account, i, NULL);
	age(&account, "a", 1, -10 * HOUR);
	assert_int_equal(reserve(&account, 9, NULL).verdict, GUESS_GRANTED); /* reservations of the future are none */
}

/* Two counters, two answers, together. */
static void
test_together(void **state)
{
	struct guess g[2] = { guess_of(&account, 1), guess_of(&address, 1) };

	(void)state;
	for (uint8_t i = 0; i < 4; i++)
		fail_once(&address, (uint8_t)(i + 10), NULL);
	redis_store_ops.guess(fx.store, g, 2);
	assert_int_equal(g[0].rc, DW_OK);
	assert_int_equal(g[0].verdict, GUESS_GRANTED);
	assert_int_equal(g[1].rc, DW_OK);
	assert_int_equal(g[1].verdict, GUESS_WAIT);
}

/* What cannot be read is no consent. */
static void
test_nonsense(void **state)
{
	struct guess g = guess_of(&account, 1);

	(void)state;
	freeReplyObject(fixture_raw("SET %s x", key_of(&account)));
	redis_store_ops.guess(fx.store, &g, 1);
	assert_int_equal(g.rc, DW_FAULT);
	freeReplyObject(fixture_raw("DEL %s", key_of(&account)));
	freeReplyObject(fixture_raw("HSET %s a x", key_of(&account)));
	redis_store_ops.guess(fx.store, &g, 1);
	assert_int_equal(g.rc, DW_FAULT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_the_sixth_waits, fixture_fresh),
		cmocka_unit_test_setup(test_delays_double, fixture_fresh),
		cmocka_unit_test_setup(test_guesses_at_once_share_the_budget, fixture_fresh),
		cmocka_unit_test_setup(test_one_at_a_time_after_a_delay, fixture_fresh),
		cmocka_unit_test_setup(test_sent_twice, fixture_fresh),
		cmocka_unit_test_setup(test_success_sets_back, fixture_fresh),
		cmocka_unit_test_setup(test_known_device, fixture_fresh),
		cmocka_unit_test_setup(test_address, fixture_fresh),
		cmocka_unit_test_setup(test_expiry, fixture_fresh),
		cmocka_unit_test_setup(test_clear, fixture_fresh),
		cmocka_unit_test_setup(test_clock_set_back, fixture_fresh),
		cmocka_unit_test_setup(test_together, fixture_fresh),
		cmocka_unit_test_setup(test_nonsense, fixture_fresh),
	};

	return (fixture_main("guesses", tests, sizeof(tests) / sizeof(tests[0])));
}
