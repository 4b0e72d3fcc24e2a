/* SPDX-License-Identifier: ISC */
/* Sliding windows on a real Redis: what is counted, once, and when it is told. Time is the step of the event, so nothing waits.
 */
#include "fixture.h"

#include "store/alert.h"

#define STEPS 6
#define COUNT 5
#define KEPT 24

static const struct notice notice = { .type = "alert", .reason = "spray", .user_id = "u1", .username = "alice" };
static unsigned serial;

static struct alert_count
counted_as(const char *id, int64_t step, bool act)
{
	struct alert_count c = { .event_id = id,
		.step = step,
		.steps = STEPS,
		.count = COUNT,
		.keep = 480,
		.kept = KEPT,
		.act = act,
		.notice = &notice };

	memcpy(c.counter, fx.user_key, USER_KEY_LEN);
	assert_int_equal(alert_count(fx.store, &c), DW_OK);
	return (c);
}

/* ${n} events in ${step}; returns how many alerts there are now. */
static int64_t
happen(int n, int64_t step)
{
	char id[24];

	while (n-- > 0) {
		snprintf(id, sizeof(id), "event%08u", serial++);
		(void)counted_as(id, step, false);
	}
	return (fixture_int("XLEN %s", fx.outbox));
}

static void
count_is_reached(void **state)
{

	(void)state;
	assert_int_equal(happen(COUNT - 1, 1000), 0);
	assert_int_equal(happen(1, 1000), 1);
	assert_int_equal(happen(COUNT * 3, 1000), 1);
}

static void
the_event_is_whole(void **state)
{
	struct json_object *o, *v;
	redisReply *r;

	(void)state;
	happen(COUNT, 1000);
	r = fixture_raw("XRANGE %s - +", fx.outbox);
	o = json_tokener_parse(r->element[0]->element[1]->element[1]->str);
	assert_non_null(o);
	assert_int_equal(json_object_object_length(o), 13);
	assert_true(json_object_object_get_ex(o, "type", &v));
	assert_string_equal(json_object_get_string(v), "alert");
	assert_true(json_object_object_get_ex(o, "reason", &v));
	assert_string_equal(json_object_get_string(v), "spray");
	assert_true(json_object_object_get_ex(o, "user_id", &v));
	assert_string_equal(json_object_get_string(v), "u1");
	assert_true(json_object_object_get_ex(o, "ended", &v));
	assert_false(json_object_get_boolean(v));
	assert_true(json_object_object_get_ex(o, "ip", &v));
	assert_null(v);
	json_object_put(o);
	freeReplyObject(r);
}

/* A window of six steps has the first and the sixth, and not the first and the seventh. */
static void
windows_slide(void **state)
{

	(void)state;
	assert_int_equal(happen(COUNT - 1, 1000), 0);
	assert_int_equal(happen(1, 1000 + STEPS), 0);
	assert_int_equal(happen(COUNT - 2, 1000 + STEPS), 0);
	assert_int_equal(happen(1, 1000 + 2 * STEPS - 1), 1);
}

static void
one_in_a_window(void **state)
{

	(void)state;
	assert_int_equal(happen(COUNT, 1000), 1);
	for (int64_t step = 1000; step < 1000 + STEPS; step++)
		assert_int_equal(happen(COUNT, step), 1);
	assert_int_equal(happen(1, 1000 + STEPS), 2);
	assert_int_equal(happen(COUNT, 1000 + 2 * STEPS - 1), 2);
	assert_int_equal(happen(1, 1000 + 2 * STEPS), 3);
}

/* As outboxes are read one after the other, an event may come behind later ones. */
static void
late_events_count(void **state)
{

	(void)state;
	assert_int_equal(happen(COUNT - 1, 1005), 0);
	assert_int_equal(happen(1, 999), 0);
	assert_int_equal(happen(1, 1000), 1);
	assert_int_equal(happen(COUNT, 1010), 1);
	assert_int_equal(happen(COUNT, 1011), 2);
	assert_int_equal(happen(COUNT, 995), 3);
	assert_int_equal(happen(COUNT, 994), 3); /* the windows that it is in overlap one that was told of */
}

static void
told_twice_counts_once(void **state)
{

	(void)state;
	for (int i = 0; i < COUNT * 2; i++)
		(void)counted_as("same", 1000, false);
	assert_int_equal(happen(COUNT - 2, 1000), 0);
	assert_int_equal(happen(1, 1000), 1);
}

/* Whoever finds it not done does it, a second relay, too; the time is that of the alert. */
static void
acted_upon_until_done(void **state)
{
	struct alert_count c;

	(void)state;
	happen(COUNT - 1, 1000);
	c = counted_as("last", 1000, true);
	assert_int_equal(fixture_int("XLEN %s", fx.outbox), 1);
	assert_true(c.raised_at > 0 && c.raised_at <= fixture_time());
	assert_int_equal(c.raised_in, 1000);
	c = counted_as("last", 1000, true);
	assert_true(c.raised_at > 0);
	c = counted_as("other", 1003, true);
	assert_true(c.raised_at > 0);
	assert_int_equal(c.raised_in, 1000);
	assert_int_equal(alert_done(fx.store, &c), DW_OK);
	c = counted_as("last", 1000, true);
	assert_int_equal(c.raised_at, 0);
	assert_int_equal(fixture_int("XLEN %s", fx.outbox), 1);
}

static int64_t
fields_of(const char *pattern, int64_t keys)
{
	redisReply *r = fixture_raw("KEYS %s", pattern);
	int64_t n;

	assert_int_equal(r->elements, keys);
	n = fixture_int("HLEN %s", r->element[0]->str);
	assert_true(fixture_int("TTL %s", r->element[0]->str) > 400);
	assert_true(fixture_int("TTL %s", r->element[0]->str) <= 480);
	freeReplyObject(r);
	return (n);
}

/* However many there are, a step holds no more than raise the alert; and it expires. */
static void
bounded(void **state)
{

	(void)state;
	happen(COUNT * 20, 1000);
	assert_int_equal(fields_of("dwt:*:1000", 1), COUNT);
	assert_int_equal(fields_of("dwt:*w????????????", 1), 2);
	for (int64_t step = 1001; step < 1000 + 4 * KEPT; step++)
		happen(1, step);
	assert_int_equal(fields_of("dwt:*:1000", 1), COUNT);
	assert_in_range(fields_of("dwt:*w????????????", 1), KEPT, 2 * KEPT + 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(count_is_reached, fixture_fresh),
		cmocka_unit_test_setup(the_event_is_whole, fixture_fresh),
		cmocka_unit_test_setup(windows_slide, fixture_fresh),
		cmocka_unit_test_setup(one_in_a_window, fixture_fresh),
		cmocka_unit_test_setup(late_events_count, fixture_fresh),
		cmocka_unit_test_setup(told_twice_counts_once, fixture_fresh),
		cmocka_unit_test_setup(acted_upon_until_done, fixture_fresh),
		cmocka_unit_test_setup(bounded, fixture_fresh),
	};

	return (fixture_main_both("alerts", tests, sizeof(tests) / sizeof(tests[0])));
}
