/* SPDX-License-Identifier: ISC */
/* The slots of keys, the map, and what a node says that does not have one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <hiredis/hiredis.h>

#include "store/cluster_map.h"
#include "store/keys.h"

/* Of the cluster specification's examples, and of Redis' CLUSTER KEYSLOT. */
static void
slots(void **state)
{
	static const struct {
		const char *key;
		unsigned slot;
	} known[] = { { "123456789", 0x31c3 }, { "", 0 }, { "foo", 12182 }, { "bar", 5061 }, { "{user1000}.following", 3443 },
		{ "{user1000}.followers", 3443 }, { "foo{}{bar}", 8363 }, { "foo{{bar}}zap", 4015 }, { "foo{bar}{zap}", 5061 },
		{ "foo{bar", 15278 } };

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_int_equal(cluster_slot(str_of(known[i].key)), known[i].slot);
}

/* What is about one user lies in one slot, and the buckets are spread over three servers to within a hundredth. */
static void
buckets(void **state)
{
	unsigned third[3] = { 0 };
	char key[KEYS_OUTBOX_LEN + 1], record[KEYS_RECORD_LEN + 1];

	(void)state;
	for (unsigned b = 0; b < KEYS_BUCKETS; b++) {
		uint8_t user[USER_KEY_LEN] = { (uint8_t)(b >> 2), (uint8_t)(b << 6) };

		keys_outbox_of(b, key);
		keys_record(user, record);
		assert_int_equal(cluster_slot(str_of(key)), cluster_slot(str_of(record)));
		third[cluster_slot(str_of(key)) * 3 / CLUSTER_SLOTS]++;
	}
	for (int i = 0; i < 3; i++)
		assert_in_range(third[i], KEYS_BUCKETS / 3 * 98 / 100, KEYS_BUCKETS / 3 * 102 / 100);
	assert_int_equal(keys_sink_place("a", KEYS_LEASE), KEYS_BUCKETS + cluster_slot(STR_LIT("dwx:a:lease")));
}

static redisReply *
reply(const char *text)
{
	redisReader *reader = redisReaderCreate();
	void *r = NULL;

	assert_non_null(reader);
	assert_int_equal(redisReaderFeed(reader, text, strlen(text)), REDIS_OK);
	assert_int_equal(redisReaderGetReply(reader, &r), REDIS_OK);
	redisReaderFree(reader);
	assert_non_null(r);
	return (r);
}

static bool
read_map(const char *text, struct cluster_map *m)
{
	static const struct redis_host asked = { "asked.example", 7000 };
	redisReply *r = reply(text);
	bool good = cluster_map_read(r, &asked, m);

	freeReplyObject(r);
	return (good);
}

#define ADDRESS(len, name, port) "*4\r\n$" len "\r\n" name "\r\n:" port "\r\n$2\r\nid\r\n*0\r\n"
#define TWO                                                                                                                    \
	"*3\r\n"                                                                                                               \
	"*4\r\n:0\r\n:99\r\n" ADDRESS("9", "127.0.0.1", "7001")                                                                \
	    ADDRESS("9", "127.0.0.1", "7004") "*3\r\n:200\r\n:200\r\n" ADDRESS("9", "127.0.0.1",                               \
		"7001") "*4\r\n:100\r\n:199\r\n" ADDRESS("3", "::1", "7002") ADDRESS("9", "127.0.0.1", "7005")

static void
map(void **state)
{
	struct cluster_map m;

	(void)state;
	assert_true(read_map(TWO, &m));
	assert_int_equal(m.n, 2);
	assert_string_equal(m.masters[0].name, "127.0.0.1");
	assert_int_equal(m.masters[0].port, 7001);
	assert_string_equal(m.masters[1].name, "::1");
	assert_int_equal(m.n_replicas, 2);
	assert_int_equal(m.replicas[1].port, 7005);
	assert_int_equal(m.of[0], 0);
	assert_int_equal(m.of[99], 0);
	assert_int_equal(m.of[100], 1);
	assert_int_equal(m.of[199], 1);
	assert_int_equal(m.of[200], 0);
	assert_int_equal(m.of[201], CLUSTER_NOBODY);
	assert_int_equal(m.of[CLUSTER_SLOTS - 1], CLUSTER_NOBODY);
}

/* Of a server without an address that is asked's; "?" is one that nobody can connect to. */
static void
unknown_addresses(void **state)
{
	struct cluster_map m;

	(void)state;
	assert_true(read_map("*1\r\n*3\r\n:0\r\n:16383\r\n" ADDRESS("0", "", "7009"), &m));
	assert_string_equal(m.masters[0].name, "asked.example");
	assert_int_equal(m.masters[0].port, 7009);
	assert_true(read_map("*1\r\n*3\r\n:0\r\n:16383\r\n*3\r\n$-1\r\n:7009\r\n$2\r\nid\r\n", &m));
	assert_string_equal(m.masters[0].name, "asked.example");
	assert_true(
	    read_map("*2\r\n*3\r\n:0\r\n:1\r\n" ADDRESS("1", "?", "7009") "*3\r\n:2\r\n:3\r\n" ADDRESS("1", "a", "7001"), &m));
	assert_int_equal(m.n, 1);
	assert_int_equal(m.of[1], CLUSTER_NOBODY);
	assert_int_equal(m.of[2], 0);
	assert_true(read_map("*3\r\n*3\r\n:0\r\n:1\r\n" ADDRESS("3", "a:b", "7009") "*3\r\n:2\r\n:3\r\n" ADDRESS(
				 "1", "a", "7001") "*3\r\n:4\r\n:5\r\n*3\r\n$-1\r\n:0\r\n$2\r\nid\r\n",
	    &m));
	assert_int_equal(m.n, 1);
	assert_int_equal(m.of[0], CLUSTER_NOBODY);
	assert_int_equal(m.of[2], 0);
	assert_int_equal(m.of[4], CLUSTER_NOBODY);
	assert_true(read_map(
	    "*2\r\n*3\r\n:0\r\n:1\r\n" ADDRESS("5", "a b;c", "7009") "*3\r\n:2\r\n:3\r\n" ADDRESS("1", "a", "7001"), &m));
	assert_int_equal(m.of[0], CLUSTER_NOBODY);
}

static void
nonsense(void **state)
{
	static const char *const bad[] = { "+OK\r\n", "-ERR This instance has cluster support disabled\r\n", "*0\r\n",
		"*1\r\n:1\r\n", "*1\r\n*2\r\n:0\r\n:1\r\n", "*1\r\n*3\r\n:0\r\n:16384\r\n" ADDRESS("1", "a", "1"),
		"*1\r\n*3\r\n:-1\r\n:1\r\n" ADDRESS("1", "a", "1"), "*1\r\n*3\r\n$1\r\n0\r\n:1\r\n" ADDRESS("1", "a", "1"),
		"*1\r\n*3\r\n:0\r\n:1\r\n*1\r\n$1\r\na\r\n", "*1\r\n*3\r\n:0\r\n:1\r\n" ADDRESS("1", "a", "65536"),
		"*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n:1\r\n:1\r\n", "*1\r\n*3\r\n:0\r\n:1\r\n$1\r\na\r\n" };
	struct cluster_map m;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(read_map(bad[i], &m));
}

/* More masters than there is room for are refused, and not left out: their users would seem to be absent. */
static void
too_many(void **state)
{
	struct cluster_map m;
	char text[8192];
	size_t at;

	(void)state;
	for (int n = NODES_MAX; n <= NODES_MAX + 1; n++) {
		at = (size_t)snprintf(text, sizeof(text), "*%d\r\n", n);
		for (int i = 0; i < n; i++)
			at += (size_t)snprintf(
			    text + at, sizeof(text) - at, "*3\r\n:%d\r\n:%d\r\n*2\r\n$1\r\na\r\n:%d\r\n", i, i, i + 1);
		assert_int_equal(read_map(text, &m), n == NODES_MAX);
	}
}

static void
hashes(void **state)
{
	struct cluster_map a, b;

	(void)state;
	assert_true(read_map(TWO, &a));
	assert_true(read_map("*3\r\n*3\r\n:100\r\n:199\r\n" ADDRESS("3", "::1", "7002") "*3\r\n:200\r\n:200\r\n" ADDRESS(
				 "9", "127.0.0.1", "7001") "*3\r\n:0\r\n:99\r\n" ADDRESS("9", "127.0.0.1", "7001"),
	    &b));
	assert_int_equal(cluster_map_hash(&a), cluster_map_hash(&b)); /* another order, other replicas */
	b.of[150] = b.of[0];
	assert_int_not_equal(cluster_map_hash(&a), cluster_map_hash(&b));
	b = a;
	b.masters[1].port++;
	assert_int_not_equal(cluster_map_hash(&a), cluster_map_hash(&b));
	assert_int_not_equal(cluster_map_hash(&a), 0);
}

static void
redirects(void **state)
{
	static const char *const bad[] = { "", "MOVED", "MOVED 1", "MOVED 1 a", "MOVED 16384 a:1", "MOVED x a:1",
		"MOVEDX 1 a:1", "MOVED 1 a:0", "MOVED 1 a:65536", "MOVED 1 a b:1", "MOVED 1 :", "ASKING 1 a:1",
		"MOVED 1 a\r\n:1", "MOVED 1 a:b:7001" };
	struct redirect to;

	(void)state;
	assert_true(cluster_redirect_read(STR_LIT("MOVED 3999 127.0.0.1:7001"), &to));
	assert_false(to.ask);
	assert_int_equal(to.slot, 3999);
	assert_string_equal(to.to.name, "127.0.0.1");
	assert_int_equal(to.to.port, 7001);
	assert_true(cluster_redirect_read(STR_LIT("ASK 16383 :7002"), &to));
	assert_true(to.ask);
	assert_string_equal(to.to.name, "");
	assert_int_equal(to.to.port, 7002);
	assert_true(cluster_redirect_read(STR_LIT("ASK 0 fd00::1:7002"), &to));
	assert_string_equal(to.to.name, "fd00::1");
	assert_true(cluster_redirect_read(STR_LIT("ASK 0 [::1]:7002"), &to));
	assert_string_equal(to.to.name, "::1");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(cluster_redirect_read(str_of(bad[i]), &to));
}

static void
urls(void **state)
{
	const struct redis_host v4 = { "127.0.0.1", 7001 }, v6 = { "::1", 7002 };
	char url[CLUSTER_URL_MAX];

	(void)state;
	cluster_url("redis", &v4, url);
	assert_string_equal(url, "redis://127.0.0.1:7001");
	cluster_url("cluster", &v6, url);
	assert_string_equal(url, "cluster://[::1]:7002");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots),
		cmocka_unit_test(buckets),
		cmocka_unit_test(map),
		cmocka_unit_test(unknown_addresses),
		cmocka_unit_test(nonsense),
		cmocka_unit_test(too_many),
		cmocka_unit_test(hashes),
		cmocka_unit_test(redirects),
		cmocka_unit_test(urls),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
