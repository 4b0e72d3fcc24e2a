/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/logout.h"

#include "../fake.h"

static struct credential cred = { .kind = CREDENTIAL_COOKIE, .user_key = { 1, 2, 3 }, .session_key = { 4, 5, 6 } };
static const struct actor actor = { .ip = "203.0.113.9", .trace_id = "0123456789abcdef0123456789abcdef" };

/* Each scope: which sessions, and what the record says was asked for. Always by a session that must be alive itself. */
static void
scopes(void **state)
{
	static const struct {
		enum end_scope asked, scope;
	} t[] = { { SCOPE_SESSION, SCOPE_SESSION }, { SCOPE_DEVICE, SCOPE_SESSION }, { SCOPE_OTHERS, SCOPE_OTHERS },
		{ SCOPE_ALL, SCOPE_ALL } };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct end_reply reply;

		fake_reset(&fake);
		fake.end_reply.ended = 3;
		assert_int_equal(logout(&fake.app, &cred, t[i].asked, &actor, &reply), DW_OK);
		assert_string_equal(fake.trail_text, "end ");
		assert_int_equal(fake.ended.scope, t[i].scope);
		assert_int_equal(fake.ended.said_scope, t[i].asked);
		assert_int_equal(fake.ended.cause, END_USER);
		assert_true(fake.ended.has_sid);
		assert_memory_equal(fake.ended.user_key, cred.user_key, USER_KEY_LEN);
		assert_memory_equal(fake.ended.session_key, cred.session_key, SESSION_KEY_LEN);
		assert_null(fake.ended.reason);
		assert_string_equal(fake.ended.actor.ip, actor.ip);
		assert_int_equal(reply.ended, 3);
	}
}

static const struct claim none;

static void
one_session(void **state)
{
	const uint8_t other[SESSION_KEY_LEN] = { 7, 7 };
	struct end_reply reply;

	fake_fresh(state);
	assert_int_equal(logout_session(&fake.app, cred.user_key, other, &none, &actor, &reply), DW_OK);
	assert_int_equal(fake.ended.scope, SCOPE_SESSION);
	assert_int_equal(fake.ended.said_scope, SCOPE_SESSION);
	assert_int_equal(fake.ended.cause, END_USER);
	assert_memory_equal(fake.ended.session_key, other, SESSION_KEY_LEN);
	assert_memory_equal(fake.ended.user_key, cred.user_key, USER_KEY_LEN);
}

/* Nothing may be promised. */
static void
unavailable(void **state)
{
	static const enum dw_result rcs[] = { DW_UNAVAILABLE, DW_FAULT };
	struct end_reply reply;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		fake_reset(&fake);
		fake.end_rc = rcs[i];
		assert_int_equal(logout(&fake.app, &cred, SCOPE_SESSION, &actor, &reply), rcs[i]);
		assert_int_equal(logout_session(&fake.app, cred.user_key, cred.session_key, &none, &actor, &reply), rcs[i]);
	}
}

/* A token that was revoked ends its own session at the most; where that cannot be asked, nothing is promised. */
static void
revoked_tokens(void **state)
{
	static const struct {
		enum credential_kind kind;
		bool live, blacklisted;
		uint8_t flags;
		enum dw_result asked, others;
	} t[] = {
		{ CREDENTIAL_ACCESS, true, false, 0, DW_OK, DW_OK },
		{ CREDENTIAL_ACCESS, true, true, 0, DW_OK, DW_REFUSED },
		{ CREDENTIAL_ACCESS, true, false, SESSION_TOKENS_REVOKED, DW_OK, DW_REFUSED },
		{ CREDENTIAL_ACCESS, false, true, 0, DW_OK, DW_OK }, /* the session is over: it is answered from its record */
		{ CREDENTIAL_ACCESS, true, false, 0, DW_UNAVAILABLE, DW_UNAVAILABLE },
		{ CREDENTIAL_REFRESH, true, false, 0, DW_OK, DW_OK },
		{ CREDENTIAL_REFRESH, true, false, SESSION_TOKENS_REVOKED, DW_OK, DW_REFUSED },
		{ CREDENTIAL_REFRESH, true, false, 0, DW_FAULT, DW_FAULT },
		{ CREDENTIAL_COOKIE, true, true, SESSION_TOKENS_REVOKED, DW_OK, DW_OK },
	};
	struct end_reply reply;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		for (enum end_scope scope = SCOPE_SESSION; scope <= SCOPE_ALL; scope++) {
			struct credential c = cred;
			bool wide = scope == SCOPE_OTHERS || scope == SCOPE_ALL;

			fake_reset(&fake);
			c.kind = t[i].kind;
			fake.lookup_rc = t[i].asked;
			fake.found.live = t[i].live;
			fake.found.blacklisted = t[i].blacklisted;
			fake.found.session.flags = t[i].flags;
			assert_int_equal(logout(&fake.app, &c, scope, &actor, &reply), wide ? t[i].others : DW_OK);
			assert_int_equal(strstr(fake.trail_text, "end ") != NULL,
			    !wide || t[i].others == DW_OK || t[i].asked == DW_UNAVAILABLE);
			assert_int_equal(fake.ended.claim.unjudged, wide && t[i].asked == DW_UNAVAILABLE);
		}
}

/* Where it is promised, whose token it is, is judged later: he says what there is to judge. */
static void
promised(void **state)
{
	struct credential c = cred;
	struct end_reply reply;

	(void)state;
	fake_reset(&fake);
	fake.end_rc = DW_PENDING;
	fake.lookup_rc = DW_UNAVAILABLE;
	assert_int_equal(logout(&fake.app, &c, SCOPE_ALL, &actor, &reply), DW_PENDING);
	assert_false(fake.ended.claim.unjudged && c.kind == CREDENTIAL_COOKIE);
	c.kind = CREDENTIAL_ACCESS;
	memset(c.access.jti, 7, JTI_LEN);
	assert_int_equal(logout(&fake.app, &c, SCOPE_OTHERS, &actor, &reply), DW_PENDING);
	assert_true(fake.ended.claim.unjudged && !fake.ended.claim.known && fake.ended.claim.by == CLAIM_ACCESS);
	assert_memory_equal(fake.ended.claim.jti, c.access.jti, JTI_LEN);
	assert_memory_equal(fake.ended.claim.session_key, c.session_key, SESSION_KEY_LEN);
	c.kind = CREDENTIAL_REFRESH;
	assert_int_equal(logout(&fake.app, &c, SCOPE_ALL, &actor, &reply), DW_PENDING);
	assert_int_equal(fake.ended.claim.by, CLAIM_REFRESH);
	assert_int_equal(logout(&fake.app, &c, SCOPE_SESSION, &actor, &reply), DW_PENDING);
	assert_false(fake.ended.claim.unjudged);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(scopes), cmocka_unit_test(one_session),
		cmocka_unit_test(unavailable), cmocka_unit_test(promised), cmocka_unit_test(revoked_tokens) };

	return (cmocka_run_group_tests(tests, fake_begin, fake_end));
}
