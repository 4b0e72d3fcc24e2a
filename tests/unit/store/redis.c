/* SPDX-License-Identifier: ISC */
#include <sys/mman.h>
#include <sys/wait.h>

#include <unistd.h>

#include "fixture.h"

#define CHILDREN 8
#define ROUNDS 50

/* What the children found, in memory they share. */
struct found {
	struct end_reply end[CHILDREN][ROUNDS];
	struct rotate_reply rotate[CHILDREN];
	struct login_reply login[CHILDREN];
	enum dw_result result[CHILDREN];
};

static struct found *found;

/* Runs ${work} in 8 processes at once, each with a store of its own. */
static void
race(void (*work)(unsigned child))
{
	pid_t pids[CHILDREN];
	int gate[2], status;
	char byte;

	found = mmap(NULL, sizeof(*found), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(found != MAP_FAILED);
	assert_int_equal(pipe(gate), 0);
	for (unsigned i = 0; i < CHILDREN; i++) {
		if ((pids[i] = fork()) == 0) {
			close(gate[1]);
			fx.store = fixture_store();
			redis_store_ops.ping(fx.store);
			(void)!read(gate[0], &byte, 1); /* until all are there */
			work(i);
			_exit(0);
		}
	}
	close(gate[0]);
	fixture_sleep(100);
	close(gate[1]);
	for (unsigned i = 0; i < CHILDREN; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
}

static void
log_out(unsigned child)
{
	struct end_write w = fixture_logout_record(1, END_USER, SCOPE_SESSION);

	for (int i = 0; i < ROUNDS; i++)
		found->result[child] |= redis_store_ops.end(fx.store, &w, NULL, &found->end[child][i]);
}

static void
test_logout_race(void **state)
{
	struct login_write w = fixture_login(1);
	unsigned ended = 0;

	(void)state;
	fixture_logged_in(&w);
	race(log_out);
	for (unsigned c = 0; c < CHILDREN; c++) {
		assert_int_equal(found->result[c], DW_OK);
		for (int i = 0; i < ROUNDS; i++) {
			ended += found->end[c][i].ended;
			assert_true(found->end[c][i].has_own);
			assert_memory_equal(&found->end[c][i].own, &found->end[0][0].own, sizeof(struct logout_record));
		}
	}
	assert_int_equal(ended, 1);
	assert_int_equal(fixture_count("logout"), 1);
	munmap(found, sizeof(*found));
}

static void
refresh(unsigned child)
{
	struct rotate_write w = fixture_rotation(1, 0, (uint8_t)(child + 1));

	found->result[child] = redis_store_ops.rotate(fx.store, &w, &found->rotate[child]);
}

/* One successor, whoever asks. */
static void
test_rotate_race(void **state)
{
	struct login_write w = fixture_login(1);
	unsigned done = 0;

	(void)state;
	fixture_logged_in(&w);
	race(refresh);
	for (unsigned c = 0; c < CHILDREN; c++) {
		assert_int_equal(found->result[c], DW_OK);
		done += found->rotate[c].outcome == ROTATE_DONE;
		assert_true(found->rotate[c].outcome <= ROTATE_REPEATED);
		assert_memory_equal(found->rotate[c].salt, found->rotate[0].salt, SALT_LEN);
	}
	assert_int_equal(done, 1);
	assert_int_equal(fixture_count("refresh"), 1);
	munmap(found, sizeof(*found));
}

static void
log_in(unsigned child)
{
	struct login_write w = fixture_login((uint8_t)(child + 1));

	w.limit = 3;
	found->result[child] = redis_store_ops.login(fx.store, &w, &found->login[child]);
}

/* Eight logins, room for three. */
static void
test_limit_race(void **state)
{
	struct session_list l;

	(void)state;
	race(log_in);
	assert_int_equal(redis_store_ops.list(fx.store, fx.user_key, &fx.arena, &l), DW_OK);
	assert_int_equal(l.n, 3);
	assert_int_equal(fixture_count("login"), 8);
	assert_int_equal(fixture_count("replaced"), 5);
	munmap(found, sizeof(*found));
}

static void
count_user(void *arg, const uint8_t user_key[USER_KEY_LEN])
{
	unsigned char *seen = arg;

	seen[user_key[7]] |= (unsigned char)(1u << (user_key[8] & 7));
}

/* All users, and nothing that is none. */
static void
test_scan(void **state)
{
	unsigned char seen[256] = { 0 };
	uint64_t cursor = 0;
	unsigned turns = 0, bits = 0;

	(void)state;
	freeReplyObject(fixture_raw("SET dw:{000}foreign x"));
	freeReplyObject(fixture_raw("SET unrelated x"));
	for (unsigned i = 0; i < 2000; i++) {
		char key[KEYS_RECORD_LEN + 1];

		fx.user_key[0] = (uint8_t)i;
		fx.user_key[7] = (uint8_t)(i >> 3);
		fx.user_key[8] = (uint8_t)(i & 7);
		keys_record(fx.user_key, key);
		freeReplyObject(fixture_raw("HSET %s u x", key));
	}
	do {
		assert_int_equal(redis_store_scan(fx.store, &cursor, count_user, seen), DW_OK);
		turns++;
	} while (cursor != 0);
	for (unsigned i = 0; i < 2000; i++)
		bits += (seen[(i >> 3) & 255] >> (i & 7)) & 1;
	assert_int_equal(bits, 2000);
	assert_in_range(turns, 3, 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_logout_race, fixture_fresh),
		cmocka_unit_test_setup(test_rotate_race, fixture_fresh),
		cmocka_unit_test_setup(test_limit_race, fixture_fresh),
		cmocka_unit_test_setup(test_scan, fixture_fresh),
	};

	return (fixture_main("races, scan", tests, sizeof(tests) / sizeof(tests[0])));
}
