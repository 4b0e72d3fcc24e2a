/* SPDX-License-Identifier: ISC */
/* The newest events of all outboxes: newest first, so many, so old at most, and of one outbox alone. */
#include "fixture.h"
#include "store/recent.h"

static struct str found[RECENT_MAX];
static size_t n;

/* An event so many seconds ago, in the middle of a second. */
static void
add(unsigned bucket, int64_t ago, int seq, int number)
{
	long long ms = (long long)(fixture_time() - ago) * 1000 + 500;

	freeReplyObject(fixture_raw("XADD dwo:{%03x} %lld-%d e {\"n\":%d}", bucket, ms, seq, number));
}

static void
look(const uint8_t *user_key, size_t most)
{
	redis_store_ops.look_at_clock(fx.store);
	assert_int_equal(recent_events(fx.store, 3600, user_key, most, &fx.arena, found, &n), DW_OK);
}

static void
expect(const int *numbers, size_t count)
{
	char text[32];

	assert_int_equal(n, count);
	for (size_t i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "{\"n\":%d}", numbers[i]);
		assert_string_equal(found[i].p, text);
	}
}

/* From the last seconds to the whole hour; two of one millisecond by their number; what is older is left out. */
static void
test_newest_first(void **state)
{
	static const int all[] = { 1, 2, 3, 4, 5, 6, 7 };

	(void)state;
	add(0x3ff, 3500, 0, 7);
	add(0x000, 10, 1, 3);
	add(0x155, 10, 0, 4);
	add(0x154, 2, 0, 1);
	add(0x010, 600, 0, 6);
	add(0x011, 30, 0, 5);
	add(0x000, 5, 0, 2);
	add(0x001, 3700, 0, 8);
	look(NULL, RECENT_MAX);
	expect(all, 7);
	look(NULL, 3);
	expect(all, 3);
	look(NULL, 1);
	expect(all, 1);
}

/* One stream with more than is asked for, beside others: the newest of all, as many as fit, and nothing twice. */
static void
test_many(void **state)
{
	int want[RECENT_MAX];

	(void)state;
	for (int i = 0; i < 300; i++)
		add((unsigned)(i % 3 == 0 ? 7 : i), 1000 - i * 3, i, i);
	look(NULL, RECENT_MAX);
	for (int i = 0; i < RECENT_MAX; i++)
		want[i] = 299 - i;
	expect(want, RECENT_MAX);
}

static void
test_of_one_user(void **state)
{
	static const int his[] = { 3, 1 };

	(void)state;
	add(keys_bucket(fx.user_key), 100, 0, 1);
	add((keys_bucket(fx.user_key) + 1) % KEYS_BUCKETS, 50, 0, 2);
	add(keys_bucket(fx.user_key), 20, 0, 3);
	look(fx.user_key, RECENT_MAX);
	expect(his, 2);
}

static void
test_none(void **state)
{

	(void)state;
	look(NULL, RECENT_MAX);
	expect(NULL, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_newest_first, fixture_fresh),
		cmocka_unit_test_setup(test_many, fixture_fresh),
		cmocka_unit_test_setup(test_of_one_user, fixture_fresh),
		cmocka_unit_test_setup(test_none, fixture_fresh),
	};

	return (fixture_main("store/recent", tests, sizeof(tests) / sizeof(tests[0])));
}
