/* SPDX-License-Identifier: ISC */
#include <sys/wait.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"

#include "doorward/cache.h"

#define NOW 1000
#define FEW 126 /* bytes of groups that fit a small entry */
#define MAX_AGE 2000
#define LEASE 30000 /* nothing here waits for its end */
#define BYTES (1 << 20)

static struct cache *
fresh(void)
{
	struct cache *c = cache_new(BYTES, MAX_AGE, LEASE);

	assert_non_null(c);
	cache_lease(c, clock_mono_ms());
	return (c);
}

/* Everything in an entry follows from its number, so that a torn or mixed-up one is seen. */
static void
make(uint32_t n, uint8_t key[CACHE_KEY_LEN], struct cached_check *p)
{

	memset(p, 0, sizeof(*p));
	for (size_t i = 0; i < CACHE_KEY_LEN; i++)
		key[i] = (uint8_t)((n * 2654435761u) >> (i % 4 * 8)) ^ (uint8_t)i;
	memcpy(p->user_key, key, USER_KEY_LEN);
	snprintf(p->user_id, sizeof(p->user_id), "%u", n);
	memset(p->username, 'a' + (int)(n % 26), USERNAME_MAX);
	memset(p->groups, 'A' + (int)(n % 26), FEW);
	memset(p->device_id, '0' + (int)(n % 10), DEVICE_ID_MAX);
	p->expires = NOW + 100;
	p->touch_at = INT64_MAX;
}

static bool
put(struct cache *c, uint32_t n)
{
	uint8_t key[CACHE_KEY_LEN];
	struct cached_check p;

	make(n, key, &p);
	return (cache_fill(c, key, cache_read_epoch(c, p.user_key), &p));
}

static bool
has(struct cache *c, uint32_t n, int64_t now)
{
	uint8_t key[CACHE_KEY_LEN];
	struct cached_check want, got = { .expires = 0 };

	make(n, key, &want);
	if (!cache_recall(c, key, now, &got))
		return (false);
	assert_memory_equal(&got, &want, sizeof(got));
	return (true);
}

static void
test_keeps_and_forgets(void **state)
{
	struct cache *c = fresh();
	uint8_t key[CACHE_KEY_LEN];
	struct cached_check p;

	(void)state;
	assert_false(has(c, 1, NOW));
	assert_true(put(c, 1));
	assert_true(has(c, 1, NOW));
	assert_true(has(c, 1, NOW + 99));
	assert_false(has(c, 1, NOW + 100)); /* the credential is past */
	make(1, key, &p);
	cache_evict(c, p.user_key);
	assert_false(has(c, 1, NOW));
	assert_true(put(c, 1));
	cache_flush(c);
	assert_false(has(c, 1, NOW));
	assert_true(put(c, 1));
	assert_true(has(c, 1, NOW));
}

static void
test_use_is_recorded_again(void **state)
{
	struct cache *c = fresh();
	uint8_t key[CACHE_KEY_LEN];
	struct cached_check p;

	(void)state;
	make(2, key, &p);
	p.touch_at = NOW + 10;
	assert_true(cache_fill(c, key, cache_read_epoch(c, p.user_key), &p));
	assert_true(cache_recall(c, key, NOW + 9, &p));
	assert_false(cache_recall(c, key, NOW + 10, &p));
}

static void
test_lease(void **state)
{
	struct cache *c = cache_new(BYTES, MAX_AGE, LEASE);
	struct cache_numbers n;

	(void)state;
	assert_non_null(c);
	assert_true(put(c, 1));
	assert_false(has(c, 1, NOW)); /* nobody has kept it yet */
	cache_lease(c, clock_mono_ms());
	assert_true(has(c, 1, NOW));
	cache_lease(c, clock_mono_ms() - LEASE - 1);
	assert_false(has(c, 1, NOW));
	cache_numbers(c, &n);
	assert_true(n.lease_left < 0);
	cache_lease(c, clock_mono_ms());
	assert_true(has(c, 1, NOW));
	cache_lease(c, 0);
	assert_false(has(c, 1, NOW));
}

/* What Redis said before the change must not be kept after it. */
static void
test_race_of_fill_and_change(void **state)
{
	struct cache *c = fresh();
	uint8_t key[CACHE_KEY_LEN];
	struct cache_epoch before;
	struct cached_check p;

	(void)state;
	make(3, key, &p);
	before = cache_read_epoch(c, p.user_key);
	cache_evict(c, p.user_key);
	assert_false(cache_fill(c, key, before, &p));
	assert_false(has(c, 3, NOW));
	before = cache_read_epoch(c, p.user_key);
	cache_flush(c);
	assert_false(cache_fill(c, key, before, &p));
	assert_false(has(c, 3, NOW));
}

static void
test_full(void **state)
{
	struct cache *c = fresh();
	struct cache_numbers n;
	uint32_t kept = 0;

	(void)state;
	cache_numbers(c, &n);
	assert_true(n.entries > 100 && n.entries * (offsetof(struct cached_check, groups) + FEW) < BYTES);
	for (uint32_t i = 0; i < n.entries * 3; i++)
		assert_true(put(c, i)); /* there is always a place: the oldest goes */
	for (uint32_t i = 0; i < n.entries * 3; i++)
		kept += has(c, i, NOW);
	assert_true(kept > n.entries / 2 && kept <= n.entries);
}

/* Entries of all sizes: what was kept last counts, whichever table the same credential was in before. */
static void
test_many_groups(void **state)
{
	static const size_t lengths[] = { 0, FEW, FEW + 1, 1024, 1025, GROUPS_MAX, 1, GROUPS_MAX, 500, 0 };
	static struct cached_check p, got;
	struct cache *c = fresh();
	uint8_t key[CACHE_KEY_LEN];

	(void)state;
	make(1, key, &p);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		memset(p.groups, 'x', lengths[i]);
		p.groups[lengths[i]] = '\0';
		cache_evict(c, p.user_key); /* as whoever changed the groups does */
		assert_false(cache_recall(c, key, NOW, &got));
		assert_true(cache_fill(c, key, cache_read_epoch(c, p.user_key), &p));
		assert_true(cache_recall(c, key, NOW, &got));
		assert_string_equal(got.groups, p.groups);
		assert_string_equal(got.username, p.username);
		assert_true(cache_recall_stale(c, key, NOW, MAX_AGE, &got));
		assert_string_equal(got.groups, p.groups);
	}
}

static void
test_none(void **state)
{
	struct cache_numbers n;
	uint8_t user_key[USER_KEY_LEN] = { 0 }, key[CACHE_KEY_LEN] = { 0 };
	struct cached_check p = { .expires = NOW };

	(void)state;
	assert_false(cache_recall(NULL, key, NOW, &p));
	assert_false(cache_fill(NULL, key, cache_read_epoch(NULL, user_key), &p));
	cache_evict(NULL, user_key);
	cache_flush(NULL);
	cache_lease(NULL, 1);
	cache_numbers(NULL, &n);
	assert_int_equal(n.entries, 0);
}

/* Fills, reads and evicts until it is killed; a torn entry ends it with a failure. */
static void
work(struct cache *c, unsigned seed)
{
	uint8_t key[CACHE_KEY_LEN];
	struct cached_check want, got = { .expires = 0 };

	for (;;) {
		uint32_t n = (uint32_t)rand_r(&seed) % 64;

		make(n, key, &want);
		if (cache_recall(c, key, NOW, &got) && memcmp(&got, &want, sizeof(got)) != 0)
			_exit(1);
		if (n % 16 == 0)
			cache_evict(c, want.user_key);
		else
			cache_fill(c, key, cache_read_epoch(c, want.user_key), &want);
		cache_lease(c, clock_mono_ms());
	}
}

static void
test_killed_writers(void **state)
{
	struct cache *c = cache_new(0, MAX_AGE, LEASE); /* one set: everybody wants the same places */
	int status;

	(void)state;
	assert_non_null(c);
	for (unsigned round = 0; round < 60; round++) {
		pid_t pids[3];

		for (unsigned i = 0; i < 3; i++)
			if ((pids[i] = fork()) == 0)
				work(c, round * 3 + i);
		usleep(3000 + round % 7 * 500);
		for (unsigned i = 0; i < 3; i++) {
			kill(pids[i], SIGKILL);
			assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
			assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		}
	}
	cache_lease(c, clock_mono_ms());
	for (uint32_t i = 0; i < 64; i++) { /* no entry is lost to the dead */
		assert_true(put(c, i));
		assert_true(has(c, i, NOW));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keeps_and_forgets),
		cmocka_unit_test(test_use_is_recorded_again),
		cmocka_unit_test(test_lease),
		cmocka_unit_test(test_race_of_fill_and_change),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_many_groups),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_killed_writers),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
