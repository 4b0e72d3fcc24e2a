/* SPDX-License-Identifier: ISC */
/* Consumer groups, dead letters, leases and trimming on a real Redis. */
#include <unistd.h>

#include "store/backlog.h"
#include "store/dead.h"
#include "store/group.h"
#include "store/lease.h"
#include "store/sink_numbers.h"

#include "fixture.h"

struct seen {
	char texts[8][32];
	struct group_place places[8];
	size_t n;
};

static void
see(void *arg, const struct group_place *at, struct str json)
{
	struct seen *s = arg;

	assert_true(s->n < 8);
	s->places[s->n] = *at;
	snprintf(s->texts[s->n++], 32, "%.*s", (int)json.len, json.p == NULL ? "" : json.p);
}

static struct seen
look(const char *sink, unsigned stream, bool pending)
{
	struct group_read r = { .after = { .stream = stream }, .pending = pending, .count = 8 };
	struct seen s = { .n = 0 };

	group_read(fx.store, sink, &r, 1, see, &s);
	assert_int_equal(r.result, DW_OK);
	assert_int_equal(r.got, s.n);
	return (s);
}

static void
raw(const char *command)
{

	freeReplyObject(fixture_raw(command));
}

/* What was there before the group is its; what was read and not acknowledged comes again, nothing else does. */
static void
test_reading(void **state)
{
	struct group_read r = { .after = { .stream = 5 }, .count = 8 };
	struct seen s;

	(void)state;
	raw("XADD dwo:{005} 1-1 e one");
	raw("XADD dwo:{005} 1-2 e two");
	group_read(fx.store, "a", &r, 1, see, &s);
	assert_int_equal(r.result, DW_ABSENT);
	assert_int_equal(group_create(fx.store, "a", 0, GROUP_STREAMS), DW_OK);
	assert_int_equal(group_create(fx.store, "a", 0, GROUP_STREAMS), DW_OK);
	s = look("a", 5, false);
	assert_int_equal(s.n, 2);
	assert_string_equal(s.texts[1], "two");
	assert_int_equal(look("a", 5, false).n, 0);
	assert_int_equal(group_ack(fx.store, "a", s.places, 1), 0);
	s = look("a", 5, true);
	assert_int_equal(s.n, 1);
	assert_string_equal(s.texts[0], "two");
	raw("XDEL dwo:{005} 1-2");
	s = look("a", 5, true);
	assert_int_equal(s.n, 1);
	assert_string_equal(s.texts[0], "");
	assert_int_equal(group_ack(fx.store, "a", s.places, 1), 0);
	assert_int_equal(look("a", 5, true).n, 0);
}

/* Many at once, of several streams; what lay in the stream of retries is gone then. */
static void
test_acknowledging(void **state)
{
	static struct group_place at[300];
	struct seen s;

	(void)state;
	assert_int_equal(group_create(fx.store, "a", 0, GROUP_STREAMS), DW_OK);
	for (unsigned i = 0; i < 300; i++) {
		char command[64];

		snprintf(command, sizeof(command), "XADD dwo:{%03x} 1-%u e x", i % 3, i + 1);
		raw(command);
		at[i] = (struct group_place){ i % 3, { 1, i + 1 } };
	}
	for (unsigned i = 0; i < 3; i++)
		for (struct seen got; (got = look("a", i, false)).n > 0;)
			;
	assert_int_equal(group_ack(fx.store, "a", at, 300), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(look("a", i, true).n, 0);
	assert_int_equal(dead_retry(fx.store, "a", STR_LIT("again")), DW_OK);
	s = look("a", GROUP_RETRY, false);
	assert_string_equal(s.texts[0], "again");
	assert_int_equal(group_ack(fx.store, "a", s.places, 1), 0);
	redisReply *r = fixture_raw("XLEN dwx:a:retry");
	assert_int_equal(r->integer, 0);
	freeReplyObject(r);
}

static void
count(void *arg, const struct dead_letter *d)
{
	struct seen *s = arg;

	assert_int_equal(d->attempts, 3);
	assert_string_equal(d->error.p, "no");
	s->places[s->n].id = d->id;
	snprintf(s->texts[s->n++], 32, "%.*s", (int)d->json.len, d->json.p);
}

static void
test_dead_letters(void **state)
{
	struct stream_id after = { 0, 0 };
	struct seen s = { .n = 0 };
	uint64_t n;
	size_t got;

	(void)state;
	for (char c = 'a'; c <= 'd'; c++)
		assert_int_equal(dead_put(fx.store, "s", (struct str){ &c, 1 }, 3, "no", 3), DW_OK);
	assert_int_equal(dead_count(fx.store, "s", &n), DW_OK);
	assert_int_equal(n, 3);
	assert_int_equal(dead_list(fx.store, "s", &after, count, &s, &got), DW_OK);
	assert_int_equal(got, 3);
	assert_string_equal(s.texts[0], "b");
	assert_int_equal(dead_list(fx.store, "s", &after, count, &s, &got), DW_OK);
	assert_int_equal(got, 0);
	assert_int_equal(dead_remove(fx.store, "s", s.places[0].id), DW_OK);
	assert_int_equal(dead_count(fx.store, "s", &n), DW_OK);
	assert_int_equal(n, 2);
}

static void
test_lease(void **state)
{
	char holder[LEASE_HOLDER_MAX + 1];
	bool mine;

	(void)state;
	assert_int_equal(lease_take(fx.store, "s", "one", 10000, NULL, &mine, holder), DW_OK);
	assert_true(mine);
	assert_int_equal(lease_take(fx.store, "s", "two", 10000, NULL, &mine, holder), DW_OK);
	assert_false(mine);
	assert_string_equal(holder, "one");
	assert_int_equal(lease_take(fx.store, "s", "two", 0, NULL, &mine, holder), DW_OK); /* not his to give back */
	assert_int_equal(lease_take(fx.store, "s", "one", 10000, NULL, &mine, holder), DW_OK);
	assert_true(mine);
	assert_int_equal(lease_take(fx.store, "s", "two", 10000, NULL, &mine, holder), DW_OK);
	assert_false(mine);
	assert_int_equal(lease_take(fx.store, "s", "two", 10000, holder, &mine, holder), DW_OK); /* "one" is dead */
	assert_true(mine);
	assert_string_equal(holder, "two");
	assert_int_equal(lease_take(fx.store, "s", "two", 0, NULL, &mine, holder), DW_OK);
	assert_int_equal(lease_take(fx.store, "s", "three", 30, NULL, &mine, holder), DW_OK);
	usleep(60000);
	assert_int_equal(lease_take(fx.store, "s", "one", 10000, NULL, &mine, holder), DW_OK);
	assert_true(mine);
}

/* What one group has not acknowledged stays, whatever the others have; and what is young. */
static void
test_trimming(void **state)
{
	bool marks[KEYS_BUCKETS] = { [5] = true, [6] = true };
	struct backlog b;
	unsigned from = 0;
	struct seen s;

	(void)state;
	assert_int_equal(group_create(fx.store, "a", 0, GROUP_STREAMS), DW_OK);
	assert_int_equal(group_create(fx.store, "b", 0, GROUP_STREAMS), DW_OK);
	raw("XADD dwo:{005} 1-1 e one");
	raw("XADD dwo:{005} 2-1 e two");
	raw("XADD dwo:{005} * e three");
	assert_int_equal(backlog_look(fx.store, &b), DW_OK);
	assert_int_equal(b.n, 2);
	assert_int_equal(backlog_find(&b, "a")->waiting, 3);
	assert_int_equal(backlog_find(&b, "a")->oldest, 1);
	s = look("a", 5, false);
	assert_int_equal(group_ack(fx.store, "a", s.places, 3), 0);
	s = look("b", 5, false);
	assert_int_equal(group_ack(fx.store, "b", s.places, 1), 0);
	assert_int_equal(backlog_look(fx.store, &b), DW_OK);
	assert_int_equal(backlog_find(&b, "a")->waiting, 0);
	assert_int_equal(backlog_find(&b, "a")->oldest, 0);
	assert_int_equal(backlog_find(&b, "b")->waiting, 2);
	assert_int_equal(backlog_find(&b, "b")->oldest, 2);
	assert_null(backlog_find(&b, "c"));
	assert_int_equal(backlog_trim(fx.store, 60, marks, &from), DW_OK);
	assert_int_equal(from, 0);
	assert_true(marks[5]);
	assert_false(marks[6]);
	redisReply *r = fixture_raw("XRANGE dwo:{005} - +");
	assert_int_equal(r->elements, 2);
	assert_string_equal(r->element[0]->element[0]->str, "2-1");
	freeReplyObject(r);
	s = look("b", 5, true);
	assert_int_equal(group_ack(fx.store, "b", s.places, 2), 0);
	assert_int_equal(backlog_trim(fx.store, 60, marks, &from), DW_OK);
	r = fixture_raw("XLEN dwo:{005}");
	assert_int_equal(r->integer, 1);
	freeReplyObject(r);
}

static void
test_forgetting(void **state)
{
	struct backlog b;
	bool found;

	(void)state;
	/* where no relay has run, most outboxes are not there, and those that are have no group */
	freeReplyObject(fixture_raw("XADD dwo:{005} 1-1 e x"));
	assert_int_equal(backlog_look(fx.store, &b), DW_OK);
	assert_int_equal(b.n, 0);
	assert_int_equal(group_forget(fx.store, "a", &found), DW_OK);
	assert_false(found);
	assert_int_equal(group_create(fx.store, "a", 7, 2), DW_OK);
	assert_int_equal(group_forget(fx.store, "a", &found), DW_OK);
	assert_true(found);
	assert_int_equal(group_create(fx.store, "a", 0, GROUP_STREAMS), DW_OK);
	assert_int_equal(group_create(fx.store, "b", 0, GROUP_STREAMS), DW_OK);
	assert_int_equal(dead_put(fx.store, "a", STR_LIT("x"), 3, "no", 3), DW_OK);
	assert_int_equal(group_forget(fx.store, "a", &found), DW_OK);
	assert_true(found);
	assert_int_equal(group_forget(fx.store, "a", &found), DW_OK);
	assert_false(found);
	assert_int_equal(backlog_look(fx.store, &b), DW_OK);
	assert_int_equal(b.n, 1);
	assert_string_equal(b.rows[0].sink, "b");
}

static void
test_numbers(void **state)
{
	struct sink_numbers n = { .delivered = 7, .failed = 2, .error = "no" };

	(void)state;
	assert_int_equal(sink_numbers_write(fx.store, "a", &n), DW_OK);
	memset(&n, 1, sizeof(n));
	assert_int_equal(sink_numbers_read(fx.store, "a", &n), DW_OK);
	assert_int_equal(n.delivered, 7);
	assert_int_equal(n.failed, 2);
	assert_string_equal(n.error, "no");
	assert_int_equal(sink_numbers_read(fx.store, "b", &n), DW_OK);
	assert_int_equal(n.delivered, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_reading, fixture_fresh),
		cmocka_unit_test_setup(test_acknowledging, fixture_fresh),
		cmocka_unit_test_setup(test_dead_letters, fixture_fresh),
		cmocka_unit_test_setup(test_lease, fixture_fresh),
		cmocka_unit_test_setup(test_trimming, fixture_fresh),
		cmocka_unit_test_setup(test_forgetting, fixture_fresh),
		cmocka_unit_test_setup(test_numbers, fixture_fresh),
	};

	return (fixture_main("group", tests, sizeof(tests) / sizeof(tests[0])));
}
