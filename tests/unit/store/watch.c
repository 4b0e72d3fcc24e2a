/* SPDX-License-Identifier: ISC */
/* Events as they happen, and what a lost connection, a lost subscription and a lost server do to that: nothing. */
#include <signal.h>

#include "fixture.h"
#include "store/watch.h"

struct script {
	int ticks;
	size_t logins;
};

static void
another_login(uint8_t n)
{
	struct login_write w = fixture_login(n);

	fixture_logged_in(&w);
}

/* Called first when there is nothing more: then a login is seen, the moment it happens. */
static bool
on_event(void *arg, struct str json)
{
	struct script *s = arg;

	if (json.p == NULL) {
		if (s->ticks++ == 0)
			another_login(1);
		return (s->ticks < 10);
	}
	assert_non_null(memmem(json.p, json.len, "\"type\":\"login\"", 14));
	s->logins++;
	return (false);
}

static void
test_watch(void **state)
{
	struct watch *w = watch_new(fx.store);
	struct script s = { .ticks = 0 };

	(void)state;
	assert_int_equal(watch_from_now(w), DW_OK);
	assert_int_equal(watch_run(w, on_event, &s), DW_OK);
	assert_int_equal(s.logins, 1);
	watch_free(w);
}

/* The subscription is cut at every turn: the events come, each once. */
static bool
on_deaf(void *arg, struct str json)
{
	struct script *s = arg;

	s->logins += json.p != NULL;
	if (json.p != NULL)
		return (s->logins < 3);
	freeReplyObject(fixture_raw("CLIENT KILL TYPE pubsub"));
	if (s->ticks++ < 3)
		another_login((uint8_t)s->ticks);
	return (s->ticks < 20);
}

static void
test_deaf(void **state)
{
	struct watch *w = watch_new(fx.store);
	struct script s = { .ticks = 0 };

	(void)state;
	assert_int_equal(watch_from_now(w), DW_OK);
	assert_int_equal(watch_run(w, on_deaf, &s), DW_OK);
	assert_int_equal(s.logins, 3);
	watch_free(w);
}

/* The server is killed: it is said, and called again it goes on where it was. */
static bool
on_lost(void *arg, struct str json)
{
	struct script *s = arg;

	if (json.p != NULL) {
		s->logins++;
		return (s->logins < 2);
	}
	if (s->ticks++ == 0) {
		another_login(1);
		return (true);
	}
	if (s->logins == 1 && s->ticks < 10) {
		another_login(2);
		s->ticks = 10;
		server_signal(&fx.server, SIGKILL);
	}
	return (s->ticks < 30);
}

static void
test_lost(void **state)
{
	struct watch *w = watch_new(fx.store);
	struct script s = { .ticks = 0 };

	(void)state;
	assert_int_equal(watch_from_now(w), DW_OK);
	assert_int_equal(watch_run(w, on_lost, &s), DW_UNAVAILABLE);
	assert_int_equal(s.logins, 1);
	assert_true(server_start(&fx.server));
	redisFree(fx.raw);
	assert_non_null(fx.raw = server_connect(&fx.server));
	for (int i = 0; i < 100 && s.logins < 2; i++) {
		enum dw_result rc = watch_run(w, on_lost, &s);

		assert_true(rc == DW_OK || rc == DW_UNAVAILABLE);
		if (rc != DW_OK)
			fixture_sleep(100);
	}
	assert_int_equal(s.logins, 2);
	watch_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_watch, fixture_fresh),
		cmocka_unit_test_setup(test_deaf, fixture_fresh),
		cmocka_unit_test_setup(test_lost, fixture_fresh),
	};

	return (fixture_main("store/watch", tests, sizeof(tests) / sizeof(tests[0])));
}
