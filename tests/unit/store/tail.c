/* SPDX-License-Identifier: ISC */
/* All outboxes in one order, whatever lies in which of them; from a time, from an id; and what is there twice or not at all. */
#include <signal.h>

#include "fixture.h"
#include "store/event_id.h"
#include "store/tail.h"

#define MANY 40000

/* What was read: the numbers in events {"n":…}. */
struct seen {
	int n[MANY + 100];
	size_t count;
	size_t enough; /* stop here */
};

static struct seen seen;

static bool
see(void *arg, struct str json)
{
	struct seen *s = arg;
	int n = -1;

	assert_true(s->count < sizeof(s->n) / sizeof(s->n[0]));
	assert_int_equal(sscanf(json.p, "{\"n\":%d", &n), 1);
	s->n[s->count++] = n;
	return (s->enough == 0 || s->count < s->enough);
}

static struct tail *
fresh(void)
{
	struct tail *t = tail_new(fx.store);

	assert_non_null(t);
	seen = (struct seen){ .count = 0 };
	return (t);
}

/* Reads until there is no more. */
static void
drain(struct tail *t)
{
	bool more = true;

	for (int i = 0; more; i++) {
		assert_int_equal(tail_read(t, see, &seen, &more), DW_OK);
		assert_in_range(i, 0, 20000);
	}
}

static void
add(unsigned bucket, const char *at, int n)
{

	freeReplyObject(fixture_raw("XADD dwo:{%03x} %s e {\"n\":%d}", bucket, at, n));
}

static void
expect(const int *n, size_t count)
{

	assert_int_equal(seen.count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(seen.n[i], n[i]);
}

static void
test_order(void **state)
{
	static const int order[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct tail *t = fresh();

	(void)state;
	add(0x3ff, "1000-0", 1);
	add(0x3ff, "1000-1", 3);
	add(0x000, "1000-1", 2);
	add(0x155, "1000-2", 4);
	add(0x154, "2000-0", 6);
	add(0x156, "1999-7", 5);
	add(0x010, "2000-18446744073709551615", 7);
	add(0x00f, "2001-0", 8);
	drain(t);
	expect(order, 8);
	drain(t); /* nothing twice */
	expect(order, 8);
	tail_free(t);
}

/* More in one stream than is asked for at a time, beside others with fewer: the order holds and nothing is left out. */
static void
test_many(void **state)
{
	struct tail *t = fresh();
	char place[32];

	(void)state;
	for (int i = 0; i < MANY; i++) {
		snprintf(place, sizeof(place), "%d-0", 1000 + i);
		redisAppendCommand(
		    fx.raw, "XADD dwo:{%03x} %s e {\"n\":%d}", i % 3 != 0 ? 7 : (i * 37) % KEYS_BUCKETS, place, i);
	}
	for (int i = 0; i < MANY; i++) {
		redisReply *r = NULL;

		assert_int_equal(redisGetReply(fx.raw, (void **)&r), REDIS_OK);
		assert_int_equal(r->type, REDIS_REPLY_STRING);
		freeReplyObject(r);
	}
	drain(t);
	assert_int_equal(seen.count, MANY);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(seen.n[i], i);
	tail_free(t);
}

/* Each stop is a place: whoever stops there goes on there. */
static void
test_one_by_one(void **state)
{
	static const int order[] = { 1, 2, 3, 4, 5, 6 };
	struct tail *t = fresh();
	bool more;

	(void)state;
	add(1, "5-0", 1);
	add(2, "5-0", 2);
	add(3, "5-0", 3);
	add(1, "5-1", 4);
	add(0, "6-0", 5);
	add(0, "6-1", 6);
	for (size_t i = 1; i <= 6; i++) {
		seen.enough = i;
		assert_int_equal(tail_read(t, see, &seen, &more), DW_OK);
		assert_int_equal(seen.count, i);
	}
	expect(order, 6);
	tail_free(t);
}

static int64_t
time_ms(void)
{
	redisReply *r = fixture_raw("TIME");
	int64_t ms = strtoll(r->element[0]->str, NULL, 10) * 1000 + strtoll(r->element[1]->str, NULL, 10) / 1000;

	freeReplyObject(r);
	return (ms);
}

static void
add_at(unsigned bucket, int64_t ms, int n)
{
	char place[32];

	snprintf(place, sizeof(place), "%lld-0", (long long)ms);
	add(bucket, place, n);
}

/* What is as young as the look itself waits for the next one, since older ones could still be on their way. */
static void
test_too_young(void **state)
{
	static const int order[] = { 1, 2, 3 };
	struct tail *t = fresh();
	int64_t now = time_ms();
	bool more;

	(void)state;
	add_at(5, now + 2000, 2);
	add_at(9, now - 10, 1);
	assert_int_equal(tail_read(t, see, &seen, &more), DW_OK);
	expect(order, 1);
	assert_true(more);
	add_at(4, now + 2100, 3);
	while (time_ms() < now + 2200)
		fixture_sleep(50);
	drain(t);
	expect(order, 3);
	tail_free(t);
}

/* A clock that was set back leaves a stream whose numbers are ahead of it: what is added there is seen all the same. */
static void
test_clock_back(void **state)
{
	static const int order[] = { 1, 2, 3 };
	struct tail *t = fresh();

	(void)state;
	assert_int_equal(tail_from_now(t), DW_OK);
	add_at(5, time_ms() + 3600000, 1);
	drain(t);
	expect(order, 1);
	add(5, "*", 2);
	drain(t);
	expect(order, 2);
	add(6, "*", 3);
	fixture_sleep(5);
	drain(t);
	expect(order, 3);
	tail_free(t);
}

/* Another server, which lacks what was told last, and numbers behind it what happens: that is seen, nothing twice, and nothing
 * of before the beginning. */
static void
test_failover(void **state)
{
	static const int order[] = { 1, 2, 3, 4, 5 };
	struct tail *t = fresh();
	int64_t now;

	(void)state;
	assert_int_equal(tail_from_now(t), DW_OK);
	now = time_ms(); /* not before the beginning, however long that took */
	add_at(5, now + 40, 1);
	add_at(9, now + 60, 2);
	while (time_ms() < now + 100)
		fixture_sleep(10);
	drain(t);
	expect(order, 2);
	server_signal(&fx.server, SIGKILL);
	assert_true(server_start(&fx.server));
	redisFree(fx.raw);
	assert_non_null(fx.raw = server_connect(&fx.server));
	freeReplyObject(fixture_raw("FLUSHALL"));
	add_at(5, now + 40, 1);
	add_at(9, now + 50, 3);
	add_at(7, now - 60000, 99);
	drain(t);
	expect(order, 3);
	add_at(9, now + 55, 4);
	add_at(8, now + 30, 5);
	fixture_sleep(5);
	drain(t);
	assert_int_equal(seen.count, 5);
	tail_free(t);
}

static void
test_from_times(void **state)
{
	static const int order[] = { 2, 3 };
	struct tail *t = fresh();
	int64_t now = time_ms();

	(void)state;
	add_at(1, now - 60000, 1);
	add_at(2, now - 20000, 2);
	add_at(3, now - 10000, 3);
	assert_int_equal(tail_from_ago(t, 30000), DW_OK);
	drain(t);
	expect(order, 2);
	seen.count = 0;
	assert_int_equal(tail_from_now(t), DW_OK);
	drain(t);
	assert_int_equal(seen.count, 0);
	add(8, "*", 9);
	fixture_sleep(5);
	drain(t);
	assert_int_equal(seen.count, 1);
	tail_free(t);
}

static void
add_named(unsigned bucket, const char *at, int n, const char *id)
{

	freeReplyObject(fixture_raw("XADD dwo:{%03x} %s e {\"n\":%d,\"id\":\"%s\"}", bucket, at, n, id));
}

static void
test_from_id(void **state)
{
	static const int order[] = { 4, 5, 6 };
	struct tail *t = fresh();
	char id[EVENT_ID_LEN + 1], other[EVENT_ID_LEN + 1], old[] = "AAAAAAAAAAAAAAAAAAAAAA", second[EVENT_ID_MAX + 1];

	(void)state;
	assert_true(event_id_make(0x200, 5, id) && event_id_make(0x200, 5, other));
	snprintf(second, sizeof(second), "%s.AAAAAAAAAAA", id);
	add_named(0x200, "5000-0", 1, other);
	add_named(0x1ff, "5000-1", 2, other);
	add_named(0x200, "5000-1", 3, id);
	add_named(0x200, "5000-2", 5, second);
	add_named(0x201, "5000-1", 4, other);
	add_named(0x000, "5001-0", 6, old);
	assert_int_equal(tail_from_id(t, str_of(id)), DW_OK);
	drain(t);
	expect(order, 3);
	seen.count = 0;
	assert_int_equal(tail_from_id(t, str_of(second)), DW_OK);
	drain(t);
	expect(order + 2, 1);
	tail_free(t);
}

/* An id that says nothing of its bucket is looked for everywhere. */
static void
test_from_old_id(void **state)
{
	static const int order[] = { 3 };
	struct tail *t = fresh();

	(void)state;
	add_named(0x100, "5000-0", 1, "BBBBBBBBBBBBBBBBBBBBBA");
	add_named(0x300, "5001-0", 2, "ABBBBBBBBBBBBBBBBBBBBA");
	add_named(0x001, "5002-0", 3, "ACBBBBBBBBBBBBBBBBBBBA");
	assert_int_equal(tail_from_id(t, str_of("ABBBBBBBBBBBBBBBBBBBBA")), DW_OK);
	drain(t);
	expect(order, 1);
	tail_free(t);
}

/* An id that is gone: what happened since its second. One that never was and names none: everything. */
static void
test_from_lost_id(void **state)
{
	static const int order[] = { 1, 2 };
	struct tail *t = fresh();
	char id[EVENT_ID_LEN + 1];

	(void)state;
	add_named(1, "100000-0", 1, "x");
	add_named(0, "200000-0", 2, "y");
	assert_true(event_id_make(0x200, 190, id));
	assert_int_equal(tail_from_id(t, str_of(id)), DW_ABSENT);
	drain(t);
	expect(order + 1, 1);
	seen.count = 0;
	assert_int_equal(tail_from_id(t, str_of("_____________________w")), DW_ABSENT);
	drain(t);
	expect(order, 2);
	assert_int_equal(tail_from_id(t, str_of("no id")), DW_FAULT);
	tail_free(t);
}

/* Nothing is given away of a turn that failed in its middle, and all of it in the next. */
static void
test_fault(void **state)
{
	static const int order[] = { 1, 2 };
	struct tail *t = fresh();
	bool more;

	(void)state;
	add(0, "1-0", 1);
	add(0x3ff, "2-0", 2);
	freeReplyObject(fixture_raw("SET dwo:{3fe} x"));
	assert_int_equal(tail_read(t, see, &seen, &more), DW_FAULT);
	assert_int_equal(seen.count, 0);
	freeReplyObject(fixture_raw("DEL dwo:{3fe}"));
	drain(t);
	expect(order, 2);
	tail_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_order, fixture_fresh),
		cmocka_unit_test_setup(test_many, fixture_fresh),
		cmocka_unit_test_setup(test_one_by_one, fixture_fresh),
		cmocka_unit_test_setup(test_too_young, fixture_fresh),
		cmocka_unit_test_setup(test_clock_back, fixture_fresh),
		cmocka_unit_test_setup(test_failover, fixture_fresh),
		cmocka_unit_test_setup(test_from_times, fixture_fresh),
		cmocka_unit_test_setup(test_from_id, fixture_fresh),
		cmocka_unit_test_setup(test_from_old_id, fixture_fresh),
		cmocka_unit_test_setup(test_from_lost_id, fixture_fresh),
		cmocka_unit_test_setup(test_fault, fixture_fresh),
	};

	return (fixture_main("store/tail", tests, sizeof(tests) / sizeof(tests[0])));
}
