/* How many events wait: all of them, wherever they are; and "nobody knows" when Redis cannot say. */
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_all_are_counted, fixture_fresh),
		cmocka_unit_test_setup(test_nonsense, fixture_fresh),
	};

	return (fixture_main("outbox", tests, sizeof(tests) / sizeof(tests[0])));
}
