/* SPDX-License-Identifier: ISC */
/* The walk over all records: what expired is reported once, and where nothing has nothing is written. */
#include <poll.h>
#include <signal.h>

#include "../store/fixture.h"
#include "relay/sweep.h"

#define USERS 240 /* each in an outbox of its own */

static struct relay relay;

static void *
open_sweep(int64_t every, int64_t rate)
{
	bool off = false;
	char why[128];
	void *s;

	fx.conf.sweep_every = every;
	fx.conf.sweep_rate = rate;
	relay.app = (struct app){ .conf = &fx.conf, .store = &redis_store_ops, .store_ctx = fx.store, .redis = fx.store };
	s = sweep_task.open(&relay, &off, why, sizeof(why));
	assert_non_null(s);
	assert_false(off);
	return (s);
}

static void
be(size_t i)
{

	fixture_fill(fx.user_key, sizeof(fx.user_key), (uint8_t)(i * 29 + 1));
	fx.user_key[8] = (uint8_t)i;
	keys_record(fx.user_key, fx.key);
	keys_outbox(fx.user_key, fx.outbox);
}

/* The session of every third user is past, if ${past}. */
static void
people_come(bool past)
{

	for (size_t i = 0; i < USERS; i++) {
		struct login_write w = fixture_login(1);

		be(i);
		memcpy(w.user_key, fx.user_key, USER_KEY_LEN);
		fixture_logged_in(&w);
		if (past && i % 3 == 0)
			fixture_age(1, 10000);
	}
}

static void
go_on(void *s)
{
	int64_t due = sweep_task.due(s);

	if (due > 0)
		(void)poll(NULL, 0, (int)due);
	sweep_task.run(s);
}

static int64_t
calls_of(const char *command)
{
	redisReply *r = fixture_raw("INFO commandstats");
	char name[64];
	const char *p;
	int64_t n;

	snprintf(name, sizeof(name), "cmdstat_%s:calls=", command);
	p = strstr(r->str, name);
	n = p == NULL ? 0 : strtoll(p + strlen(name), NULL, 10);
	freeReplyObject(r);
	return (n);
}

static size_t
expired(void)
{
	size_t n = 0;

	for (size_t i = 0; i < USERS; i++) {
		be(i);
		n += fixture_int("EXISTS %s", fx.outbox) > 0 && fixture_count("expired") > 0;
	}
	return (n);
}

static void
test_all_once(void **state)
{
	void *s = open_sweep(1000, 100000);
	int64_t scripts, scans;

	(void)state;
	people_come(true);
	for (int i = 0; i < 5000 && expired() < USERS / 3; i++)
		go_on(s);
	assert_int_equal(expired(), USERS / 3);
	for (size_t i = 0; i < USERS; i++) {
		be(i);
		assert_int_equal(fixture_lookup(1).ended, i % 3 == 0);
	}
	/* two more rounds: they read, and that is all */
	scripts = calls_of("evalsha");
	scans = calls_of("scan");
	while (calls_of("scan") < scans + 3)
		go_on(s);
	assert_in_range(calls_of("evalsha") - scripts, 0, 20); /* looks at the server run one, too, once a second */
	assert_int_equal(expired(), USERS / 3);
	sweep_task.close(s);
}

/* Not more records a run than fit in a moment at the rate that is allowed. */
static void
test_rate(void **state)
{
	void *s = open_sweep(1000, 100);
	int64_t reads, before = -1;

	(void)state;
	people_come(false);
	reads = calls_of("hgetall");
	for (int i = 0; i < 40; i++) {
		before = calls_of("hgetall");
		go_on(s);
		assert_in_range(calls_of("hgetall") - before, 0, 5);
	}
	assert_true(before > reads);
	sweep_task.close(s);
}

/* A server that is away costs a run a second, and the walk goes on. */
static void
test_away(void **state)
{
	void *s = open_sweep(1000, 100000);

	(void)state;
	people_come(true);
	server_signal(&fx.server, SIGKILL);
	for (int i = 0; i < 3; i++)
		go_on(s);
	assert_in_range(sweep_task.due(s), 500, 1000);
	assert_true(server_start(&fx.server));
	redisFree(fx.raw);
	assert_non_null(fx.raw = server_connect(&fx.server));
	for (int i = 0; i < 5000 && expired() < USERS / 3; i++)
		go_on(s);
	assert_int_equal(expired(), USERS / 3);
	sweep_task.close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_all_once, fixture_fresh),
		cmocka_unit_test_setup(test_rate, fixture_fresh),
		cmocka_unit_test_setup(test_away, fixture_fresh),
	};

	return (fixture_main("relay/sweep", tests, sizeof(tests) / sizeof(tests[0])));
}
