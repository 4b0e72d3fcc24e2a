/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "auth/check.h"

#include "../fake.h"

#define T FAKE_NOW
#define IDLE 1800

static struct credential cookie, access_token, refresh_token;
static const uint8_t user_key[USER_KEY_LEN] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };

static int
begin(void **state)
{
	struct access_claims claims = { .user_key = user_key,
		.user_id = "user-1",
		.username = "alice",
		.groups = "",
		.client_id = "app",
		.now = T,
		.exp = T + 300 };
	char text[ACCESS_TEXT_MAX];
	struct token t;
	struct buf b;

	if (fake_begin(state) != 0 || token_new_session(fake.app.keys, user_key, &t, text) != DW_OK ||
	    credential_read(&fake.app, CREDENTIAL_COOKIE, str_of(text), &cookie) != DW_OK ||
	    token_new_refresh(fake.app.keys, user_key, t.session_key, &t, text) != DW_OK ||
	    credential_read(&fake.app, CREDENTIAL_REFRESH, str_of(text), &refresh_token) != DW_OK)
		return (-1);
	claims.session_key = cookie.session_key;
	buf_init(&b, text, sizeof(text));
	return (access_issue(&fake.conf, fake.app.keys, &claims, &b) == DW_OK &&
			credential_read(&fake.app, CREDENTIAL_ACCESS, str_of(text), &access_token) == DW_OK
		    ? 0
		    : -1);
}

/* A live session with a cookie of the sliding kind, born and seen at T. */
static int
fresh(void **state)
{
	struct lookup_reply *f = &fake.found;

	fake_fresh(state);
	snprintf(f->user_id, sizeof(f->user_id), "user-1");
	snprintf(f->username, sizeof(f->username), "alice");
	snprintf(f->groups, sizeof(f->groups), "admins,users");
	f->live = true;
	memcpy(f->session.session_key, cookie.session_key, SESSION_KEY_LEN);
	memcpy(f->session.secret_hash, cookie.token.hash, HASH_LEN);
	f->session.has_cookie = true;
	f->session.policy = POLICY_SLIDING;
	f->session.created = f->session.last_seen = T;
	f->session.idle = IDLE;
	f->session.absolute = T + 43200;
	return (0);
}

static enum dw_result
check(const struct credential *c, struct identity *id)
{

	memset(id, 0xa5, sizeof(*id));
	return (check_session(&fake.app, c, false, id));
}

static void
expect(const struct credential *c, enum dw_result want, const char *reason)
{
	struct identity id;
	enum dw_result rc = check(c, &id);

	assert_int_equal(rc, want);
	if (rc != DW_REFUSED)
		return;
	if (reason == NULL)
		assert_null(id.reason);
	else
		assert_string_equal(id.reason, reason);
}

static void
valid(void **state)
{
	struct identity id;

	(void)state;
	assert_int_equal(check(&cookie, &id), DW_OK);
	assert_int_equal(id.expires, T + IDLE);
	assert_string_equal(id.found.username, "alice");
	assert_string_equal(fake.trail_text, "lookup ");
	assert_memory_equal(fake.asked.user_key, user_key, USER_KEY_LEN);
	assert_memory_equal(fake.asked.session_key, cookie.session_key, SESSION_KEY_LEN);
	assert_null(fake.asked.jti);
	assert_false(fake.asked.family);
	assert_int_equal(check(&access_token, &id), DW_OK);
	assert_int_equal(id.expires, T + 300);
	assert_memory_equal(fake.asked_jti, access_token.access.jti, JTI_LEN);
	assert_int_equal(check_session(&fake.app, &cookie, true, &id), DW_OK);
	assert_true(fake.asked.family);
}

/* By the clock, for each policy. */
static void
lifetimes(void **state)
{
	static const struct {
		enum session_policy policy;
		int64_t idle, seen, absolute, now, expires; /* relative to T */
		enum dw_result rc;
	} t[] = {
		/* sliding: unused for the idle time, at the latest the absolute limit */
		{ POLICY_SLIDING, 1800, 0, 43200, 0, 1800, DW_OK },
		{ POLICY_SLIDING, 1800, 0, 43200, 449, 1800, DW_OK },
		/* its use has been recorded, and moved the end */
		{ POLICY_SLIDING, 1800, 0, 43200, 1799, 3599, DW_OK },
		{ POLICY_SLIDING, 1800, 0, 43200, 1800, 0, DW_REFUSED },
		{ POLICY_SLIDING, 1800, 42000, 43200, 43199, 43200, DW_OK },
		{ POLICY_SLIDING, 1800, 43199, 43200, 43200, 0, DW_REFUSED },
		{ POLICY_SLIDING, 0, 0, 43200, 43199, 43200, DW_OK },
		/* fixed: use changes nothing */
		{ POLICY_FIXED, 0, 0, 43200, 43199, 43200, DW_OK },
		{ POLICY_FIXED, 1800, 0, 43200, 20000, 43200, DW_OK },
		{ POLICY_FIXED, 1800, 43199, 43200, 43200, 0, DW_REFUSED },
		/* permanent: no idle limit, and still an end */
		{ POLICY_PERMANENT, 1800, 0, 2592000, 2591999, 2592000, DW_OK },
		{ POLICY_PERMANENT, 0, 0, 2592000, 2592000, 0, DW_REFUSED },
		/* far away */
		{ POLICY_SLIDING, 1800, INT64_C(4000000000), INT64_C(4000009999), INT64_C(4000000001), INT64_C(4000001800),
		    DW_OK },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct identity id;

		fresh(state);
		fake.found.session.policy = t[i].policy;
		fake.found.session.idle = t[i].idle;
		fake.found.session.last_seen = T + t[i].seen;
		fake.found.session.absolute = T + t[i].absolute;
		fake.now = T + t[i].now;
		if (check(&cookie, &id) != t[i].rc)
			fail_msg("row %zu", i);
		if (t[i].rc == DW_OK)
			assert_int_equal(id.expires, T + t[i].expires);
		else
			assert_string_equal(id.reason, "expired");
		/* Nothing dead is touched. */
		if (t[i].rc != DW_OK)
			assert_null(strstr(fake.trail_text, "touch"));
	}
}

/* Use is recorded when a quarter of the idle time has passed since the last record, and not before. */
static void
touches(void **state)
{
	static const struct {
		enum session_policy policy;
		int64_t idle, passed;
		bool touched;
	} t[] = {
		{ POLICY_SLIDING, 1800, 0, false },
		{ POLICY_SLIDING, 1800, 449, false },
		{ POLICY_SLIDING, 1800, 450, true },
		{ POLICY_SLIDING, 1800, 1799, true },
		{ POLICY_SLIDING, 1, 0, false },
		{ POLICY_SLIDING, 10, 2, false },
		{ POLICY_SLIDING, 10, 3, true },
		{ POLICY_SLIDING, 1800, -100, false }, /* clocks of two hosts */
		{ POLICY_SLIDING, 0, 40000, false },
		{ POLICY_FIXED, 1800, 1799, false },
		{ POLICY_PERMANENT, 1800, 1799, false },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		fresh(state);
		fake.found.session.policy = t[i].policy;
		fake.found.session.idle = t[i].idle;
		fake.now = T + t[i].passed;
		expect(&cookie, DW_OK, NULL);
		if ((strstr(fake.trail_text, "touch") != NULL) != t[i].touched)
			fail_msg("row %zu", i);
	}
}

/* That use could not be recorded is no refusal, and not "unknown" either; but the end has not moved. */
static void
failing_touch(void **state)
{
	static const enum dw_result rcs[] = { DW_UNAVAILABLE, DW_FAULT };
	struct identity id;

	for (size_t i = 0; i < 2; i++) {
		fresh(state);
		fake.touch_rc = rcs[i];
		fake.now = T + 600;
		assert_int_equal(check(&cookie, &id), DW_OK);
		assert_int_equal(id.expires, T + IDLE);
		assert_string_equal(fake.trail_text, "lookup touch ");
	}
}

static void
ended(void **state)
{
	static const char *const reasons[] = { "user", "kick", "device", "limit", "relogin", "expired", "refresh_reuse",
		"device_mismatch", "password_changed", "disabled", "deleted", "anomaly", "Call the help desk" };

	(void)state;
	fake.found.live = false;
	expect(&cookie, DW_REFUSED, NULL);
	expect(&access_token, DW_REFUSED, NULL);
	fake.found.ended = true;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		snprintf(fake.found.logout_record.reason, sizeof(fake.found.logout_record.reason), "%s", reasons[i]);
		expect(&cookie, DW_REFUSED, reasons[i]);
		expect(&access_token, DW_REFUSED, reasons[i]);
	}
	/* No record of the user at all: whatever else the reply holds is nothing. */
	fake.found.user_id[0] = '\0';
	fake.found.live = true;
	expect(&cookie, DW_REFUSED, NULL);
	expect(&access_token, DW_REFUSED, NULL);
}

/* Everything of the user from before this mark is dead, whatever its own fields say (R131). */
/* The store's clock was set back and we have not noticed: nobody is refused as expired before it has been looked at. */
static void
clock_steps_back(void **state)
{
	struct credential expired = access_token;

	(void)state;
	expired.access.expired = true;
	fake.now = T + 300;
	fake.step = -300;
	expect(&expired, DW_OK, NULL);
	fake.now = T + 100000;
	fake.step = -100000;
	expect(&cookie, DW_OK, NULL);
	fake.now = T + 100000;
	fake.step = -1;
	expect(&cookie, DW_REFUSED, "expired");
	fake.now = T - 300; /* ours */
	expect(&access_token, DW_OK, NULL);
	expect(&cookie, DW_OK, NULL);
}

static void
not_before(void **state)
{

	(void)state;
	fake.found.not_before = T;
	expect(&cookie, DW_OK, NULL);
	fake.found.not_before = T + 1;
	expect(&cookie, DW_REFUSED, NULL);
	expect(&access_token, DW_REFUSED, NULL);
	fake.found.ended = true;
	snprintf(fake.found.logout_record.reason, sizeof(fake.found.logout_record.reason), "kick");
	expect(&cookie, DW_REFUSED, "kick");
}

/*
 * A genuine token whose secret is not the session's: another user's of the same pseudonym, or another login of the
 * same handle (R064).
 */
static void
collisions(void **state)
{

	(void)state;
	fake.found.session.secret_hash[HASH_LEN - 1] ^= 1;
	expect(&cookie, DW_REFUSED, NULL);
	expect(&access_token, DW_OK, NULL);
	fresh(state);
	/* A login for tokens alone has no cookie, and its hash of nothing matches nothing. */
	fake.found.session.has_cookie = false;
	expect(&cookie, DW_REFUSED, NULL);
	memset(fake.found.session.secret_hash, 0, HASH_LEN);
	expect(&cookie, DW_REFUSED, NULL);
	expect(&access_token, DW_OK, NULL);
	fresh(state);
	snprintf(fake.found.user_id, sizeof(fake.found.user_id), "user-2");
	expect(&access_token, DW_REFUSED, NULL);
	snprintf(fake.found.user_id, sizeof(fake.found.user_id), "user-11");
	expect(&access_token, DW_REFUSED, NULL);
}

static void
access_tokens(void **state)
{
	struct credential expired = access_token;

	(void)state;
	fake.found.blacklisted = true;
	expect(&access_token, DW_REFUSED, "revoked");
	expect(&cookie, DW_OK, NULL); /* its session goes on */
	/* Its own end is its end, in the middle of a session too. */
	fresh(state);
	fake.now = T + 299;
	expect(&access_token, DW_OK, NULL);
	fake.now = T + 300;
	expect(&access_token, DW_REFUSED, "expired");
	/* Known to be over: the store is not asked. */
	fresh(state);
	expired.access.expired = true;
	fake.now = T + 300;
	expect(&expired, DW_REFUSED, "expired");
	assert_string_equal(fake.trail_text, "");
}

static void
refresh_tokens_are_no_credential(void **state)
{

	(void)state;
	expect(&refresh_token, DW_REFUSED, NULL);
}

/* Could not ask: never a refusal, whatever lies in the reply. */
static void
unavailable(void **state)
{
	static const enum dw_result rcs[] = { DW_UNAVAILABLE, DW_FAULT };

	for (size_t i = 0; i < 2; i++) {
		fresh(state);
		fake.lookup_rc = rcs[i];
		expect(&cookie, rcs[i], NULL);
		expect(&access_token, rcs[i], NULL);
		fake.found.live = false;
		fake.found.ended = true;
		expect(&cookie, rcs[i], NULL);
		fake.found.user_id[0] = '\0';
		expect(&cookie, rcs[i], NULL);
		fake.found.blacklisted = true;
		expect(&access_token, rcs[i], NULL);
		assert_null(strstr(fake.trail_text, "touch"));
	}
}

static void
groups(void **state)
{
	static const struct {
		const char *groups, *group;
		bool has;
	} t[] = {
		{ "admins,users", "admins", true },
		{ "admins,users", "users", true },
		{ "admins", "admins", true },
		{ "admins,users", "admin", false },
		{ "admins,users", "adminss", false },
		{ "admins,users", "Admins", false },
		/* Any of several. */
		{ "admins,users", "admins,users", true },
		{ "users", "admins,users", true },
		{ "users", "users,admins", true },
		{ "staff", "admins,users", false },
		{ "admins,users", "root,user,users", true },
		{ "admins,users", "", false },
		{ "", "", false },
		{ ",", "", false },
		{ "", "admins", false },
		{ "admins,users", ",users", true },
		{ "admins,users", "users,", true },
		/* A list without a name is held by nobody, not even by who is in no group. */
		{ "admins,users", ",", false },
		{ "", ",", false },
		{ ",", ",", false },
		{ "admins,,users", ",,", false },
		{ "admins,users", "s,u", false },
		{ "xadmins", "admins", false },
		{ "admins,users", " users", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (check_has_any_group(t[i].groups, str_of(t[i].group)) != t[i].has)
			fail_msg("\"%s\" in \"%s\"", t[i].group, t[i].groups);
	assert_false(check_has_any_group("admins", STR_NONE));
}

static void
same_session(void **state)
{
	struct credential other = cookie;

	(void)state;
	assert_true(credential_same_session(&cookie, &access_token));
	assert_true(credential_same_session(&cookie, &refresh_token));
	other.session_key[0] ^= 1;
	assert_false(credential_same_session(&cookie, &other));
	other = cookie;
	other.user_key[USER_KEY_LEN - 1] ^= 1;
	assert_false(credential_same_session(&cookie, &other));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(valid, fresh),
		cmocka_unit_test_setup(lifetimes, fresh),
		cmocka_unit_test_setup(touches, fresh),
		cmocka_unit_test_setup(failing_touch, fresh),
		cmocka_unit_test_setup(ended, fresh),
		cmocka_unit_test_setup(clock_steps_back, fresh),
		cmocka_unit_test_setup(not_before, fresh),
		cmocka_unit_test_setup(collisions, fresh),
		cmocka_unit_test_setup(access_tokens, fresh),
		cmocka_unit_test_setup(refresh_tokens_are_no_credential, fresh),
		cmocka_unit_test_setup(unavailable, fresh),
		cmocka_unit_test_setup(groups, fresh),
		cmocka_unit_test_setup(same_session, fresh),
	};

	return (cmocka_run_group_tests(tests, begin, fake_end));
}
