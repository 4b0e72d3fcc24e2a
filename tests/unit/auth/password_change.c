/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "auth/password_change.h"

#include "../hashing.h"

static enum dw_result listed;
static struct password_change in;

static enum dw_result
lookup(const char *file, struct str word)
{

	(void)file, (void)word;
	fake_note(&fake, "list");
	return (listed);
}

static int
fresh(void **state)
{

	(void)state;
	fake_reset(&fake);
	fake.app.lookup = lookup;
	fake.conf.password_blocklist_file = "/list";
	fake_account(&fake, "old hash");
	fake.account.version = 7;
	fake.end_reply.ended = 3;
	hashing.verdict = PWHASH_MATCH;
	hashing.cannot_make = false;
	listed = DW_ABSENT;
	in = (struct password_change){ .user_id = "user-1",
		.username = "alice",
		.current = STR_LIT("the current password"),
		.new = STR_LIT("another long password"),
		.actor = { .ip = "192.0.2.1", .trace_id = "" } };
	memset(in.session_key, 7, sizeof(in.session_key));
	return (0);
}

static struct password_result result;

/* What is asked and done, in order; a word that is in it, and what must not be. */
static void
expect(enum password_outcome outcome, const char *done, const char * not )
{

	assert_int_equal(password_change(&fake.app, &in, &result), outcome);
	if (strstr(fake.trail_text, done) == NULL || (not != NULL && strstr(fake.trail_text, not ) != NULL))
		fail_msg("%s", fake.trail_text);
	assert_int_equal(fake.app.slot->hashing, 0);
}

/* The account first, for the version that was verified, and the sessions then; the caller's stays; then it is told. */
static void
change(void **state)
{

	(void)state;
	expect(PASSWORD_CHANGED, "verify list find_id make set_hash end notify ", NULL);
	assert_int_equal(result.ended, 3);
	assert_int_equal(fake.set_version, 7);
	assert_string_equal(fake.set_hash[0], "new hash");
	assert_int_equal(fake.ended.cause, END_PASSWORD);
	assert_int_equal(fake.ended.scope, SCOPE_OTHERS);
	assert_true(fake.ended.has_sid);
	assert_memory_equal(fake.ended.session_key, in.session_key, sizeof(in.session_key));
	assert_string_equal(fake.noticed_type, "password_changed");
	assert_string_equal(fake.noticed_user_id, "user-1");
	/* The event is not what it hangs on. */
	fresh(state);
	fake.notify_rc = DW_UNAVAILABLE;
	expect(PASSWORD_CHANGED, "notify ", NULL);
}

/* Rules that the request alone breaks are told without a guess; the list is read for who knows the password only. */
static void
rules(void **state)
{

	in.new = STR_LIT("short");
	expect(PASSWORD_REFUSED, "", "verify");
	assert_int_equal(result.fault, PASSWORD_TOO_SHORT);
	in.new = in.current;
	expect(PASSWORD_REFUSED, "", "verify");
	assert_int_equal(result.fault, PASSWORD_SAME);
	fresh(state);
	listed = DW_OK;
	expect(PASSWORD_REFUSED, "verify list ", "make");
	assert_int_equal(result.fault, PASSWORD_BLOCKLISTED);
	fresh(state);
	listed = DW_OK;
	hashing.verdict = PWHASH_NO_MATCH;
	expect(PASSWORD_WRONG, "verify ", "list");
	fresh(state);
	listed = DW_UNAVAILABLE;
	expect(PASSWORD_NO_USERDB, "list ", "make");
}

/* Whoever changed the account meanwhile was first, and another account of that name is not the session's. */
static void
meanwhile(void **state)
{

	fake.versions_since = 1;
	expect(PASSWORD_WRONG, "find_id ", "set_hash");
	fresh(state);
	fake.disabled_since = true;
	expect(PASSWORD_WRONG, "find_id ", "set_hash");
	fresh(state);
	fake.set_hash_rc = DW_REFUSED;
	expect(PASSWORD_WRONG, "set_hash ", "end");
	fresh(state);
	fake.set_hash_rc = DW_ABSENT;
	expect(PASSWORD_WRONG, "set_hash ", "end");
	fresh(state);
	in.user_id = "user-2";
	expect(PASSWORD_WRONG, "verify ", "set_hash");
	fresh(state);
	fake.account.disabled = true;
	expect(PASSWORD_WRONG, "verify ", "set_hash");
}

/* Sessions that could not be ended: the old password again, unless somebody has written since. */
static void
no_store(void **state)
{

	(void)state;
	fake.end_rc = DW_UNAVAILABLE;
	expect(PASSWORD_NO_STORE, "set_hash end set_hash ", "notify");
	assert_string_equal(fake.set_hash[1], "new hash");
	assert_string_equal(fake.set_hash[0], "old hash");
	assert_int_equal(fake.set_version, 8);
	assert_int_equal(result.ended, 0);
}

static void
cannot(void **state)
{
	struct board_slot *other = &fake.app.board->slots[1];

	static char *none[] = { NULL };

	fake.conf.throttle_enabled = true;
	fake.conf.throttle_free = 5;
	fake.conf.throttle_account_max = 100;
	fake.conf.throttle_exempt = none;
	fake.guess_verdict[0] = GUESS_WAIT;
	expect(PASSWORD_THROTTLED, "", "verify");
	assert_int_equal(result.wait, 2); /* of 1500 ms */
	fake.guess_rc[0] = DW_UNAVAILABLE;
	expect(PASSWORD_NO_STORE, "", "verify");
	fresh(state);
	fake.find_rc = DW_UNAVAILABLE;
	expect(PASSWORD_NO_USERDB, "find ", "set_hash");
	fresh(state);
	fake.find_id_rc = DW_FAULT;
	expect(PASSWORD_NO_USERDB, "find_id ", "set_hash");
	fresh(state);
	fake.set_hash_rc = DW_UNAVAILABLE;
	expect(PASSWORD_NO_USERDB, "set_hash ", "end");
	fresh(state);
	hashing.cannot_make = true;
	expect(PASSWORD_FAILED, "make ", "set_hash");
	fresh(state);
	hashing.verdict = PWHASH_ERROR;
	expect(PASSWORD_FAILED, "verify ", "set_hash");
	fresh(state);
	other->hashing = 1;
	expect(PASSWORD_OVERLOADED, "find ", "verify");
	other->hashing = 0;
	fresh(state);
	fake.driver.passwords = false;
	expect(PASSWORD_ELSEWHERE, "", "find");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(change, fresh),
		cmocka_unit_test_setup(rules, fresh),
		cmocka_unit_test_setup(meanwhile, fresh),
		cmocka_unit_test_setup(no_store, fresh),
		cmocka_unit_test_setup(cannot, fresh),
	};

	return (cmocka_run_group_tests(tests, fake_begin, fake_end));
}
