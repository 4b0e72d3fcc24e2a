/* SPDX-License-Identifier: ISC */
/* The table of who is denied: what applies to whom, full, emptied, and with processes that write, read and die at it. */
#include <sys/wait.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "doorward/deny.h"

#define WRITERS 3
#define ROUNDS 200
#define ENTRIES 60 /* of each writer */
#define KILLS 40
#define MANY 20000 /* times 20 searches through all of it would not end today */

static struct deny_entry
session(uint32_t user, uint32_t sid)
{
	struct deny_entry e = { .kind = DENY_SESSION, .cause = END_USER, .row = sid + 1, .at = 1000 };
	uint64_t hash = (user + 1) * UINT64_C(0x9e3779b97f4a7c15), handle = (sid + 1) * UINT64_C(0xd6e8feb86659fd93);

	memcpy(e.user_key, &hash, sizeof(hash));
	memcpy(e.id, &handle, sizeof(handle));
	return (e);
}

static bool
is_denied(const struct deny *d, const struct deny_entry *e, bool by_token)
{
	struct deny_question q = { .user_key = e->user_key, .session_key = e->id, .by_token = by_token };
	struct deny_entry found;

	return (deny_finds(d, &q, &found));
}

static void
test_session(void **state)
{
	struct deny *d = deny_new(100);
	struct deny_entry one = session(1, 1), other = session(1, 2), tokens = session(1, 3);

	(void)state;
	assert_true(deny_is_empty(d) && deny_is_empty(NULL) && !is_denied(d, &one, true) && !is_denied(NULL, &one, true));
	assert_true(deny_put(d, &one) && deny_put(d, &one)); /* twice is once */
	assert_int_equal(deny_count(d), 1);
	assert_true(is_denied(d, &one, false) && is_denied(d, &one, true) && !is_denied(d, &other, false));
	assert_true(deny_suspects(d, one.user_key, one.id, false) && !deny_suspects(d, other.user_key, other.id, true));
	tokens.kind = DENY_TOKENS;
	assert_true(deny_put(d, &tokens) && is_denied(d, &tokens, true) && !is_denied(d, &tokens, false));
	deny_remove(d, &other);
	assert_int_equal(deny_removals(d) + deny_removals(NULL), 0);
	deny_remove(d, &one);
	assert_int_equal(deny_removals(d), 1);
	assert_true(!is_denied(d, &one, false) && is_denied(d, &tokens, true));
	deny_remove(d, &tokens);
	assert_true(deny_is_empty(d));
}

/* Of a cached answer it is not known which token it is of. */
static void
test_token(void **state)
{
	struct deny *d = deny_new(100);
	struct deny_entry e = session(1, 1), other = session(1, 2), found;
	struct deny_question q = { .user_key = e.user_key, .session_key = other.id, .jti = e.id, .by_token = true };

	(void)state;
	e.kind = DENY_JTI;
	assert_true(deny_put(d, &e) && deny_finds_for_sure(d, &q, &found));
	assert_true(deny_suspects(d, e.user_key, other.id, true) && !deny_suspects(d, e.user_key, other.id, false));
	q.jti = NULL;
	assert_false(deny_finds(d, &q, &found));
	deny_remove(d, &e);
	assert_false(deny_suspects(d, e.user_key, other.id, true));
}

/* All of a user: while nobody can say when a session was opened, every one; then those opened by that moment. */
static void
test_user(void **state)
{
	struct deny_entry e = session(1, 0), other = session(1, 9), found;
	struct session s = { .created = 1000 };
	struct deny_question q = { .user_key = e.user_key, .session_key = other.id };
	struct deny *d = deny_new(100);

	(void)state;
	e.kind = DENY_USER;
	memset(e.id, 0, sizeof(e.id));
	assert_true(deny_put(d, &e) && deny_finds(d, &q, &found) && !deny_finds_for_sure(d, &q, &found));
	q.session = &s;
	assert_true(deny_finds(d, &q, &found));
	s.created = 1001;
	assert_false(deny_finds(d, &q, &found));
	s.created = 900;
	memcpy(e.except, other.id, SESSION_KEY_LEN);
	assert_false(deny_applies(&e, &q));
	q.session = NULL;
	assert_false(deny_applies(&e, &q));
	memset(e.except, 0, SESSION_KEY_LEN);
	e.device[0] = 1;
	assert_true(deny_applies(&e, &q));
	q.session = &s;
	assert_false(deny_applies(&e, &q));
	s.device_key[0] = 1;
	assert_true(deny_applies(&e, &q));
}

static bool
is_odd(void *arg, const struct deny_entry *e)
{

	(void)arg;
	return (e->row % 2 == 1);
}

/* Places are used again, and searches still end. */
static void
test_full(void **state)
{
	const uint32_t most = 1000;
	struct deny *d = deny_new(most);
	struct deny_entry e;

	(void)state;
	for (int round = 0; round < 5; round++) {
		for (uint32_t i = 0; i < most; i++) {
			e = session(i % 7, i);
			assert_true(deny_put(d, &e));
		}
		e = session(1, most);
		assert_true(!deny_put(d, &e) && !is_denied(d, &e, false));
		deny_sift(d, is_odd, NULL);
		assert_int_equal(deny_count(d), most / 2);
		for (uint32_t i = 0; i < most; i++) {
			e = session(i % 7, i);
			assert_int_equal(is_denied(d, &e, false), e.row % 2 == 1);
			deny_remove(d, &e);
		}
		assert_true(deny_is_empty(d));
	}
}

/* A table that is never empty: who comes and goes leaves nothing behind, or a search would go through all of it, for ever. */
static void
test_marks_go(void **state)
{
	struct deny *d = deny_new(MANY);
	struct deny_entry always = session(90, 1), e;

	(void)state;
	assert_true(deny_put(d, &always));
	for (uint32_t i = 0; i < MANY * 20; i++) {
		e = session(1, i);
		assert_true(deny_put(d, &e) && is_denied(d, &e, false));
		deny_remove(d, &e);
		assert_false(is_denied(d, &e, false));
	}
	assert_true(deny_count(d) == 1 && is_denied(d, &always, false));
}

/* What this one has put is denied until it removes it. */
static void
churn(struct deny *d, uint32_t who)
{

	for (int round = 0; round < ROUNDS; round++) {
		for (uint32_t i = 0; i < ENTRIES; i++) {
			struct deny_entry e = session(who, i);

			if (!deny_put(d, &e) || !is_denied(d, &e, false))
				_exit(1);
		}
		for (uint32_t i = 0; i < ENTRIES; i++) {
			struct deny_entry e = session(who, i);

			if (!is_denied(d, &e, false))
				_exit(2);
			deny_remove(d, &e);
			if (is_denied(d, &e, false))
				_exit(3);
		}
	}
	_exit(0);
}

/* Writers at the same table; who always stands in it is always found, who never does never is. */
static void
test_concurrent(void **state)
{
	struct deny *d = deny_new(1000);
	struct deny_entry always = session(90, 1), never = session(91, 1);
	int status, left = WRITERS;

	(void)state;
	assert_true(deny_put(d, &always));
	for (uint32_t i = 0; i < WRITERS; i++)
		if (fork() == 0)
			churn(d, i);
	while (left > 0) {
		assert_true(is_denied(d, &always, false) && !is_denied(d, &never, false));
		while (left > 0 && waitpid(-1, &status, WNOHANG) > 0) {
			assert_int_equal(status, 0);
			left--;
		}
	}
	assert_int_equal(deny_count(d), 1);
}

/* A writer that is killed anywhere leaves a table that others can write to, and takes nobody along. */
static void
test_killed_writers(void **state)
{
	struct deny *d = deny_new(1000);
	struct deny_entry always = session(90, 1), e;
	pid_t pid;

	(void)state;
	assert_true(deny_put(d, &always));
	for (uint32_t i = 0; i < KILLS; i++) {
		if ((pid = fork()) == 0)
			churn(d, i % WRITERS);
		usleep(500 + i * 137 % 2000);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		e = session(80, i);
		assert_true(deny_put(d, &e) && is_denied(d, &e, false) && is_denied(d, &always, false));
		deny_remove(d, &e);
		assert_false(is_denied(d, &e, false));
	}
	for (uint32_t i = 0; i < WRITERS * ENTRIES; i++) {
		e = session(i / ENTRIES, i % ENTRIES);
		deny_remove(d, &e);
	}
	deny_remove(d, &always);
	assert_true(deny_is_empty(d));
}

static void
test_second(void **state)
{
	struct deny *d = deny_new(10);

	(void)state;
	assert_true(deny_claim_second(d, 5) && !deny_claim_second(d, 5) && deny_claim_second(d, 6));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_session), cmocka_unit_test(test_token),
		cmocka_unit_test(test_user), cmocka_unit_test(test_full), cmocka_unit_test(test_marks_go),
		cmocka_unit_test(test_concurrent), cmocka_unit_test(test_killed_writers), cmocka_unit_test(test_second) };

	return (cmocka_run_group_tests_name("spool/deny", tests, NULL, NULL));
}
