/* SPDX-License-Identifier: ISC */
/* What a reader takes out of a real Redis, when, in which order, and what it reads once more. */
#include <errno.h>
#include <inttypes.h>

#include "../store/fixture.h"
#include "base/clock.h"
#include "relay/reader.h"

#define SINK "hook"
#define LATE 5000 /* ms: an event so old has had its hint */
#define MANY 100  /* of one user: more than are held */

static struct queue *queue;
static struct acks acks;
static struct reader *reader;
static bool marks[KEYS_BUCKETS];
static unsigned events; /* that were written, each with the next number for its id */

static int until_short; /* events are read before there is no memory for one; < 0: there is for all */

struct sink_event *__real_event_parse(struct str json);
struct sink_event *__wrap_event_parse(struct str json);

struct sink_event *
__wrap_event_parse(struct str json)
{

	if (until_short < 0 || until_short-- > 0)
		return (__real_event_parse(json));
	errno = ENOMEM;
	return (NULL);
}

static bool
is_no_login(const void *filter, const struct sink_event *e)
{

	(void)filter;
	return (strcmp(e->type, "login") != 0);
}

static void
open_reader(int64_t rest)
{
	const struct reader_env env = {
		.store = fx.store, .sink = SINK, .queue = queue, .acks = &acks, .wants = is_no_login, .rest = rest
	};

	assert_non_null(reader = reader_new(&env));
}

/* One turn; false where Redis could not be asked. */
static bool
turn(void)
{

	memset(marks, 0, sizeof(marks));
	return (reader_run(reader, marks));
}

/* Until there is nothing more to be read. */
static void
read_all(void)
{

	for (int i = 0; i < 1000 && reader_due(reader) != INT64_MAX; i++) {
		assert_true(reader_run(reader, marks));
		assert_true(reader_catch_up(reader));
	}
	assert_int_equal(reader_due(reader), INT64_MAX);
}

static int
begin(void **state)
{

	if (fixture_fresh(state) != 0 || (queue = queue_new(NULL, 1000)) == NULL || !acks_open(&acks))
		return (-1);
	events = 0;
	until_short = -1;
	memset(marks, 0, sizeof(marks));
	assert_int_equal(group_create(fx.store, SINK, 0, GROUP_STREAMS), DW_OK);
	open_reader(0);
	read_all();
	return (0);
}

static int
end(void **state)
{

	(void)state;
	reader_free(reader);
	acks_close(&acks);
	queue_free(queue);
	return (0);
}

/* Writes an event of ${user} into ${bucket}, ${age} ms ago by its place. */
static void
happen_as(const char *type, const char *user, unsigned bucket, int64_t age)
{
	char key[KEYS_SINK_LEN + 1], id[48], json[256];

	keys_outbox_of(bucket, key);
	snprintf(id, sizeof(id), "%" PRId64 "-%u", fixture_time() * 1000 - age, ++events);
	snprintf(json, sizeof(json),
	    "{\"id\":\"%u\",\"type\":\"%s\",\"at\":\"2027-01-15T08:00:00Z\",\"ended\":true,\"user_id\":\"%s\"}", events, type,
	    user);
	freeReplyObject(fixture_raw("XADD %s %s e %s", key, id, json));
}

static void
happen(const char *user, unsigned bucket)
{

	happen_as("logout", user, bucket, 0);
}

/* Delivers the next event, which has the number ${id}; 0: there is none. */
static void
expect_next(unsigned id)
{
	struct sink_delivery *d = queue_next(queue, clock_mono_ms());
	char text[16];

	if (id == 0) {
		assert_null(d);
		return;
	}
	assert_non_null(d);
	snprintf(text, sizeof(text), "%u", id);
	assert_string_equal(d->event->id, text);
	acks_add(&acks, &d->place);
	queue_done(queue, d, clock_mono_ms());
}

/* Another relay takes the sink over: what was not acknowledged by the one before is in Redis. */
static void
take_over(void)
{

	reader_free(reader);
	queue_free(queue);
	acks.n = 0;
	assert_non_null(queue = queue_new(NULL, 1000));
	open_reader(0);
}

static void
test_hints(void **state)
{

	(void)state;
	happen("a", 5);
	happen("b", 9);
	assert_int_equal(reader_due(reader), INT64_MAX); /* nobody said so */
	assert_true(turn());
	expect_next(0);
	reader_hint(reader, 5);
	assert_int_not_equal(reader_due(reader), INT64_MAX);
	assert_true(turn());
	assert_true(marks[5] && !marks[9]);
	expect_next(1);
	expect_next(0);
	reader_hint_all(reader);
	read_all();
	expect_next(2);
	expect_next(0);
}

/* A sweep finds what has just happened, whose hint may be on its way. Where it finds more than that, hints are lost. */
static void
test_sweeps(void **state)
{

	(void)state;
	happen("a", 5);
	happen_as("logout", "b", 700, LATE);
	reader_sweep(reader, 0, 8);
	read_all();
	expect_next(1);
	expect_next(0);
	happen_as("logout", "c", 1020, LATE);
	reader_sweep(reader, KEYS_BUCKETS - 8, 16); /* goes round */
	read_all();
	expect_next(3);
	expect_next(2);
	expect_next(0);
}

/* What the sink does not want, or is no event, is acknowledged and not delivered. */
static void
test_unwanted(void **state)
{
	char key[KEYS_SINK_LEN + 1];

	(void)state;
	keys_outbox_of(5, key);
	happen_as("login", "a", 5, 0);
	freeReplyObject(fixture_raw("XADD %s * e nonsense", key));
	freeReplyObject(fixture_raw("XADD %s * other field", key));
	reader_hint(reader, 5);
	read_all();
	expect_next(0);
	assert_int_equal(acks.n, 3);
	assert_true(acks_send(&acks, fx.store, SINK));
	take_over();
	read_all();
	expect_next(0);
	assert_int_equal(acks.n, 0);
}

/* First what was read before, by whomever, then what is new. */
static void
test_taken_over(void **state)
{

	(void)state;
	happen("a", 5);
	happen("a", 5);
	reader_hint(reader, 5);
	read_all();
	expect_next(1);
	assert_true(acks_send(&acks, fx.store, SINK));
	happen("a", 5);
	take_over();
	assert_true(reader_looks_back(reader));
	read_all();
	assert_false(reader_looks_back(reader));
	expect_next(2);
	expect_next(3);
	expect_next(0);
}

/* Redis may have given what nobody here has seen: it is read again, and what the queue has already is not had twice. */
static void
test_lost_answer(void **state)
{
	char key[KEYS_SINK_LEN + 1];

	(void)state;
	keys_outbox_of(5, key);
	happen("a", 5);
	reader_hint(reader, 5);
	read_all();
	happen("a", 5);
	freeReplyObject(fixture_raw("RENAME %s {away}%s", key, key));
	freeReplyObject(fixture_raw("SET %s broken", key));
	reader_hint(reader, 5);
	assert_false(turn());
	assert_true(reader_looks_back(reader));
	freeReplyObject(fixture_raw("RENAME {away}%s %s", key, key));
	read_all();
	expect_next(1);
	expect_next(2);
	expect_next(0);
}

/* A group that somebody has taken away is made anew, and begins with all there is. */
static void
test_without_a_group(void **state)
{
	char key[KEYS_SINK_LEN + 1];

	(void)state;
	keys_outbox_of(5, key);
	freeReplyObject(fixture_raw("DEL %s", key));
	happen("a", 5);
	reader_hint(reader, 5);
	assert_true(turn());
	reader_hint(reader, 5);
	read_all();
	expect_next(1);
	expect_next(0);
}

/* Of one user no more are held than his share; the others are read when there is room, and all come in order. */
static void
test_one_user_has_many(void **state)
{

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		happen("a", 5);
	happen("b", 5);
	reader_hint(reader, 5);
	assert_true(turn());
	assert_int_equal(queue_room(queue), QUEUE_MAX - QUEUE_USER_MAX - 1);
	for (unsigned id = 1; id <= MANY; id++) {
		struct sink_delivery *d;

		for (int i = 0; i < 1000 && (d = queue_next(queue, clock_mono_ms())) == NULL; i++)
			assert_true(acks_send(&acks, fx.store, SINK) && reader_catch_up(reader));
		assert_non_null(d);
		if (strcmp(d->event->user_id, "b") == 0)
			id--;
		else
			assert_int_equal(strtoul(d->event->id, NULL, 10), id);
		acks_add(&acks, &d->place);
		queue_done(queue, d, clock_mono_ms());
	}
	assert_true(acks_send(&acks, fx.store, SINK));
	take_over();
	read_all();
	expect_next(0);
}

/* When everything is read it rests, and what happens meanwhile is read together; what was read before does not wait for that.
 */
static void
test_rest(void **state)
{

	(void)state;
	reader_free(reader);
	open_reader(3600000);
	while (reader_due(reader) != INT64_MAX)
		assert_true(turn());
	happen("a", 5);
	reader_hint(reader, 5);
	assert_true(reader_due(reader) > clock_mono_ms());
	assert_true(turn());
	expect_next(0);
	reader_begin(reader);
	assert_int_equal(reader_due(reader), 0);
	while (reader_due(reader) != INT64_MAX)
		assert_true(turn());
	expect_next(1);
}

/* What there was no memory for is neither lost nor overtaken. */
static void
test_without_memory(void **state)
{

	(void)state;
	for (int i = 0; i < 3; i++)
		happen("a", 5);
	reader_hint(reader, 5);
	until_short = 1;
	assert_false(turn());
	assert_true(reader_looks_back(reader));
	read_all();
	for (unsigned i = 1; i <= 3; i++)
		expect_next(i);
	expect_next(0);
}

/* The same where more of the user is in Redis than was held. */
static void
test_behind_without_memory(void **state)
{

	(void)state;
	for (int i = 0; i < MANY; i++)
		happen("a", 5);
	reader_hint(reader, 5);
	assert_true(turn());
	for (unsigned i = 1; i <= QUEUE_USER_MAX; i++)
		expect_next(i);
	until_short = 1;
	assert_false(reader_catch_up(reader));
	for (unsigned i = QUEUE_USER_MAX + 1; i <= MANY; i++) {
		if (acks.n > 0)
			assert_true(acks_send(&acks, fx.store, SINK));
		assert_true(reader_catch_up(reader));
		expect_next(i);
	}
	expect_next(0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(test_hints),
		TEST(test_sweeps),
		TEST(test_unwanted),
		TEST(test_taken_over),
		TEST(test_lost_answer),
		TEST(test_without_a_group),
		TEST(test_one_user_has_many),
		TEST(test_rest),
		TEST(test_without_memory),
		TEST(test_behind_without_memory),
	};

	return (fixture_main("relay/reader", tests, sizeof(tests) / sizeof(tests[0])));
}
