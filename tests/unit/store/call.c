/* SPDX-License-Identifier: ISC */
#include <sys/stat.h>

#include <signal.h>
#include <unistd.h>

#include "base/clock.h"

#include "fixture.h"

#define SHORT_MS 100     /* the timeouts where the server is silent */
#define PATIENCE_MS 2000 /* in which an outage is told then, on a busy machine */

static enum dw_result
log_in(uint8_t n)
{
	struct login_write w = fixture_login(n);
	struct login_reply r;

	return (redis_store_ops.login(fx.store, &w, &r));
}

/* One lookup; its result, and that it came in time. */
static enum dw_result
look(void)
{
	struct lookup q = { .family = true };
	int64_t start = clock_mono_ms();
	enum dw_result result;
	struct lookup_reply r;

	memcpy(q.user_key, fx.user_key, USER_KEY_LEN);
	fixture_fill(q.session_key, SESSION_KEY_LEN, 1);
	result = redis_store_ops.lookup(fx.store, &q, &r);
	assert_true(clock_mono_ms() - start < PATIENCE_MS);
	return (result == DW_OK && !r.live ? DW_ABSENT : result);
}

/* The test's own connection, after the server was started again. */
static void
reconnect(void)
{

	redisFree(fx.raw);
	fx.raw = server_connect(&fx.server);
	assert_non_null(fx.raw);
}

/* A new store, with so short timeouts; FIXTURE_TIMEOUT_MS: those of everything else. */
static void
set_timeouts(int64_t ms)
{

	redis_store_free(fx.store);
	fx.conf.redis_connect_timeout = fx.conf.redis_command_timeout = ms;
	fx.store = fixture_store();
}

/* Killed: told at once. Started again: the first call is served, and nothing was lost. */
static void
test_killed(void **state)
{
	struct end_write w = fixture_logout_record(1, END_USER, SCOPE_SESSION);

	(void)state;
	assert_int_equal(log_in(1), DW_OK);
	server_signal(&fx.server, SIGKILL);
	for (int i = 0; i < 5; i++)
		assert_int_equal(look(), DW_UNAVAILABLE);
	assert_int_equal(log_in(2), DW_UNAVAILABLE);
	assert_true(server_start(&fx.server));
	reconnect();
	assert_int_equal(look(), DW_OK);
	assert_int_equal(fixture_end(&w).ended, 1); /* and the scripts, which the new process does not know */
}

/* Restarted while the connection lay idle: nobody notices. */
static void
test_restarted_idle(void **state)
{
	struct end_write w = fixture_logout_record(1, END_USER, SCOPE_SESSION);
	struct end_reply r;

	(void)state;
	assert_int_equal(log_in(1), DW_OK);
	server_signal(&fx.server, SIGKILL);
	assert_true(server_start(&fx.server));
	reconnect();
	assert_int_equal(redis_store_ops.end(fx.store, &w, &fx.arena, &r), DW_OK);
	assert_int_equal(r.ended, 1);
}

/* Stopped: a silent server, over the connection there is and over a new one, which the kernel still accepts. */
static void
test_stopped(void **state)
{

	(void)state;
	assert_int_equal(log_in(1), DW_OK);
	set_timeouts(SHORT_MS);
	(void)look(); /* the connection that there is */
	server_signal(&fx.server, SIGSTOP);
	for (int i = 0; i < 3; i++)
		assert_int_equal(look(), DW_UNAVAILABLE);
	server_signal(&fx.server, SIGCONT);
	fx.conf.redis_connect_timeout = fx.conf.redis_command_timeout = FIXTURE_TIMEOUT_MS;
	assert_int_equal(look(), DW_OK);
}

static void
test_breaker(void **state)
{
	int64_t start;

	(void)state;
	assert_int_equal(log_in(1), DW_OK);
	fx.conf.redis_breaker_failures = 2;
	set_timeouts(SHORT_MS);
	server_signal(&fx.server, SIGSTOP);
	look();
	look();
	assert_int_equal(atomic_load(&fx.slot.breaker), 1);
	start = clock_mono_ms();
	for (int i = 0; i < 100; i++)
		assert_int_equal(look(), DW_UNAVAILABLE);
	assert_true(clock_mono_ms() - start < 100 * SHORT_MS / 2); /* nobody was asked */
	server_signal(&fx.server, SIGCONT);
	assert_int_equal(look(), DW_UNAVAILABLE);
	fx.conf.redis_connect_timeout = fx.conf.redis_command_timeout = FIXTURE_TIMEOUT_MS;
	fixture_sleep(fx.conf.redis_breaker_open + 20);
	assert_int_equal(look(), DW_OK);
	assert_int_equal(atomic_load(&fx.slot.breaker), 0);
	assert_true(board_counted(&fx.slot.numbers, COUNT_STORE_ERRORS) >= 103);
	fx.conf.redis_breaker_failures = 0;
	set_timeouts(FIXTURE_TIMEOUT_MS);
}

static void
test_script_flush(void **state)
{

	(void)state;
	assert_int_equal(log_in(1), DW_OK);
	freeReplyObject(fixture_raw("SCRIPT FLUSH"));
	assert_int_equal(log_in(2), DW_OK);
	assert_int_equal(fixture_count("login"), 2);
}

/* A demoted master is neither written nor read, whatever it answers: at once where it refuses a write, within a second where
 * not. */
static void
test_replica(void **state)
{
	int64_t until;

	(void)state;
	assert_int_equal(log_in(1), DW_OK);
	freeReplyObject(fixture_raw("REPLICAOF 127.0.0.1 1"));
	assert_int_equal(log_in(2), DW_UNAVAILABLE);
	assert_int_equal(look(), DW_UNAVAILABLE);
	freeReplyObject(fixture_raw("REPLICAOF NO ONE"));
	fixture_sleep(250); /* it is tried again five times a second */
	assert_int_equal(log_in(2), DW_OK);
	assert_int_equal(look(), DW_OK);
	freeReplyObject(fixture_raw("REPLICAOF 127.0.0.1 1"));
	for (until = clock_mono_ms() + PATIENCE_MS; look() == DW_OK; fixture_sleep(20))
		assert_true(clock_mono_ms() < until);
	assert_int_equal(look(), DW_UNAVAILABLE);
	freeReplyObject(fixture_raw("REPLICAOF NO ONE"));
	fixture_sleep(250);
	assert_int_equal(look(), DW_OK);
}

/* A full Redis refuses writes and answers reads: the breaker must not close the door on those. */
static void
test_out_of_memory(void **state)
{

	(void)state;
	assert_int_equal(log_in(1), DW_OK);
	redis_store_free(fx.store);
	fx.conf.redis_breaker_failures = 2;
	fx.store = fixture_store();
	freeReplyObject(fixture_raw("CONFIG SET maxmemory 1"));
	for (int i = 0; i < 5; i++)
		assert_int_equal(log_in(2), DW_UNAVAILABLE);
	assert_int_equal(look(), DW_OK);
	freeReplyObject(fixture_raw("CONFIG SET maxmemory 0"));
	assert_int_equal(log_in(2), DW_OK);
	redis_store_free(fx.store);
	fx.conf.redis_breaker_failures = 0;
	fx.store = fixture_store();
}

/* With a password: from its file, which nobody else may read; a wrong or missing one is an outage, not an answer. */
static void
test_password(void **state)
{
	char file[96], *none = fx.conf.redis_password_file, *nobody = fx.conf.redis_user;
	static char user[] = "worker";
	FILE *f;

	(void)state;
	assert_int_equal(log_in(1), DW_OK);
	snprintf(file, sizeof(file), "%s/password", fx.server.dir);
	assert_non_null(f = fopen(file, "w"));
	fputs("s3cret\n", f);
	fclose(f);
	chmod(file, 0600);
	freeReplyObject(
	    fixture_raw("ACL SETUSER worker on >s3cret ~dw:* ~dwo:* &dw:events -@all +auth +select +ping +time +evalsha "
			"+script|load +hmget +hget +hgetall +hset +hdel +expireat +xadd +xlen +publish"));
	fx.conf.redis_password_file = file;
	fx.conf.redis_user = user;
	redis_store_free(fx.store);
	fx.store = fixture_store();
	assert_int_equal(look(), DW_OK);
	assert_int_equal(log_in(2), DW_OK);
	assert_int_equal(fixture_count("login"), 2);
	freeReplyObject(fixture_raw("ACL SETUSER worker -hmget"));
	assert_int_equal(look(), DW_UNAVAILABLE);
	assert_int_equal(log_in(4), DW_UNAVAILABLE); /* not sent: it could not be told of afterwards */
	assert_int_equal(fixture_count("login"), 2);
	freeReplyObject(fixture_raw("ACL SETUSER worker +hmget"));
	assert_int_equal(look(), DW_OK);
	fixture_sleep(1000); /* what lacked is looked for again once a second */
	assert_int_equal(log_in(4), DW_OK);
	chmod(file, 0644);
	redis_store_free(fx.store);
	fx.store = fixture_store();
	assert_int_equal(log_in(3), DW_UNAVAILABLE);
	freeReplyObject(fixture_raw("ACL DELUSER worker"));
	fx.conf.redis_password_file = none;
	fx.conf.redis_user = nobody;
	redis_store_free(fx.store);
	fx.store = fixture_store();
}

static void
test_urls(void **state)
{
	static const struct {
		const char *url;
		bool good;
	} rows[] = {
		{ "unix:/run/redis.sock", true },
		{ "redis://localhost", true },
		{ "redis://localhost:6379", true },
		{ "redis://127.0.0.1:1/1023", true },
		{ "sentinel://127.0.0.1:1,127.0.0.1:2/m/1", true },
		{ "redis://[::1]:6379/0", true },
		{ "redis://[::1]", true },
		{ "redis://127.0.0.1/", false },
		{ "", false },
		{ "unix:relative", false },
		{ "http://x", false },
		{ "redis://", false },
		{ "redis://:6379", false },
		{ "redis://h:0", false },
		{ "redis://h:65536", false },
		{ "redis://h:6379/1024", false },
		{ "redis://h:6379/x", false },
		{ "redis://[::1", false },
		{ "redis://[::1]6379", false },
	};
	struct config c = fx.conf;
	struct redis_store *s;
	char err[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		c.redis_url = (char *)(uintptr_t)rows[i].url;
		s = redis_store_new(&c, fx.keys, NULL, err, sizeof(err));
		if ((s != NULL) != rows[i].good)
			fail_msg("%s", rows[i].url);
		redis_store_free(s);
	}
	redis_store_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_killed, fixture_fresh),
		cmocka_unit_test_setup(test_restarted_idle, fixture_fresh),
		cmocka_unit_test_setup(test_stopped, fixture_fresh),
		cmocka_unit_test_setup(test_breaker, fixture_fresh),
		cmocka_unit_test_setup(test_script_flush, fixture_fresh),
		cmocka_unit_test_setup(test_replica, fixture_fresh),
		cmocka_unit_test_setup(test_out_of_memory, fixture_fresh),
		cmocka_unit_test_setup(test_password, fixture_fresh),
		cmocka_unit_test_setup(test_urls, fixture_fresh),
	};

	return (fixture_main("outages", tests, sizeof(tests) / sizeof(tests[0])));
}
