/* SPDX-License-Identifier: ISC */
/* When is an ending written well enough? With a real replica that is stopped and goes on, and a server that syncs or does not.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fixture.h"

static struct server replica;
static redisContext *raw_replica;

/* A port that nobody has, for the moment that it takes. */
static int
free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	close(fd);
	return (ntohs(a.sin_port));
}

/* What is written reaches it: being listed is less than that. */
static bool
is_in_step(void)
{

	freeReplyObject(fixture_raw("SET x y"));
	return (fixture_int("WAIT 1 1000") == 1);
}

static int64_t
replicas(void)
{
	redisReply *r = fixture_raw("ROLE");
	int64_t n = (int64_t)r->element[2]->elements;

	freeReplyObject(r);
	return (n);
}

static void
attach_replica(void)
{
	int port = free_port();
	bool in_step = false;

	freeReplyObject(fixture_raw("CONFIG SET bind 127.0.0.1 port %d repl-diskless-sync-delay 0", port));
	assert_true(server_new(&replica));
	assert_non_null(raw_replica = server_connect(&replica));
	freeReplyObject(redisCommand(raw_replica, "REPLICAOF 127.0.0.1 %d", port));
	for (int i = 0; i < 200 && !(in_step = is_in_step()); i++)
		fixture_sleep(50);
	assert_true(in_step);
}

static void
detach_replica(void)
{

	redisFree(raw_replica);
	server_signal(&replica, SIGCONT);
	server_free(&replica);
	for (int i = 0; i < 200 && replicas() > 0; i++)
		fixture_sleep(50);
	assert_int_equal(replicas(), 0);
}

#define SHORT_MS 100 /* where nothing is to come */
#define LONG_MS FIXTURE_TIMEOUT_MS

/* A new store: what one process knows of the server is forgotten. */
static void
begin_with(enum durability d, int64_t replicas, int64_t ms)
{

	fx.conf.redis_durability = d;
	fx.conf.spool_enabled = true;
	fx.conf.redis_wait_replicas = replicas;
	fx.conf.redis_wait_timeout = ms;
	redis_store_free(fx.store);
	fx.store = fixture_store();
}

static void
sign_in(uint8_t n)
{
	struct login_write w = fixture_login(n);

	fixture_logged_in(&w);
}

static enum dw_result
end_it(uint8_t n, struct end_reply *out)
{
	struct end_write w = fixture_logout_record(n, END_USER, SCOPE_SESSION);

	return (redis_store_ops.end(fx.store, &w, &fx.arena, out));
}

static enum dw_result
take_back(uint8_t n, struct revoke_reply *out)
{
	struct revoke_write w = { .access_exp = fixture_time() + 100 };
	struct end_write who = fixture_logout_record(n, END_USER, SCOPE_SESSION);

	memcpy(w.user_key, who.user_key, USER_KEY_LEN);
	memcpy(w.session_key, who.session_key, SESSION_KEY_LEN);
	fixture_fill(w.jti, sizeof(w.jti), n);
	return (redis_store_ops.revoke(fx.store, &w, out));
}

static void
forget_the_short_wait(void)
{

	fixture_sleep(1050);
}

static void
test_memory(void **state)
{
	struct end_reply out;

	(void)state;
	begin_with(DURABILITY_MEMORY, 1, SHORT_MS);
	sign_in(1);
	assert_int_equal(end_it(1, &out), DW_OK);
	assert_false(out.at_risk);
}

static void
test_replica(void **state)
{
	struct revoke_reply revoked;
	struct end_reply out;

	(void)state;
	begin_with(DURABILITY_REPLICA, 1, LONG_MS);
	attach_replica();
	sign_in(1);
	sign_in(2);
	sign_in(3);
	assert_int_equal(take_back(1, &revoked), DW_OK);
	assert_false(revoked.at_risk);
	assert_int_equal(end_it(1, &out), DW_OK);
	assert_false(out.at_risk);
	server_signal(&replica, SIGSTOP);
	fx.conf.redis_wait_timeout = SHORT_MS;
	assert_int_equal(end_it(2, &out), DW_OK);
	assert_true(out.at_risk);
	assert_int_equal(out.ended, 1);
	sign_in(4); /* waits for nobody */
	server_signal(&replica, SIGCONT);
	fx.conf.redis_wait_timeout = LONG_MS;
	forget_the_short_wait();
	assert_int_equal(end_it(3, &out), DW_OK);
	assert_false(out.at_risk);
	/* a repeat of what another connection wrote is as safe as that */
	assert_int_equal(end_it(2, &out), DW_OK);
	assert_false(out.at_risk);
	detach_replica();
}

/* "all" is as many as were ever seen, and one where none was. */
static void
test_all_replicas(void **state)
{
	struct end_reply out;

	(void)state;
	begin_with(DURABILITY_REPLICA, 0, SHORT_MS);
	sign_in(1);
	assert_int_equal(end_it(1, &out), DW_OK);
	assert_true(out.at_risk);
	attach_replica();
	begin_with(DURABILITY_REPLICA, 0, LONG_MS);
	sign_in(1);
	assert_int_equal(end_it(1, &out), DW_OK);
	assert_false(out.at_risk);
	detach_replica();
	fx.conf.redis_wait_timeout = SHORT_MS;
	sign_in(2);
	assert_int_equal(end_it(2, &out), DW_OK);
	assert_true(out.at_risk);
}

/* "disk" is a server that syncs, is known to, and still does. */
static void
test_disk(void **state)
{
	static const struct {
		const char *set;
		bool at_risk;
	} rows[] = {
		{ "CONFIG SET appendonly yes appendfsync everysec", true },
		{ "CONFIG SET appendonly yes appendfsync always", false },
		{ "CONFIG SET appendonly no appendfsync always", true },
		{ "CONFIG SET appendonly yes appendfsync no", true },
	};
	struct end_reply out;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		freeReplyObject(fixture_raw(rows[i].set));
		begin_with(DURABILITY_DISK, 1, SHORT_MS);
		sign_in((uint8_t)(i + 1));
		assert_int_equal(end_it((uint8_t)(i + 1), &out), DW_OK);
		assert_int_equal(out.at_risk, rows[i].at_risk);
	}
	freeReplyObject(fixture_raw("CONFIG SET appendonly no appendfsync everysec"));
}

/* Where no spool can take it nobody is told that it is done. For a second after a short wait the spool is asked at once. */
static void
test_spool(void **state)
{
	struct end_reply out;

	(void)state;
	begin_with(DURABILITY_REPLICA, 1, SHORT_MS);
	sign_in(1);
	sign_in(2);
	sign_in(3);
	assert_int_equal(end_it(1, &out), DW_OK);
	assert_true(out.at_risk);
	assert_int_equal(end_it(2, &out), DW_UNAVAILABLE);
	assert_true(fixture_lookup(2).live);
	fx.conf.spool_enabled = false;
	assert_int_equal(end_it(3, &out), DW_UNAVAILABLE);
	assert_true(fixture_lookup(3).ended);
}

static int
back(void **state)
{

	(void)state;
	begin_with(DURABILITY_MEMORY, 1, SHORT_MS);
	fx.conf.spool_enabled = false;
	return (0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_memory, fixture_fresh, back),
		cmocka_unit_test_setup_teardown(test_replica, fixture_fresh, back),
		cmocka_unit_test_setup_teardown(test_all_replicas, fixture_fresh, back),
		cmocka_unit_test_setup_teardown(test_disk, fixture_fresh, back),
		cmocka_unit_test_setup_teardown(test_spool, fixture_fresh, back),
	};

	return (fixture_main("store/durable", tests, sizeof(tests) / sizeof(tests[0])));
}
