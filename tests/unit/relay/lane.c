/* SPDX-License-Identifier: ISC */
/* A lane with a real Redis, and a sink that takes nothing. */
#include <poll.h>

#include "../store/fixture.h"
#include "base/clock.h"
#include "relay/lane.h"

#define TOO_LONG 61000 /* bytes of a text: no pipe takes them at once, so that the event is for the dead letters */

static struct relay relay;
static bool marks[KEYS_BUCKETS];

static struct lane *
open_lane(void)
{
	static char name[] = "letters", type[] = "exec", program[] = "/bin/true", none[] = "";
	static char *command[] = { program, NULL }, *all[] = { NULL };
	static struct sink_conf conf = { .name = name, .type = type, .url = none, .command = command, .events = all };
	char why[256] = "";
	struct lane *l;

	fx.conf.relay_retry_max = 1000;
	fx.conf.relay_give_up = 60000;
	fx.conf.relay_dead_max = 10;
	relay.app = (struct app){ .conf = &fx.conf, .store = &redis_store_ops, .store_ctx = fx.store, .redis = fx.store };
	if ((l = lane_open(&relay, &conf, why, sizeof(why))) == NULL)
		fail_msg("%s", why);
	return (l);
}

static void
happen(void)
{
	static char json[TOO_LONG + 256];
	char key[KEYS_SINK_LEN + 1];
	int n = snprintf(json, sizeof(json),
	    "{\"id\":\"1\",\"type\":\"logout\",\"at\":\"2027-01-15T08:00:00Z\",\"ended\":true,\"reason\":\"");

	memset(json + n, 'x', TOO_LONG);
	strcpy(json + n + TOO_LONG, "\"}");
	keys_outbox_of(5, key);
	freeReplyObject(fixture_raw("XADD %s * e %s", key, json));
}

/* Gives it the time that it asks for, ${ms} in all; returns how often it ran. */
static int
run_for(struct lane *l, int64_t ms)
{
	int64_t end = clock_mono_ms() + ms, due;
	int n = 0;

	while (clock_mono_ms() < end) {
		if ((due = lane_due(l)) != 0)
			(void)poll(NULL, 0, due < 0 || due > 20 ? 20 : (int)due);
		if (lane_due(l) != 0)
			continue;
		lane_run(l, marks);
		n++;
	}
	return (n);
}

/* What is for the dead letters, and cannot be put there, waits without keeping anybody busy. */
static void
test_letters_wait(void **state)
{
	struct lane *l = open_lane();
	int64_t end = clock_mono_ms() + 20000;
	char key[KEYS_SINK_LEN + 1];

	(void)state;
	keys_sink("letters", KEYS_DEAD, key);
	freeReplyObject(fixture_raw("SET %s nonsense", key));
	happen();
	while (!lane_is_active(l) && clock_mono_ms() < end)
		(void)run_for(l, 20);
	(void)run_for(l, 200);
	assert_true(run_for(l, 600) < 50);
	freeReplyObject(fixture_raw("DEL %s", key));
	while (fixture_int("XLEN %s", key) == 0 && clock_mono_ms() < end)
		(void)run_for(l, 20);
	assert_int_equal(fixture_int("XLEN %s", key), 1);
	lane_close(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_setup(test_letters_wait, fixture_fresh) };

	return (fixture_main("relay/lane", tests, sizeof(tests) / sizeof(tests[0])));
}
