/* SPDX-License-Identifier: ISC */
/* Several servers: each has a connection and a breaker of its own, and what goes over all of them visits all of them. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "doorward/cache.h"
#include "fixture.h"
#include "store/call.h"
#include "store/conn.h"
#include "store/keeper.h"
#include "store/outbox.h"

#define HERE 0  /* the fixture's server */
#define THERE 1 /* the second one */

static struct {
	struct server server;
	redisContext *raw;
	char url[128];
	uint8_t user_key[USER_KEY_LEN]; /* whose bucket is there */
	char key[KEYS_RECORD_LEN + 1];
} there;

/* A second server, a store that knows of both, and a user of each. */
static int
both(void **state)
{
	char err[256];

	fixture_fresh(state);
	fx.conf.redis_breaker_failures = 2;
	fx.conf.redis_breaker_open = 60000;
	redis_store_free(fx.store);
	fx.store = fixture_store();
	if (!server_new(&there.server) || (there.raw = server_connect(&there.server)) == NULL)
		return (-1);
	snprintf(there.url, sizeof(there.url), "unix:%s", there.server.socket);
	memcpy(there.user_key, fx.user_key, USER_KEY_LEN);
	there.user_key[0] ^= 0x80;
	keys_record(there.user_key, there.key);
	assert_int_equal(route_add(&fx.store->route, there.url, err, sizeof(err)), THERE);
	route_move(&fx.store->route, keys_bucket(there.user_key), THERE);
	return (0);
}

static int
one(void **state)
{

	(void)state;
	fx.conf.redis_breaker_failures = 0;
	redis_store_free(fx.store);
	fx.store = fixture_store();
	redisFree(there.raw);
	server_free(&there.server);
	return (0);
}

static enum dw_result
log_in(const uint8_t *user_key)
{
	struct login_write w = fixture_login(1);
	struct login_reply r;

	memcpy(w.user_key, user_key, USER_KEY_LEN);
	return (redis_store_ops.login(fx.store, &w, &r));
}

static enum dw_result
look_up(const uint8_t *user_key, bool *live)
{
	struct lookup q = { .family = true };
	struct lookup_reply r;
	enum dw_result result;

	memcpy(q.user_key, user_key, USER_KEY_LEN);
	fixture_fill(q.session_key, SESSION_KEY_LEN, 1);
	result = redis_store_ops.lookup(fx.store, &q, &r);
	*live = result == DW_OK && r.live;
	return (result);
}

static long long
ask_there(const char *command, const char *key)
{
	redisReply *r = redisCommand(there.raw, "%s %s", command, key);
	long long n;

	assert_non_null(r);
	assert_int_equal(r->type, REDIS_REPLY_INTEGER);
	n = r->integer;
	freeReplyObject(r);
	return (n);
}

static void
test_one_by_default(void **state)
{
	struct redis_store *s = fixture_store();

	(void)state;
	assert_int_equal(s->route.n, 1);
	for (unsigned b = 0; b < KEYS_BUCKETS; b++)
		assert_ptr_equal(route_link(&s->route, b), &s->route.links[0]);
	redis_store_free(s);
}

/* A record, its events and its scripts are where its bucket is. */
static void
test_each_has_its_users(void **state)
{
	bool live;

	(void)state;
	assert_int_equal(log_in(fx.user_key), DW_OK);
	assert_int_equal(log_in(there.user_key), DW_OK);
	assert_int_equal(fixture_int("EXISTS %s", fx.key), 1);
	assert_int_equal(fixture_int("EXISTS %s", there.key), 0);
	assert_int_equal(ask_there("EXISTS", fx.key), 0);
	assert_int_equal(ask_there("EXISTS", there.key), 1);
	assert_int_equal(look_up(fx.user_key, &live), DW_OK);
	assert_true(live);
	assert_int_equal(look_up(there.user_key, &live), DW_OK);
	assert_true(live);
}

/* One is killed: its breaker opens, and only its users are turned away. It comes back: so do they. */
static void
test_one_is_down(void **state)
{
	struct route *r = &fx.store->route;
	bool live;

	(void)state;
	assert_int_equal(log_in(fx.user_key), DW_OK);
	assert_int_equal(log_in(there.user_key), DW_OK);
	server_signal(&there.server, SIGKILL);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(look_up(there.user_key, &live), DW_UNAVAILABLE);
		assert_int_equal(look_up(fx.user_key, &live), DW_OK);
		assert_true(live);
	}
	assert_int_equal(r->links[HERE].breaker.state, BREAKER_CLOSED);
	assert_int_equal(r->links[THERE].breaker.state, BREAKER_OPEN);
	assert_int_equal(atomic_load(&fx.slot.breaker), BREAKER_OPEN);
	assert_int_equal(redis_store_ops.ping(fx.store), DW_OK);
	r->links[HERE].breaker.state = BREAKER_OPEN;
	r->links[HERE].breaker.until = INT64_MAX;
	assert_int_equal(redis_store_ops.ping(fx.store), DW_UNAVAILABLE);
	r->links[HERE].breaker.state = BREAKER_CLOSED;
	assert_true(conn_is_open(r->links[HERE].conn));
	assert_false(conn_is_open(r->links[THERE].conn));

	assert_true(server_start(&there.server));
	r->links[THERE].breaker.until = 0;
	assert_int_equal(look_up(there.user_key, &live), DW_OK);
	assert_int_equal(atomic_load(&fx.slot.breaker), BREAKER_CLOSED);
	assert_int_equal(redis_store_ops.ping(fx.store), DW_OK);
}

static void
count(void *arg, const uint8_t user_key[USER_KEY_LEN])
{
	unsigned *seen = arg;

	seen[HERE] += memcmp(user_key, fx.user_key, USER_KEY_LEN) == 0;
	seen[THERE] += memcmp(user_key, there.user_key, USER_KEY_LEN) == 0;
}

/* A scan and the outboxes' lengths are those of all; of one that cannot be asked neither says nothing is there. */
static void
test_all_are_visited(void **state)
{
	unsigned seen[2] = { 0, 0 };
	struct outbox_lengths out;
	uint64_t cursor = 0;

	(void)state;
	assert_int_equal(log_in(fx.user_key), DW_OK);
	assert_int_equal(log_in(there.user_key), DW_OK);
	do
		assert_int_equal(redis_store_scan(fx.store, &cursor, count, seen), DW_OK);
	while (cursor != 0);
	assert_true(seen[HERE] >= 1 && seen[THERE] >= 1);
	assert_int_equal(outbox_lengths(fx.store, &out), DW_OK);
	assert_int_equal(out.events, 2);

	server_signal(&there.server, SIGKILL);
	assert_int_equal(outbox_lengths(fx.store, &out), DW_UNAVAILABLE);
	assert_int_equal(redis_store_scan(fx.store, &cursor, count, seen), DW_OK);
	assert_int_equal(cursor >> 56, THERE);
	assert_int_equal(redis_store_scan(fx.store, &cursor, count, seen), DW_UNAVAILABLE);
	cursor = UINT64_C(2) << 56; /* of a node that there is not */
	assert_int_equal(redis_store_scan(fx.store, &cursor, count, seen), DW_FAULT);
}

/* Several questions at once: each answer belongs to its question, and one that is refused spoils no other. */
static void
test_many(void **state)
{
	unsigned buckets[] = { keys_bucket(fx.user_key), keys_bucket(there.user_key) };
	struct call calls[6];
	struct args a[6];
	char text[6][8];

	(void)state;
	for (int i = 0; i < 6; i++) {
		snprintf(text[i], sizeof(text[i]), "no. %d", i);
		args_init(&a[i], i == 2 ? "NOCOMMAND" : "ECHO");
		args_text(&a[i], text[i]);
		calls[i] = (struct call){ .bucket = buckets[i % 2], .a = &a[i] };
	}
	call_many(fx.store, calls, 6);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(calls[i].result, i == 2 ? DW_FAULT : DW_OK);
		if (i != 2)
			assert_string_equal(calls[i].reply->str, text[i]);
		freeReplyObject(calls[i].reply);
	}
	server_signal(&there.server, SIGKILL);
	call_many(fx.store, calls, 6);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(calls[i].result, i == 2 ? DW_FAULT : i % 2 == HERE ? DW_OK : DW_UNAVAILABLE);
		freeReplyObject(calls[i].reply);
	}
}

/* A script that is given another number of arguments than it reads is not sent: it would take one for another. */
static void
test_miscounted(void **state)
{
	redisReply *r = (redisReply *)1;
	struct args a;

	(void)state;
	script_begin(SCRIPT_NOTIFY, &a);
	for (int i = 0; i < 2 + 12; i++)
		args_text(&a, "");
	freeReplyObject(fixture_raw("CONFIG RESETSTAT"));
	assert_int_equal(call_script(fx.store, 0, SCRIPT_NOTIFY, &a, &r), DW_FAULT);
	assert_null(r);
	args_text(&a, "");
	assert_int_equal(call_script(fx.store, 0, SCRIPT_PRUNE, &a, &r), DW_FAULT);
	r = fixture_raw("INFO commandstats");
	assert_null(strstr(r->str, "evalsha"));
	freeReplyObject(r);
}

static enum dw_result
answer(const char *error)
{
	char script[128];
	redisReply *r;
	struct args a;

	snprintf(script, sizeof(script), "return redis.error_reply('%s')", error);
	args_init(&a, "EVAL");
	args_text(&a, script);
	args_text(&a, "0");
	return (call_ask(fx.store, 0, &a, &r));
}

/* A node of a cluster, where redis.url names none: not an outage, and not absent. */
static void
test_redirects(void **state)
{

	(void)state;
	assert_int_equal(answer("MOVED 3999 127.0.0.1:7001"), DW_FAULT);
	assert_int_equal(answer("ASK 16383 :7002"), DW_FAULT);
	assert_int_equal(answer("TRYAGAIN later"), DW_UNAVAILABLE);
	assert_int_equal(answer("CLUSTERDOWN Hash slot not served"), DW_UNAVAILABLE);
	assert_int_equal(fx.store->route.links[HERE].breaker.state, BREAKER_CLOSED);
}

static void
test_not_without_end(void **state)
{
	struct route *r = &fx.store->route;
	char err[128];

	(void)state;
	while (r->n < NODES_MAX)
		assert_true(route_add(r, there.url, err, sizeof(err)) > 0);
	assert_int_equal(route_add(r, there.url, err, sizeof(err)), -1);
	assert_int_equal(r->n, NODES_MAX);
}

/* A node that answers ${bytes} to whatever it is asked first. */
static pid_t
start_node(const char *bytes, int *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), one;
	socklen_t len = sizeof(a);
	char buf[512];
	pid_t pid;

	assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(fd, 4) == 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	if ((pid = fork()) == 0) {
		alarm(120);
		if ((one = accept(fd, NULL, NULL)) >= 0 && write(one, bytes, strlen(bytes)) > 0)
			while (read(one, buf, sizeof(buf)) > 0)
				;
		_exit(0);
	}
	close(fd);
	return (pid);
}

#define TIME_REPLY "*2\r\n$1\r\n1\r\n$1\r\n0\r\n"
#define RANGE(slot, host) "*3\r\n:" slot "\r\n:" slot "\r\n*2\r\n$1\r\n" host "\r\n:7000\r\n"

/* All links are of nodes that have gone: each master that comes gets one of its own. */
static void
test_room_of_the_gone(void **state)
{
	struct config conf = fx.conf;
	const struct link *first, *second;
	static struct route r;
	char url[64], err[128];
	int port;
	pid_t pid = start_node(TIME_REPLY "*2\r\n" RANGE("0", "a") RANGE("1", "b"), &port);

	(void)state;
	snprintf(url, sizeof(url), "cluster://127.0.0.1:%d", port);
	conf.redis_url = url;
	conf.redis_connect_timeout = conf.redis_command_timeout = 60000;
	assert_true(route_init(&r, &conf, err, sizeof(err)));
	for (int i = 0; i < NODES_MAX; i++)
		assert_int_equal(route_add(&r, "redis://192.0.2.1:7000", err, sizeof(err)), i);
	assert_true(route_refresh(&r, true, clock_mono_ms() + 60000));
	assert_non_null(first = route_link(&r, KEYS_BUCKETS));
	assert_non_null(second = route_link(&r, KEYS_BUCKETS + 1));
	assert_string_equal(conn_host(first->conn)->name, "a");
	assert_string_equal(conn_host(second->conn)->name, "b");
	route_free(&r);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static bool
is_leased(const struct cache *c)
{
	struct cache_numbers n;

	cache_numbers(c, &n);
	return (n.lease_left > 0);
}

/* Turns until the keeper says ${kept} and the lease is ${leased}, or for five seconds. */
static void
turn_until(struct keeper *k, const struct cache *c, bool kept, bool leased)
{
	int64_t end = clock_mono_ms() + 60000;

	while ((keeper_turn(k, true) != kept || is_leased(c) != leased) && clock_mono_ms() < end)
		fixture_sleep(5);
	assert_int_equal(keeper_turn(k, true), kept);
	assert_int_equal(is_leased(c), leased);
}

/* The cache counts while both vouch for it, and is told of changes in both. */
static void
test_keeper(void **state)
{
	struct cache *c = cache_new(1 << 20, 60000, 60000);
	struct node nodes[2] = { { .epoch = 0 } };
	struct cached_check p = { .expires = INT64_MAX, .touch_at = INT64_MAX }, out;
	uint8_t key[CACHE_KEY_LEN] = { 1 };
	int64_t end;
	struct keeper *k;
	char err[256];

	(void)state;
	assert_non_null(k = keeper_new(&fx.conf, c, &nodes[0], err, sizeof(err)));
	turn_until(k, c, true, true);
	server_signal(&there.server, SIGSTOP);
	assert_true(keeper_add(k, there.url, &nodes[1], err, sizeof(err)));
	turn_until(k, c, false, false);
	server_signal(&there.server, SIGCONT);
	turn_until(k, c, true, true);

	memcpy(p.user_key, there.user_key, USER_KEY_LEN);
	assert_true(cache_fill(c, key, cache_read_epoch(c, p.user_key), &p));
	assert_true(cache_recall(c, key, 0, &out));
	freeReplyObject(redisCommand(there.raw, "HSET %s n x", there.key));
	for (end = clock_mono_ms() + 60000; cache_recall(c, key, 0, &out) && clock_mono_ms() < end; fixture_sleep(5))
		assert_true(keeper_turn(k, true));
	assert_false(cache_recall(c, key, 0, &out));
	assert_true(is_leased(c));

	server_signal(&there.server, SIGKILL);
	turn_until(k, c, false, false);
	assert_true(server_start(&there.server));
	turn_until(k, c, true, true);
	keeper_free(k);
	assert_false(is_leased(c));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_one_by_default, fixture_fresh),
		cmocka_unit_test_setup_teardown(test_each_has_its_users, both, one),
		cmocka_unit_test_setup_teardown(test_one_is_down, both, one),
		cmocka_unit_test_setup_teardown(test_all_are_visited, both, one),
		cmocka_unit_test_setup_teardown(test_many, both, one),
		cmocka_unit_test_setup(test_miscounted, fixture_fresh),
		cmocka_unit_test_setup_teardown(test_redirects, both, one),
		cmocka_unit_test_setup_teardown(test_not_without_end, both, one),
		cmocka_unit_test_setup(test_room_of_the_gone, fixture_fresh),
		cmocka_unit_test_setup_teardown(test_keeper, both, one),
	};

	return (fixture_main("several servers", tests, sizeof(tests) / sizeof(tests[0])));
}
