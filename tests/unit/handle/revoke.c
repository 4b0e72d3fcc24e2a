/* SPDX-License-Identifier: ISC */
/* Both endpoints that a client asks about a token: revoke and introspect. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "auth/clients.h"
#include "crypto/mac.h"

#include "../ask.h"

#define APP "HTTP_AUTHORIZATION=Basic YXBwOnMzY3JldA==" /* app:s3cret */
#define INACTIVE "\r\n\r\n{\"active\":false}"

static char body[ACCESS_TEXT_MAX + 128];

/* "app" is a confidential client, to which the access token was issued; and so was the family, whose current token we have. */
static int
begin(void **state)
{
	struct client *app = &ask.fake.clients[1];
	struct session *s = &ask.fake.found.session;
	int rc = ask_fresh(state);
	struct token t;

	app->secret_file = "/somewhere";
	mac_sha256("s3cret", 6, app->secret_hash);
	memcpy(s->client_hash, app->client_hash, CLIENT_HASH_LEN);
	s->has_family = true;
	s->rotated = FAKE_NOW - 10;
	s->family_absolute = FAKE_NOW + 1000;
	if (token_read_refresh(ask.fake.app.keys, str_of(ask.refresh_text), &t) != DW_OK)
		return (-1);
	memcpy(ask.fake.found.refresh_hash, t.hash, HASH_LEN);
	return (rc);
}

static const char *
about(const char *token, const char *more)
{

	snprintf(body, sizeof(body), "token=%s%s", token, more);
	return (body);
}

static void
expect_inactive(const char *token)
{
	const char *answer = POST("/auth/introspect", FORM, about(token, ""), APP);

	ask_expect(answer, 200, NULL);
	if (strstr(answer, INACTIVE) == NULL || strstr(answer, INACTIVE)[strlen(INACTIVE)] != '\0')
		fail_msg("not inactive: %s", answer);
}

static void
expect_active(const char *token, const char *more, const char *members)
{
	const char *answer = POST("/auth/introspect", FORM, about(token, more), APP);

	ask_expect(answer, 200, NULL);
	ask_expect_header(answer, "Cache-Control: no-store");
	if (strstr(answer, members) == NULL)
		fail_msg("no %s in %s", members, answer);
	assert_non_null(strstr(answer, "\"username\":\"alice\",\"sub\":\"user-1\",\"aud\":\"https://sso.example.org/auth\","
				       "\"iss\":\"https://sso.example.org/auth\",\"sid\":\""));
	assert_non_null(strstr(answer, "\"groups\":[\"admins\",\"users\"]}"));
}

static void
introspection(void **state)
{
	static const char *const hints[] = { "", "&token_type_hint=access_token", "&token_type_hint=refresh_token",
		"&token_type_hint=x", "&token_type_hint=" };
	char times[64];

	(void)state;
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
		snprintf(times, sizeof(times), "\"iat\":%d,\"exp\":%d", FAKE_NOW, FAKE_NOW + 300);
		expect_active(ask.bearer_text, hints[i],
		    "{\"active\":true,\"token_type\":\"access_token\",\"client_id\":\"app\",\"jti\":\"");
		assert_non_null(strstr(ask.last.answer.p, times));
		snprintf(times, sizeof(times), "\"iat\":%d,\"exp\":%d", FAKE_NOW - 10, FAKE_NOW + 1000);
		expect_active(ask.refresh_text, hints[i],
		    "{\"active\":true,\"token_type\":\"refresh_token\",\"client_id\":\"app\",\"jti\":null");
		assert_non_null(strstr(ask.last.answer.p, times));
		ask_expect_trail("lookup "); /* and no touch: asking is no use */
	}
	ask.fake.now = FAKE_NOW + 299;
	ask.fake.found.session.last_seen = FAKE_NOW - 1700;
	expect_active(ask.bearer_text, "", "access_token");
	ask_expect_trail("lookup ");
}

static void
not_active(void **state)
{
	struct lookup_reply *f = &ask.fake.found;

	(void)state;
	expect_inactive("x");
	expect_inactive("a.b.c");
	expect_inactive(ask.cookie_text);
	expect_inactive(ask.other_cookie);
	expect_inactive("dwr_x");
	ask_expect_trail("");
	f->blacklisted = true;
	expect_inactive(ask.bearer_text);
	f->blacklisted = false;
	f->session.flags |= SESSION_TOKENS_REVOKED;
	expect_inactive(ask.bearer_text);
	f->session.flags = 0;
	f->refresh_hash[0] ^= 1; /* it has been used */
	expect_inactive(ask.refresh_text);
	f->refresh_hash[0] ^= 1;
	f->session.has_family = false;
	expect_inactive(ask.refresh_text);
	f->session.has_family = true;
	f->not_before = FAKE_NOW + 1;
	expect_inactive(ask.refresh_text);
	expect_inactive(ask.bearer_text);
	f->not_before = 0;
	f->live = false;
	expect_inactive(ask.refresh_text);
	expect_inactive(ask.bearer_text);
	f->live = true;
	ask.fake.now = FAKE_NOW + 300;
	expect_inactive(ask.bearer_text);
	expect_active(ask.refresh_text, "", "refresh_token");
	ask.fake.now = FAKE_NOW + 1000;
	expect_inactive(ask.refresh_text);
	/* "Not active" would be a lie, also where an old answer is wanted from the check. */
	ask.fake.now = FAKE_NOW;
	ask.fake.lookup_rc = DW_UNAVAILABLE;
	ask.fake.conf.stale_if_error = 60000;
	ask_expect(POST("/auth/introspect", FORM, about(ask.bearer_text, ""), APP), 503, "store_unavailable");
	ask_expect(POST("/auth/introspect", FORM, about(ask.refresh_text, ""), APP), 503, "store_unavailable");
}

static void
who_may_introspect(void **state)
{

	(void)state;
	ask_expect(POST("/auth/introspect", FORM, about(ask.bearer_text, "")), 401, "invalid_client");
	ask_expect_header(ask.last.answer.p, "WWW-Authenticate: Basic realm=\"doorward\"");
	ask_expect(POST("/auth/introspect", FORM, about(ask.bearer_text, "&client_id=default")), 401, "invalid_client");
	ask_expect(POST("/auth/introspect", FORM, about(ask.bearer_text, "&client_id=app")), 401, "invalid_client");
	ask_expect(POST("/auth/introspect", FORM, about("x", ""), ask.bearer_line), 401, "invalid_client");
	ask_expect(POST("/auth/introspect", FORM, about("x", ""), ask.cookie_line), 401, "invalid_client");
	ask_expect(POST("/auth/introspect", FORM, "token=", APP), 400, "invalid_request");
	ask_expect(POST("/auth/introspect", FORM, "token=a&token=b", APP), 400, "invalid_request");
	ask_expect(POST("/auth/introspect?token=x", FORM, "token=x", APP), 400, "invalid_request");
	ask_expect(POST("/auth/introspect", JSON, "{\"token\":\"x\"}", APP), 415, "unsupported_media_type");
	ask_expect(ASK("GET", "/auth/introspect", .extra = { APP }), 405, "method_not_allowed");
	ask_expect_trail("");
}

static void
revocation(void **state)
{
	(void)state;
	ask_expect(POST("/auth/revoke", FORM, about(ask.bearer_text, "&token_type_hint=refresh_token"), APP), 200, NULL);
	ask_expect_trail("revoke ");
	assert_false(ask.fake.revoked.family);
	assert_int_equal(ask.fake.revoked.access_exp, FAKE_NOW + 300);
	assert_memory_equal(ask.fake.revoked.session_key, ask.cookie.session_key, SESSION_KEY_LEN);
	ask_expect(POST("/auth/revoke", FORM, about(ask.refresh_text, "&token_type_hint=x"), APP), 200, NULL);
	ask_expect_trail("lookup revoke ");
	assert_true(ask.fake.revoked.family);
	assert_memory_equal(ask.fake.revoked.user_key, ask_user_key, USER_KEY_LEN);
	/* What is no token of ours is revoked already; a cookie is ended otherwise. */
	ask_expect(POST("/auth/revoke", FORM, about("x", ""), APP), 200, NULL);
	ask_expect(POST("/auth/revoke", FORM, about("dws_x", "")), 200, NULL);
	ask_expect(POST("/auth/revoke", FORM, about(ask.cookie_text, ""), APP), 400, "unsupported_token_type");
	ask_expect(POST("/auth/revoke", FORM, "token=", APP), 400, "invalid_request");
	ask_expect_trail("");
	ask.fake.revoke_wait = 7;
	ask_expect(POST("/auth/revoke", FORM, about(ask.bearer_text, ""), APP), 503, "overloaded");
	ask_expect_header(ask.last.answer.p, "Retry-After: 7");
	ask.fake.revoke_wait = 0;
	ask.fake.revoke_rc = DW_UNAVAILABLE;
	ask_expect(POST("/auth/revoke", FORM, about(ask.bearer_text, ""), APP), 503, "store_unavailable");
	ask.fake.lookup_rc = DW_UNAVAILABLE;
	ask_expect(POST("/auth/revoke", FORM, about(ask.refresh_text, ""), APP), 503, "store_unavailable");
	ask_expect_trail("lookup revoke ");
	/* Where it can be promised, whose it is, is judged later. */
	assert_true(ask.fake.revoked.claim.unjudged && ask.fake.revoked.claim.by == CLAIM_CLIENT);
	assert_memory_equal(ask.fake.revoked.claim.client_hash, ask.fake.clients[1].client_hash, CLIENT_HASH_LEN);
	ask.fake.revoke_rc = DW_PENDING;
	ask_expect(POST("/auth/revoke", FORM, about(ask.refresh_text, ""), APP), 202, NULL);
	assert_non_null(strstr(ask.last.answer.p, "{\"status\":\"pending\"}"));
}

/* The token of a confidential client needs that client; of another one it is refused, whoever that is. */
static void
who_may_revoke(void **state)
{
	const char *const tokens[] = { ask.bearer_text, ask.refresh_text };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const char *asked = i == 0 ? "" : "lookup ";

		ask_expect(POST("/auth/revoke", FORM, about(tokens[i], "")), 401, "invalid_client");
		ask_expect_trail(asked);
		ask_expect(POST("/auth/revoke", FORM, about(tokens[i], "&client_id=default")), 400, "invalid_grant");
		assert_non_null(strstr(ask.last.answer.p, "\"reason\":\"client_mismatch\""));
		ask_expect_trail(asked);
		ask_expect(POST("/auth/revoke", FORM, about(tokens[i], "&client_id=app")), 401, "invalid_client");
		ask_expect_trail("");
	}
	memcpy(ask.fake.found.session.client_hash, ask.fake.clients[0].client_hash, CLIENT_HASH_LEN);
	ask_expect(POST("/auth/revoke", FORM, about(ask.refresh_text, "")), 200, NULL);
	ask_expect_trail("lookup revoke ");
	ask_expect(POST("/auth/revoke", FORM, about(ask.refresh_text, "&client_id=default")), 200, NULL);
	ask_expect_trail("lookup revoke ");
	ask_expect(POST("/auth/revoke", FORM, about(ask.refresh_text, ""), APP), 400, "invalid_grant");
	ask_expect_trail("lookup ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(introspection, begin),
		cmocka_unit_test_setup(not_active, begin),
		cmocka_unit_test_setup(who_may_introspect, begin),
		cmocka_unit_test_setup(revocation, begin),
		cmocka_unit_test_setup(who_may_revoke, begin),
	};

	return (cmocka_run_group_tests(tests, ask_begin, ask_end));
}
