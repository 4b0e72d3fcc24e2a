/* SPDX-License-Identifier: ISC */
/* What redis.url may look like, and what is read from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/redis_url.h"

static void
test_forms(void **state)
{
	static const char *const good[] = { "unix:/run/redis.sock", "redis://h", "redis://h:6379", "redis://h:6379/3",
		"redis://[::1]:6379/0", "redis://h/0", "redis://redis_1:6379", "redis://h/1023", "sentinel://h/m",
		"sentinel://h:1,i,[::1]:2/m/1", "sentinel://h/my-master_1.x", "cluster://h",
		"cluster://h:1,[::1],10.0.0.1:65535" };
	static const char *const bad[] = { "", "unix:", "unix:/", "unix:run/redis.sock", "redis://",
		"redis://h:", "redis://h:0", "redis://h:65536", "redis://h/x", "redis://h/", "redis://h/1024", "rediss://h",
		"redis://u@h", "h:6379", "redis:///0", "redis://h,i", "redis://[::1", "redis://[::1]6379", "redis://[h]",
		"sentinel://", "sentinel://h", "sentinel://h/", "sentinel:///m", "sentinel://h,/m", "sentinel://,h/m",
		"sentinel://h//1", "sentinel://h/m/", "sentinel://h/m/x", "sentinel://h/m/1/2", "sentinel://h/m n",
		"sentinel://h:0/m", "cluster://", "cluster://h/", "cluster://h/0", "cluster://h,", "http://h" };
	struct redis_url u;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!redis_url_read(good[i], &u))
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (redis_url_read(bad[i], &u))
			fail_msg("taken: %s", bad[i]);
}

static void
test_parts(void **state)
{
	struct redis_url u;

	(void)state;
	assert_true(redis_url_read("unix:/run/r", &u));
	assert_int_equal(u.kind, REDIS_UNIX);
	assert_string_equal(u.path, "/run/r");
	assert_true(redis_url_read("redis://[::1]/7", &u));
	assert_int_equal(u.kind, REDIS_TCP);
	assert_string_equal(u.hosts[0].name, "::1");
	assert_int_equal(u.hosts[0].port, 6379);
	assert_int_equal(u.database, 7);
	assert_true(redis_url_read("sentinel://a,b:5/m/3", &u));
	assert_int_equal(u.kind, REDIS_SENTINEL);
	assert_int_equal(u.n, 2);
	assert_int_equal(u.hosts[0].port, 26379);
	assert_string_equal(u.hosts[1].name, "b");
	assert_int_equal(u.hosts[1].port, 5);
	assert_string_equal(u.master, "m");
	assert_int_equal(u.database, 3);
	assert_true(redis_url_read("cluster://a,b:5", &u));
	assert_int_equal(u.kind, REDIS_CLUSTER);
	assert_int_equal(u.n, 2);
}

static void
test_too_many(void **state)
{
	char url[128] = "sentinel://h";
	size_t n = sizeof("sentinel://h") - 1;
	struct redis_url u;

	(void)state;
	for (size_t i = 1; i < REDIS_HOSTS_MAX; i++, n += 2) {
		url[n] = ',';
		url[n + 1] = 'h';
	}
	url[n] = '/';
	url[n + 1] = 'm';
	assert_true(redis_url_read(url, &u));
	url[n] = ',';
	url[n + 2] = '/';
	url[n + 3] = 'm';
	assert_false(redis_url_read(url, &u));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_too_many),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
