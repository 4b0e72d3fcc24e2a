/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "auth/login.h"
#include "auth/pseudonym.h"
#include "crypto/keyring.h"

#include "../hashing.h"

static struct credential presented;
static struct login_input in;
static struct login_output out;

static int
begin(void **state)
{
	const uint8_t user_key[USER_KEY_LEN] = { 9, 9, 9 };
	char text[TOKEN_TEXT_MAX + 1];
	struct token t;

	return (fake_begin(state) == 0 && token_new_session(fake.app.keys, user_key, &t, text) == DW_OK &&
			credential_read(&fake.app, CREDENTIAL_COOKIE, str_of(text), &presented) == DW_OK
		    ? 0
		    : -1);
}

static int
fresh(void **state)
{

	fake_fresh(state);
	fake_account(&fake, "hash");
	hashing.verdict = PWHASH_MATCH;
	in = (struct login_input){ .username = STR_LIT("Alice"),
		.password = STR_LIT("password"),
		.client = &fake.clients[0],
		.want_cookie = true,
		.want_tokens = true,
		.ip = "203.0.113.9",
		.trace_id = "0123456789abcdef0123456789abcdef" };
	memset(&out, 0xa5, sizeof(out));
	return (0);
}

static void
expect(enum login_outcome outcome, const char *trail)
{
	enum login_outcome got = login(&fake.app, &in, &out);

	assert_string_equal(fake.trail_text, trail);
	assert_int_equal(got, outcome);
}

/*
 * The order is the point: nothing of the old session ends before the password is right, and it has ended before the
 * new one is born.
 */
static void
order(void **state)
{

	(void)state;
	expect(SIGNED_IN, "ping find verify login find_id put_device ");
	fresh(NULL);
	in.presented = &presented;
	expect(SIGNED_IN, "ping find verify end login find_id put_device ");
	assert_int_equal(fake.ended.cause, END_RELOGIN);
	assert_int_equal(fake.ended.scope, SCOPE_SESSION);
	assert_true(fake.ended.has_sid);
	assert_memory_equal(fake.ended.user_key, presented.user_key, USER_KEY_LEN);
	assert_memory_equal(fake.ended.session_key, presented.session_key, SESSION_KEY_LEN);
	assert_string_equal(fake.ended.actor.ip, "203.0.113.9");
	/* And what was presented is not taken over (R052, R053). */
	assert_memory_not_equal(fake.begun.session.session_key, presented.session_key, SESSION_KEY_LEN);
}

static void
refused(void **state)
{
	static const uint8_t nothing[USER_KEY_LEN];
	uint8_t user_key[USER_KEY_LEN], known[USER_KEY_LEN];

	(void)state;
	in.presented = &presented;
	hashing.verdict = PWHASH_NO_MATCH;
	expect(SIGN_IN_REFUSED, "ping find verify notify ");
	assert_string_equal(fake.noticed_type, "login_failed");
	assert_string_equal(fake.noticed_reason, "invalid_credentials");
	assert_string_equal(fake.noticed_username, "alice");
	assert_string_equal(fake.noticed_user_id, "user-1");
	assert_string_equal(fake.noticed.actor.ip, "203.0.113.9");
	pseudonym_of(keyring_user(fake.app.keys), STR_LIT("user-1"), known);
	assert_memory_equal(fake.noticed.user_key, known, USER_KEY_LEN);
	/* A name nobody has is reported as well, under a pseudonym of its own. */
	fresh(NULL);
	fake.find_rc = DW_ABSENT;
	in.username = STR_LIT("Nobody");
	expect(SIGN_IN_REFUSED, "ping find spend notify ");
	assert_string_equal(fake.noticed_username, "nobody");
	assert_string_equal(fake.noticed_user_id, "");
	pseudonym_of(keyring_user(fake.app.keys), STR_LIT("nobody"), user_key);
	assert_memory_equal(fake.noticed.user_key, user_key, USER_KEY_LEN);
	assert_memory_not_equal(fake.noticed.user_key, nothing, USER_KEY_LEN);
	/* One that cannot be a name is not: it would be free text in the events. */
	fresh(NULL);
	in.username = STR_LIT("a/b\n");
	expect(SIGN_IN_REFUSED, "ping spend ");
	/* Disabled: the same. */
	fresh(NULL);
	fake.account.disabled = true;
	in.presented = &presented;
	expect(SIGN_IN_REFUSED, "ping find verify notify ");
	assert_string_equal(fake.noticed_reason, "invalid_credentials");
	/* That it could not be reported changes nothing. */
	fresh(NULL);
	hashing.verdict = PWHASH_NO_MATCH;
	fake.notify_rc = DW_UNAVAILABLE;
	expect(SIGN_IN_REFUSED, "ping find verify notify ");
}

static void
nothing_hashed_for_nothing(void **state)
{
	static const enum dw_result rcs[] = { DW_UNAVAILABLE, DW_FAULT };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		fresh(NULL);
		in.presented = &presented;
		fake.ping_rc = rcs[i];
		expect(SIGN_IN_NO_STORE, "ping ");
	}
}

static void
overloaded(void **state)
{

	(void)state;
	in.presented = &presented;
	fake.app.board->max_hashing = 0;
	expect(SIGN_IN_OVERLOADED, "ping find ");
}

static void
no_userdb(void **state)
{
	uint64_t before = board_counted(&fake.app.slot->numbers, COUNT_USERDB_ERRORS);

	(void)state;
	in.presented = &presented;
	fake.find_rc = DW_UNAVAILABLE;
	expect(SIGN_IN_NO_USERDB, "ping find ");
	assert_int_equal(board_counted(&fake.app.slot->numbers, COUNT_USERDB_ERRORS), before + 1);
	fresh(NULL);
	fake.find_rc = DW_FAULT;
	expect(SIGN_IN_NO_USERDB, "ping find ");
	fresh(NULL);
	hashing.verdict = PWHASH_ERROR;
	expect(SIGN_IN_FAULT, "ping find verify ");
}

static void
store_fails_later(void **state)
{
	static const enum dw_result rcs[] = { DW_UNAVAILABLE, DW_FAULT };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		fresh(NULL);
		in.presented = &presented;
		fake.end_rc = rcs[i];
		expect(SIGN_IN_NO_STORE, "ping find verify end ");
		fresh(NULL);
		fake.login_rc = rcs[i];
		expect(SIGN_IN_NO_STORE, "ping find verify login ");
	}
	fresh(NULL);
	fake.login_outcome = LOGIN_TOO_MANY;
	expect(SIGN_IN_TOO_MANY, "ping find verify login ");
	fresh(NULL);
	fake.login_outcome = LOGIN_COLLISION;
	expect(SIGN_IN_FAULT, "ping find verify login ");
}

/* Disabled, deleted or changed between the look at the password and the birth of the session; or nobody knows. */
static void
too_late(void **state)
{
	static const struct {
		enum dw_result rc;
		bool disabled;
		int64_t versions;
		enum login_outcome outcome;
		enum end_cause cause;
	} t[] = { { DW_OK, true, 1, SIGN_IN_REFUSED, END_DISABLED }, { DW_ABSENT, false, 0, SIGN_IN_REFUSED, END_DELETED },
		{ DW_OK, false, 1, SIGN_IN_REFUSED, END_CHANGED },  /* another password */
		{ DW_OK, false, 2, SIGN_IN_REFUSED, END_CHANGED },  /* disabled, and enabled again */
		{ DW_OK, false, -1, SIGN_IN_REFUSED, END_CHANGED }, /* a database of yesterday was put back */
		{ DW_UNAVAILABLE, false, 0, SIGN_IN_NO_USERDB, END_UNCONFIRMED },
		{ DW_FAULT, false, 0, SIGN_IN_NO_USERDB, END_UNCONFIRMED } };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		fresh(NULL);
		fake.find_id_rc = t[i].rc;
		fake.disabled_since = t[i].disabled;
		fake.versions_since = t[i].versions;
		expect(t[i].outcome, "ping find verify login find_id end ");
		assert_int_equal(fake.ended.cause, t[i].cause);
		assert_memory_equal(fake.ended.session_key, fake.begun.session.session_key, SESSION_KEY_LEN);
		assert_memory_equal(fake.ended.user_key, fake.begun.user_key, USER_KEY_LEN);
		assert_string_equal(out.tokens.access, "");
	}
}

/* Other groups by now: the record gets them, and is looked after until a look finds what is there. */
static void
other_groups(void **state)
{

	(void)state;
	fake.groups_since = "admins,users";
	expect(SIGNED_IN, "ping find verify login find_id set_groups find_id put_device ");
	assert_string_equal(fake.begun.groups, "admins,users"); /* points to what the tokens are made of */
	assert_string_equal(fake.new_groups, "admins,users");
	fresh(NULL);
	fake.groups_since = "";
	fake.set_groups_rc = DW_UNAVAILABLE;
	expect(SIGN_IN_NO_STORE, "ping find verify login find_id set_groups ");
	assert_string_equal(out.tokens.access, "");
	fresh(NULL);
	fake.recorded_groups = "guests"; /* of a login before the account had others */
	expect(SIGNED_IN, "ping find verify login find_id set_groups find_id put_device ");
	assert_string_equal(fake.new_groups, "users");
	fresh(NULL);
	fake.recorded_groups = "admins,users"; /* which the account has by now */
	fake.groups_since = "admins,users";
	expect(SIGNED_IN, "ping find verify login find_id put_device ");
	assert_string_equal(fake.begun.groups, "admins,users");
	fresh(NULL);
	fake.recorded_groups = "guests";
	fake.groups_of_others = "users"; /* just written by somebody else, and the account's */
	expect(SIGNED_IN, "ping find verify login find_id set_groups find_id put_device ");
	fresh(NULL);
	fake.groups_again = true;
	assert_int_equal(login(&fake.app, &in, &out), SIGN_IN_NO_USERDB);
	assert_int_equal(fake.ended.cause, END_UNCONFIRMED);
}

/* Refused after the password was found right, before anything is written; or taken back, if they became too many meanwhile. */
static void
too_many_groups(void **state)
{

	(void)state;
	fake.account.groups[0] = '\0';
	fake.account.groups_len = GROUPS_MAX + 1;
	expect(SIGN_IN_TOO_MANY_GROUPS, "ping find verify ");
	assert_string_equal(out.tokens.access, "");
	fresh(NULL);
	fake.groups_len_since = 5000;
	expect(SIGN_IN_TOO_MANY_GROUPS, "ping find verify login find_id end ");
	assert_int_equal(fake.ended.cause, END_CHANGED);
	assert_string_equal(out.tokens.access, "");
}

/* With userdb.groups only these are kept, also where the account has others by now. */
static void
listed_groups(void **state)
{
	static char *listed[] = { "staff", "users", NULL };

	(void)state;
	fake.conf.userdb_groups = listed;
	strcpy(fake.account.groups, "admins,users,wheel");
	expect(SIGNED_IN, "ping find verify login find_id put_device ");
	assert_string_equal(fake.begun.groups, "users");
	fresh(NULL);
	fake.conf.userdb_groups = listed;
	fake.groups_since = "admins,staff,users";
	expect(SIGNED_IN, "ping find verify login find_id set_groups find_id put_device ");
	assert_string_equal(fake.new_groups, "staff,users");
	fake.conf.userdb_groups = NULL;
}

static void
what_is_written(void **state)
{
	const struct login_write *w = &fake.begun;
	uint8_t user_key[USER_KEY_LEN];

	(void)state;
	fake.conf.session_limit = 5;
	fake.conf.session_reject = true;
	in.client = &fake.clients[1];
	assert_int_equal(login(&fake.app, &in, &out), SIGNED_IN);
	pseudonym_of(keyring_user(fake.app.keys), STR_LIT("user-1"), user_key);
	assert_memory_equal(w->user_key, user_key, USER_KEY_LEN);
	assert_memory_equal(w->session.client_hash, fake.clients[1].client_hash, CLIENT_HASH_LEN);
	assert_string_equal(w->session.ip, "203.0.113.9");
	assert_int_equal(w->session.level, 1);
	assert_int_equal(w->limit, 5);
	assert_true(w->reject);
	assert_int_equal(w->key_version, 1);
	assert_string_equal(w->actor.trace_id, in.trace_id);
	assert_string_equal(w->actor.client_id, "app");
}

/* What each mode hands out, and how long it lives. */
static void
modes(void **state)
{
	static const struct {
		bool cookie, tokens, remember;
		enum session_policy policy, want_policy;
		int64_t idle, absolute;
		uint8_t flags;
	} t[] = {
		{ true, false, false, POLICY_SLIDING, POLICY_SLIDING, 1800, 43200, 0 },
		{ true, true, false, POLICY_SLIDING, POLICY_SLIDING, 1800, 43200, 0 },
		{ true, false, true, POLICY_SLIDING, POLICY_SLIDING, 7 * 86400, 30 * 86400, SESSION_REMEMBER },
		{ true, true, true, POLICY_SLIDING, POLICY_SLIDING, 7 * 86400, 30 * 86400, SESSION_REMEMBER },
		{ true, false, false, POLICY_FIXED, POLICY_FIXED, 0, 43200, 0 },
		{ true, false, false, POLICY_PERMANENT, POLICY_PERMANENT, 0, 43200, 0 },
		/* Without a cookie there is nothing to remember, and the family's times are the session's. */
		{ false, true, false, POLICY_SLIDING, POLICY_SLIDING, 86400, 7 * 86400, 0 },
		{ false, true, true, POLICY_SLIDING, POLICY_SLIDING, 86400, 7 * 86400, 0 },
		{ false, true, false, POLICY_FIXED, POLICY_SLIDING, 86400, 7 * 86400, 0 },
	};
	static const uint8_t nothing[HASH_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const struct session *s = &fake.begun.session;
		struct token token;

		fresh(NULL);
		in.want_cookie = t[i].cookie;
		in.want_tokens = t[i].tokens;
		in.remember = t[i].remember;
		fake.clients[0].policy = t[i].policy;
		assert_int_equal(login(&fake.app, &in, &out), SIGNED_IN);
		assert_int_equal(s->policy, t[i].want_policy);
		assert_int_equal(s->idle, t[i].idle);
		assert_int_equal(fake.begun.absolute_in, t[i].absolute);
		assert_int_equal(s->flags, t[i].flags);
		assert_int_equal(s->has_cookie, t[i].cookie);
		assert_int_equal(s->has_family, t[i].tokens);
		if (t[i].cookie) {
			assert_int_equal(token_read_session(fake.app.keys, str_of(out.cookie), &token), DW_OK);
			assert_memory_equal(token.hash, s->secret_hash, HASH_LEN);
			assert_memory_equal(token.session_key, s->session_key, SESSION_KEY_LEN);
			assert_int_equal(out.cookie_in, t[i].absolute);
		} else {
			assert_string_equal(out.cookie, "");
			assert_memory_equal(s->secret_hash, nothing, HASH_LEN);
		}
		if (t[i].tokens) {
			assert_int_equal(token_read_refresh(fake.app.keys, str_of(out.tokens.refresh), &token), DW_OK);
			assert_memory_equal(token.hash, fake.begun.refresh_hash, HASH_LEN);
			assert_memory_equal(token.session_key, s->session_key, SESSION_KEY_LEN);
			assert_int_equal(out.tokens.refresh_in, 86400);
			assert_int_equal(fake.begun.family_absolute_in, 7 * 86400);
			assert_int_equal(s->family_idle, 86400);
			assert_int_equal(fake.begun.access_in, 300);
		} else {
			assert_string_equal(out.tokens.refresh, "");
			assert_string_equal(out.tokens.access, "");
			assert_memory_equal(fake.begun.refresh_hash, nothing, HASH_LEN);
			assert_int_equal(fake.begun.access_in, 0);
		}
	}
}

static void
access_token(void **state)
{
	struct access a;

	(void)state;
	in.client = &fake.clients[1];
	assert_int_equal(login(&fake.app, &in, &out), SIGNED_IN);
	assert_int_equal(access_read(&fake.conf, fake.app.keys, str_of(out.tokens.access), fake.now, &a), DW_OK);
	assert_string_equal(a.user_id, "user-1");
	assert_string_equal(a.client_id, "app");
	assert_memory_equal(a.session_key, fake.begun.session.session_key, SESSION_KEY_LEN);
	assert_memory_equal(a.user_key, fake.begun.user_key, USER_KEY_LEN);
	assert_int_equal(a.exp, FAKE_NOW + 300);
	assert_int_equal(out.tokens.access_in, 300);
	/* Never beyond the family. */
	fresh(NULL);
	fake.clients[0].refresh_absolute = 100 * 1000;
	assert_int_equal(login(&fake.app, &in, &out), SIGNED_IN);
	assert_int_equal(access_read(&fake.conf, fake.app.keys, str_of(out.tokens.access), fake.now, &a), DW_OK);
	assert_int_equal(a.exp, FAKE_NOW + 100);
	assert_int_equal(out.tokens.access_in, 100);
	assert_int_equal(out.tokens.refresh_in, 100);
	tokens_wipe(&out.tokens);
	assert_string_equal(out.tokens.refresh, "");
}

/* No two logins have anything in common (R050). */
static void
fresh_secrets(void **state)
{
	static struct login_output first;
	struct login_write w;

	(void)state;
	assert_int_equal(login(&fake.app, &in, &first), SIGNED_IN);
	w = fake.begun;
	assert_int_equal(login(&fake.app, &in, &out), SIGNED_IN);
	assert_string_not_equal(first.cookie, out.cookie);
	assert_string_not_equal(first.tokens.refresh, out.tokens.refresh);
	assert_string_not_equal(first.tokens.access, out.tokens.access);
	assert_memory_not_equal(w.session.session_key, fake.begun.session.session_key, SESSION_KEY_LEN);
	assert_memory_not_equal(w.session.device_key, fake.begun.session.device_key, DEVICE_KEY_LEN);
	assert_memory_not_equal(w.session.secret_hash, fake.begun.session.secret_hash, HASH_LEN);
	assert_memory_not_equal(w.refresh_hash, fake.begun.refresh_hash, HASH_LEN);
	/* The cookie's secret is not the refresh token's. */
	assert_memory_not_equal(fake.begun.session.secret_hash, fake.begun.refresh_hash, HASH_LEN);
}

static void
devices(void **state)
{
	uint8_t device_key[DEVICE_KEY_LEN];

	(void)state;
	in.device_id = STR_LIT("laptop");
	in.device_name = STR_LIT("My laptop");
	in.user_agent = STR_LIT("Mozilla/5.0");
	assert_int_equal(login(&fake.app, &in, &out), SIGNED_IN);
	memcpy(device_key, fake.begun.session.device_key, DEVICE_KEY_LEN);
	assert_int_equal(fake.begun.session.flags & SESSION_DEVICE_CHOSEN, SESSION_DEVICE_CHOSEN);
	assert_string_equal(out.session.device_id, "laptop");
	assert_string_equal(fake.device.device_id, "laptop");
	assert_string_equal(fake.device.name, "My laptop");
	assert_string_equal(fake.device.user_agent, "Mozilla/5.0");
	assert_string_equal(fake.device.ip, "203.0.113.9");
	assert_int_equal(fake.device.last_seen, FAKE_NOW);
	/* The same again is the same. */
	assert_int_equal(login(&fake.app, &in, &out), SIGNED_IN);
	assert_memory_equal(device_key, fake.begun.session.device_key, DEVICE_KEY_LEN);
	/* One of our making is told, though the store keeps its handle alone. */
	in.device_id = STR_NONE;
	assert_int_equal(login(&fake.app, &in, &out), SIGNED_IN);
	assert_int_equal(fake.begun.session.flags & SESSION_DEVICE_CHOSEN, 0);
	assert_int_equal(strlen(out.session.device_id), 11);
	assert_string_equal(fake.device.device_id, out.session.device_id);
}

/* What a client says of itself is kept if it is text, and the login does not hang on it. */
static void
descriptions(void **state)
{
	char agent[AGENT_MAX + 8];

	(void)state;
	in.user_agent = STR_LIT("bad\x1b[2J");
	assert_int_equal(login(&fake.app, &in, &out), SIGNED_IN);
	assert_string_equal(fake.device.user_agent, "");
	in.user_agent = STR_LIT("bad\xff");
	assert_int_equal(login(&fake.app, &in, &out), SIGNED_IN);
	assert_string_equal(fake.device.user_agent, "");
	memset(agent, 'x', sizeof(agent));
	in.user_agent = (struct str){ agent, sizeof(agent) };
	assert_int_equal(login(&fake.app, &in, &out), SIGNED_IN);
	assert_int_equal(strlen(fake.device.user_agent), AGENT_MAX);
	memcpy(agent + AGENT_MAX - 2, "\xe4\xbd\xa0", 3); /* a character that begins before the limit and ends beyond it */
	assert_int_equal(login(&fake.app, &in, &out), SIGNED_IN);
	assert_int_equal(strlen(fake.device.user_agent), AGENT_MAX - 2);
	fake.put_device_rc = DW_UNAVAILABLE;
	assert_int_equal(login(&fake.app, &in, &out), SIGNED_IN);
	assert_string_not_equal(out.tokens.access, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(order, fresh),
		cmocka_unit_test_setup(refused, fresh),
		cmocka_unit_test_setup(nothing_hashed_for_nothing, fresh),
		cmocka_unit_test_setup(overloaded, fresh),
		cmocka_unit_test_setup(no_userdb, fresh),
		cmocka_unit_test_setup(store_fails_later, fresh),
		cmocka_unit_test_setup(too_late, fresh),
		cmocka_unit_test_setup(other_groups, fresh),
		cmocka_unit_test_setup(too_many_groups, fresh),
		cmocka_unit_test_setup(listed_groups, fresh),
		cmocka_unit_test_setup(what_is_written, fresh),
		cmocka_unit_test_setup(modes, fresh),
		cmocka_unit_test_setup(access_token, fresh),
		cmocka_unit_test_setup(fresh_secrets, fresh),
		cmocka_unit_test_setup(devices, fresh),
		cmocka_unit_test_setup(descriptions, fresh),
	};

	return (cmocka_run_group_tests(tests, begin, fake_end));
}
