/* SPDX-License-Identifier: ISC */
/* The order of deliveries: within one user, many users at once, retries, bounds, and who is behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "relay/event.h"
#include "relay/queue.h"

#define RETRY_MAX 60000

static struct queue *q;
static int owner;

static int
set_up(void **state)
{

	(void)state;
	q = queue_new(&owner, RETRY_MAX);
	return (q == NULL);
}

static int
tear_down(void **state)
{

	(void)state;
	queue_free(q);
	return (0);
}

static struct sink_event *
event_of(const char *user, uint64_t n)
{
	char json[256];
	struct sink_event *e;

	snprintf(json, sizeof(json),
	    "{\"id\":\"%s-%llu\",\"type\":\"logout\",\"at\":\"2026-11-23T04:05:06Z\",\"user_id\":\"%s\",\"username\":null,"
	    "\"ended\":true}",
	    user, (unsigned long long)n, user);
	assert_non_null(e = event_parse(str_of(json)));
	return (e);
}

static enum queue_answer
offer(const char *user, uint64_t n)
{

	return (queue_offer(q, &(struct group_place){ 7, { 100, n } }, event_of(user, n), 0));
}

static struct sink_delivery *
next_is(const char *id, int64_t now)
{
	struct sink_delivery *d = queue_next(q, now);

	assert_non_null(d);
	assert_string_equal(d->event->id, id);
	assert_ptr_equal(d->owner, &owner);
	return (d);
}

static void
test_event(void **state)
{
	struct sink_event *e = event_of("u", 3);

	(void)state;
	assert_string_equal(e->id, "u-3");
	assert_string_equal(e->user_id, "u");
	assert_null(e->username);
	assert_null(e->session_id);
	assert_true(e->ended);
	assert_int_equal(e->at_seconds, 1795406706);
	free(e);
	assert_null(event_parse(STR_LIT("{}")));
	assert_null(event_parse(STR_LIT("{\"id\":1,\"type\":\"a\",\"at\":\"b\"}")));
	assert_null(event_parse(STR_LIT("nothing")));
	assert_null(event_parse(STR_NONE));
	assert_int_equal(event_time("2026-02-30"), 0);
}

/* One at a time of each user, in order; of others at once. */
static void
test_order(void **state)
{
	struct sink_delivery *a, *b;

	(void)state;
	assert_int_equal(queue_due(q), INT64_MAX);
	for (uint64_t i = 1; i <= 3; i++)
		assert_int_equal(offer("a", i), QUEUE_TAKEN);
	assert_int_equal(offer("a", 2), QUEUE_KNOWN);
	assert_int_equal(offer("b", 1), QUEUE_TAKEN);
	a = next_is("a-1", 0);
	b = next_is("b-1", 0);
	assert_null(queue_next(q, 0));
	assert_int_equal(queue_flying(q), 2);
	queue_put_back(q, b);
	assert_int_equal(queue_flying(q), 1);
	b = next_is("b-1", 0);
	queue_done(q, b, 5);
	assert_null(queue_next(q, 1000000));
	queue_done(q, a, 5);
	queue_done(q, next_is("a-2", 5), 6);
	queue_done(q, next_is("a-3", 6), 7);
	assert_int_equal(queue_room(q), QUEUE_MAX);
	assert_int_equal(queue_flying(q), 0);
}

/* Later and later, never later than the most, and nobody overtakes; others are not held up. */
static void
test_retry(void **state)
{
	int64_t now = 1000, wanted = 1000;
	struct sink_delivery *d;

	(void)state;
	assert_int_equal(offer("a", 1), QUEUE_TAKEN);
	assert_int_equal(offer("a", 2), QUEUE_TAKEN);
	for (int i = 0; i < 12; i++) {
		d = next_is("a-1", now);
		queue_retry(q, d, now, (unsigned)i * 97);
		assert_null(queue_next(q, now));
		assert_true(queue_due(q) >= now + wanted * 9 / 10 && queue_due(q) <= now + wanted * 11 / 10);
		assert_true(queue_due(q) <= now + RETRY_MAX);
		if (i == 5) {
			assert_int_equal(offer("b", 1), QUEUE_TAKEN);
			queue_done(q, next_is("b-1", now), now);
		}
		now = queue_due(q);
		wanted = wanted * 2 < RETRY_MAX ? wanted * 2 : RETRY_MAX;
	}
	d = next_is("a-1", now);
	assert_int_equal(d->attempts, 12);
	queue_retry(q, d, now, 0);
	queue_hurry(q, now, 1000);
	assert_true(queue_due(q) <= now + 1000);
	d = next_is("a-1", now + 1000);
	d->dying = true;
	queue_retry(q, d, now, 500);
	assert_int_equal(queue_due(q), now);
	queue_done(q, next_is("a-1", now), now);
	queue_done(q, next_is("a-2", now), now);
}

/* Of one user so many and no more; what comes later is asked for again, in order, and nothing overtakes it. */
static void
test_behind(void **state)
{
	struct group_place after;
	struct queue_user *u;
	uint64_t n = 1;

	(void)state;
	for (; n <= QUEUE_USER_MAX; n++)
		assert_int_equal(offer("a", n), QUEUE_TAKEN);
	assert_int_equal(offer("a", n), QUEUE_LATER);
	assert_int_equal(offer("a", n + 1), QUEUE_LATER);
	assert_int_equal(offer("b", 1), QUEUE_TAKEN);
	assert_null(queue_behind(q, &after));
	for (uint64_t i = 1; i <= QUEUE_USER_MAX / 2; i++) {
		char id[16];

		snprintf(id, sizeof(id), "a-%llu", (unsigned long long)i);
		if (i == 1) {
			struct sink_delivery *a = next_is(id, 0);

			queue_done(q, next_is("b-1", 0), 0);
			queue_done(q, a, 0);
			continue;
		}
		queue_done(q, next_is(id, 0), 0);
	}
	assert_int_equal(offer("a", n + 2), QUEUE_LATER); /* still behind: it must not overtake */
	assert_non_null(u = queue_behind(q, &after));
	assert_int_equal(after.stream, 7);
	assert_int_equal(after.id.ms, 100);
	assert_int_equal(after.id.seq, n - 1);
	for (uint64_t i = n; i < n + 3; i++)
		assert_int_equal(
		    queue_offer_behind(q, u, &(struct group_place){ 7, { 100, i } }, event_of("a", i), 0), QUEUE_TAKEN);
	assert_int_equal(queue_offer_behind(q, u, &(struct group_place){ 7, { 100, 99 } }, event_of("c", 99), 0), QUEUE_KNOWN);
	queue_caught_up(q, u);
	assert_null(queue_behind(q, &after));
	assert_int_equal(offer("a", n + 3), QUEUE_TAKEN);
	for (uint64_t i = QUEUE_USER_MAX / 2 + 1; i <= n + 3; i++) {
		char id[16];

		snprintf(id, sizeof(id), "a-%llu", (unsigned long long)i);
		queue_done(q, next_is(id, 0), 0);
	}
	assert_int_equal(queue_room(q), QUEUE_MAX);
}

/* All the room there is, by very many users; then all of it forgotten but what is under way. */
static void
test_room(void **state)
{
	struct sink_delivery *d;
	char name[16];

	(void)state;
	for (unsigned i = 0; i < QUEUE_MAX; i++) {
		snprintf(name, sizeof(name), "u%u", i % (QUEUE_MAX / 2));
		assert_int_equal(offer(name, i + 1), QUEUE_TAKEN);
	}
	assert_int_equal(queue_room(q), 0);
	assert_int_equal(offer("one-more", 1), QUEUE_LATER);
	d = next_is("u0-1", 0);
	queue_drop(q);
	assert_int_equal(queue_room(q), QUEUE_MAX - 1);
	assert_null(queue_next(q, 1000));
	assert_int_equal(offer("u0", 1), QUEUE_KNOWN);
	assert_int_equal(offer("u0", 2), QUEUE_TAKEN);
	queue_done(q, d, 0);
	queue_done(q, next_is("u0-2", 0), 0);
	assert_int_equal(queue_room(q), QUEUE_MAX);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_event),
		TEST(test_order),
		TEST(test_retry),
		TEST(test_behind),
		TEST(test_room),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
