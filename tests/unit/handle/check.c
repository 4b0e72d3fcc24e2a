/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/keyring.h"
#include "crypto/sid.h"

#include "../ask.h"

static void
allows(void **state)
{
	char sid[PUBLIC_SID_LEN + 1], line[64];
	const char *a;

	(void)state;
	sid_public(keyring_user(ask.fake.app.keys), ask_user_key, ask.cookie.session_key, sid);
	snprintf(line, sizeof(line), "X-Doorward-Session: %s", sid);
	a = ASK("GET", "/auth/check", .extra = { ask.cookie_line });
	ask_expect(a, 200, NULL);
	ask_expect_trail("lookup ");
	ask_expect_header(a, "Remote-User: alice");
	ask_expect_header(a, "Remote-Groups: admins,users");
	ask_expect_header(a, "X-Doorward-User-Id: user-1");
	ask_expect_header(a, line);
	ask_expect_header(a, "X-Doorward-Device: laptop");
	ask_expect_header(a, "X-Doorward-Expires: 1800001800");
	ask_expect_header(a, "Content-Length: 0");
	ask_expect_header(a, "Cache-Control: no-store");
	assert_string_equal(strstr(a, "\r\n\r\n"), "\r\n\r\n");
	ask_expect_no(a, "Variable-");
	ask_expect_no(a, ask.cookie_text);
	a = ASK("GET", "/auth/check", .extra = { ask.bearer_line });
	ask_expect(a, 200, NULL);
	ask_expect_header(a, "X-Doorward-Expires: 1800000300");
	ask_expect(ASK("PROPFIND", "/auth/check", .extra = { ask.cookie_line }), 200, NULL);
	/* Both of one session, and the same cookie twice, are fine. */
	ask_expect(ASK("GET", "/auth/check", .extra = { ask.cookie_line, ask.bearer_line }), 200, NULL);
	ask_expect(ASK("GET", "/auth/check", .extra = { ask.cookie_line, ask.cookie_line }), 200, NULL);
	/* As Authorizer: for the application, under names that no client can send. */
	a = ASK("GET", "/app/?group=nobody&redirect=1", .authorizer = true, .extra = { ask.cookie_line });
	ask_expect(a, 200, NULL);
	ask_expect_header(a, "Variable-REMOTE_USER: alice");
	ask_expect_header(a, "Variable-REMOTE_GROUPS: admins,users");
	ask_expect_header(a, "Variable-DOORWARD_USER_ID: user-1");
	ask_expect_header(a, "Variable-DOORWARD_DEVICE: laptop");
	ask_expect_header(a, "Variable-DOORWARD_EXPIRES: 1800001800");
	ask_expect_header(a, "Variable-AUTH_TYPE: doorward");
	ask_expect_no(a, "\nRemote-User");
	ask_expect_no(a, "Content-");
	ask_expect_no(a, "Cache-Control");
}

static void
refuses(void **state)
{
	const char *a;

	(void)state;
	a = ASK("GET", "/auth/check");
	ask_expect(a, 401, "missing_token");
	ask_expect_header(a, "WWW-Authenticate: Bearer realm=\"doorward\"");
	ask_expect_header(a, "X-Doorward-Login: /auth/login?next=/");
	ask_expect_trail("");
	a = ASK("GET", "/auth/check", .extra = { ask.forged_line });
	ask_expect(a, 401, "invalid_token");
	ask_expect_header(a, "WWW-Authenticate: Bearer realm=\"doorward\", error=\"invalid_token\"");
	ask_expect_trail(""); /* without a round trip */
	ask_expect(ASK("GET", "/auth/check", .extra = { "HTTP_AUTHORIZATION=Bearer x.y.z" }), 401, "invalid_token");
	ask_expect(ASK("GET", "/auth/check", .extra = { "HTTP_AUTHORIZATION=Bearer" }), 401, "invalid_token");
	ask_expect(ASK("GET", "/auth/check", .extra = { "HTTP_AUTHORIZATION=Bearer one, Bearer two" }), 400, "invalid_request");
	ask_expect(ASK("GET", "/auth/check", .extra = { "HTTP_AUTHORIZATION=Basic YTpi" }), 401, "missing_token");
	/* Other tokens of ours in that place. */
	ask_expect(ASK("GET", "/auth/check", .extra = { "HTTP_COOKIE=" SESSION }), 401, "missing_token");
	ask_expect(ASK("GET", "/auth/check", .extra = { "HTTP_COOKIE=__host-dw_session=x" }), 401, "missing_token");
	ask_expect_trail("");
	/* Of different sessions. */
	ask_expect(ASK("GET", "/auth/check", .extra = { ask.cookie_line, ask.other_line }), 400, "invalid_request");
	ask_expect(ASK("GET", "/auth/check", .extra = { ask.both_line }), 400, "invalid_request");
	ask_expect(ASK("GET", "/auth/check", .extra = { ask.other_line, ask.bearer_line }), 400, "invalid_request");
	ask_expect(ASK("GET", "/auth/check", .extra = { ask.forged_line, ask.bearer_line }), 401, "invalid_token");
	ask_expect_trail("");
	/* Over. */
	ask.fake.found.live = false;
	ask.fake.found.ended = true;
	snprintf(ask.fake.found.logout_record.reason, sizeof(ask.fake.found.logout_record.reason), "kick");
	a = ASK("GET", "/auth/check", .extra = { ask.cookie_line });
	ask_expect(a, 401, "invalid_token");
	assert_non_null(strstr(a, "\"reason\":\"kick\""));
	ask_expect_no(a, "Set-Cookie");
	ask_expect_no(a, "Remote-User");
}

/* One whose signature was cut short: ours in form, and forged. */
static const char *
cut_bearer(void)
{
	static char line[sizeof(ask.bearer_line)];

	snprintf(line, sizeof(line), "%s", ask.bearer_line);
	line[strlen(line) - 2] = '\0';
	return (line);
}

/* In front of an application the Authorization header is the application's as well. */
static void
bearers_of_the_application(void **state)
{
	static const char *const foreign[] = { "HTTP_AUTHORIZATION=Bearer abc", "HTTP_AUTHORIZATION=Bearer a.b.c",
		"HTTP_AUTHORIZATION=Bearer",
		"HTTP_AUTHORIZATION=Bearer eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.e30.AAAA",
		"HTTP_AUTHORIZATION=Basic YTpi", "HTTP_AUTHORIZATION=Bearer dws_AAAA" };
	const char *a;

	(void)state;
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		a = ASK("GET", "/app/", .authorizer = true, .extra = { ask.cookie_line, foreign[i] });
		ask_expect(a, 200, NULL);
		ask_expect_trail("lookup ");
		ask_expect_header(a, "Variable-REMOTE_USER: alice");
		ask_expect(ASK("GET", "/auth/check", .extra = { ask.forged_line, foreign[i] }), 401, "invalid_token");
		ask_expect_trail("");
	}
	/* Ours in form, and forged: that is no accident. */
	a = ASK("GET", "/auth/check", .extra = { ask.cookie_line, cut_bearer() });
	ask_expect(a, 401, "invalid_token");
	ask_expect_no(a, "Set-Cookie");
	ask_expect_trail("");
	/* Alone it is the credential, and refused. */
	ask_expect(ASK("GET", "/auth/check", .extra = { foreign[0] }), 401, "invalid_token");
	ask_expect(ASK("GET", "/auth/check", .extra = { foreign[0], "HTTP_COOKIE=" SESSION }), 401, "invalid_token");
}

/* Of two credentials of one session the valid one decides. */
static void
either_of_one_session(void **state)
{
	const char *a;

	(void)state;
	ask.fake.now += 400; /* beyond the access token's life, within the cookie's */
	ask_expect(ASK("GET", "/auth/check", .extra = { ask.bearer_line }), 401, "invalid_token");
	a = ASK("GET", "/auth/check", .extra = { ask.cookie_line, ask.bearer_line });
	ask_expect(a, 200, NULL);
	ask_expect_header(a, "X-Doorward-Expires: 1800001800");
	/* A write is then one by cookie, and obeys the rule for those. */
	ask_expect(
	    ASK("DELETE", "/auth/sessions/AAAAAAAAAAAAAAAAAAAAAAA", .extra = { ask.cookie_line, ask.bearer_line, CROSS }), 403,
	    "csrf");
	ask_fresh(state);
	ask.fake.found.blacklisted = true;
	ask_expect(ASK("GET", "/auth/check", .extra = { ask.bearer_line }), 401, "invalid_token");
	ask_expect(ASK("GET", "/auth/check", .extra = { ask.cookie_line, ask.bearer_line }), 200, NULL);
	ask_fresh(state);
	ask.fake.found.session.has_cookie = false; /* the cookie is over, the tokens are not */
	ask_expect(ASK("GET", "/auth/check", .extra = { ask.cookie_line }), 401, "invalid_token");
	ask_expect(ASK("GET", "/auth/check", .extra = { ask.cookie_line, ask.bearer_line }), 200, NULL);
	ask_fresh(state);
	ask.fake.now += 400;
	ask.fake.lookup_rc = DW_UNAVAILABLE;
	ask_expect(ASK("GET", "/auth/check", .extra = { ask.cookie_line, ask.bearer_line }), 503, "store_unavailable");
}

static void
groups(void **state)
{
	const char *a;

	(void)state;
	ask_expect(ASK("GET", "/auth/check?group=admins", .extra = { ask.cookie_line }), 200, NULL);
	a = ASK("GET", "/auth/check?group=root", .extra = { ask.cookie_line });
	ask_expect(a, 403, "forbidden");
	ask_expect_header(a, "X-Doorward-Login: /auth/login?next=/");
	ask_expect_no(a, "WWW-Authenticate");
	ask_expect(ASK("GET", "/auth/check?group=root,users", .extra = { ask.cookie_line }), 200, NULL);
	ask_expect(ASK("GET", "/auth/check?group=,", .extra = { ask.cookie_line }), 403, "forbidden");
	ask_expect(
	    ASK("GET", "/app/", .authorizer = true, .extra = { "DOORWARD_GROUP=root,admins", ask.cookie_line }), 200, NULL);
	ask_expect(ASK("GET", "/app/", .authorizer = true, .extra = { "DOORWARD_GROUP=,", ask.cookie_line }), 403, "forbidden");
	ask_expect(ASK("GET", "/auth/check?group=", .extra = { ask.cookie_line }), 403, "forbidden");
	ask_expect(ASK("GET", "/auth/check?group=admins&group=users", .extra = { ask.cookie_line }), 400, "invalid_request");
	ask_expect(ASK("GET", "/auth/check?group=%00", .extra = { ask.cookie_line }), 400, "invalid_request");
	/* In front of an application the query is the application's, and only the server asks for a group. */
	ask_expect(ASK("GET", "/app/?group=root&group=x&redirect=%", .extra = { "DOORWARD_ROUTE=/check", ask.cookie_line }),
	    200, NULL);
	ask_expect(
	    ASK("GET", "/app/?group=admins", .extra = { "DOORWARD_ROUTE=/check", "DOORWARD_GROUP=root", ask.cookie_line }), 403,
	    "forbidden");
	ask_expect(
	    ASK("GET", "/auth/check?group=admins", .extra = { "DOORWARD_GROUP=root", ask.cookie_line }), 403, "forbidden");
	ask_expect(ASK("GET", "/app/", .authorizer = true, .extra = { "DOORWARD_GROUP=users", ask.cookie_line }), 200, NULL);
	ask_expect(
	    ASK("GET", "/app/", .authorizer = true, .extra = { "DOORWARD_GROUP=root", ask.cookie_line }), 403, "forbidden");
	ask_expect(ASK("GET", "/app/",
		       .extra = { "HTTP_DOORWARD_GROUP=admins", "HTTP_X_DOORWARD_GROUP=root", "DOORWARD_ROUTE=/check",
			   ask.cookie_line }),
	    200, NULL);
}

static void
redirects(void **state)
{
	const char *a;

	(void)state;
	a = ASK("GET", "/auth/check?redirect=1", .extra = { "DOORWARD_ORIGINAL_URI=/app/?a=b&c=d" });
	ask_expect(a, 302, NULL);
	ask_expect_header(a, "Location: /auth/login?next=/app/%3Fa%3Db%26c%3Dd");
	ask_expect_no(a, "WWW-Authenticate");
	ask_expect(ASK("GET", "/auth/check?redirect=0"), 401, "missing_token");
	a = ASK("GET", "/app/", .authorizer = true, .extra = { "HTTP_SEC_FETCH_MODE=navigate" });
	ask_expect(a, 302, NULL);
	ask_expect_header(a, "Location: /auth/login?next=/app/");
	ask_expect(ASK("GET", "/app/", .authorizer = true, .extra = { HTML }), 302, NULL);
	/* Scripts get 401. */
	a = ASK("GET", "/app/x?y", .authorizer = true, .extra = { "HTTP_SEC_FETCH_MODE=cors", HTML });
	ask_expect(a, 401, "missing_token");
	ask_expect_header(a, "X-Doorward-Login: /auth/login?next=/app/x%3Fy");
	ask_expect(ASK("GET", "/app/", .authorizer = true, .extra = { "HTTP_ACCEPT=*/*" }), 401, "missing_token");
	/* Elsewhere than here, never; and what the client says of the address is not asked. */
	a = ASK("GET", "//evil.example/", .authorizer = true,
	    .extra = { HTML, "HTTP_X_ORIGINAL_URI=//evil.example", "HTTP_HOST=evil.example" });
	ask_expect(a, 302, NULL);
	ask_expect_header(a, "Location: /auth/login?next=/");
	ask_expect_no(a, "evil");
	/* Signed in but not in the group: signing in again would not help. */
	ask_expect(ASK("GET", "/auth/check?redirect=1&group=root", .extra = { ask.cookie_line }), 403, "forbidden");
}

#define PREFLIGHT "HTTP_ORIGIN=https://other.example", "HTTP_ACCESS_CONTROL_REQUEST_METHOD=PUT"

/* Only where it is allowed, only what is one, and without any identity. */
static void
preflights(void **state)
{
	const char *a;

	(void)state;
	ask_expect(ASK("OPTIONS", "/app/", .authorizer = true, .extra = { PREFLIGHT }), 401, "missing_token");
	ask.fake.conf.check_preflight = true;
	a = ASK("OPTIONS", "/app/", .authorizer = true, .extra = { PREFLIGHT, "DOORWARD_GROUP=admins" });
	assert_string_equal(a, "Status: 200 OK\r\n\r\n");
	a = ASK("OPTIONS", "/app/", .extra = { "DOORWARD_ROUTE=/check", PREFLIGHT, "HTTP_COOKIE=theme=dark" });
	assert_string_equal(a, "Status: 200 OK\r\nCache-Control: no-store\r\nContent-Length: 0\r\n\r\n");
	ask_expect_trail("");
	ask_expect(ASK("GET", "/app/", .authorizer = true, .extra = { PREFLIGHT }), 401, "missing_token");
	ask_expect(ASK("OPTIONS", "/app/", .authorizer = true, .extra = { "HTTP_ORIGIN=https://other.example" }), 401,
	    "missing_token");
	ask_expect(ASK("OPTIONS", "/app/", .authorizer = true, .extra = { "HTTP_ACCESS_CONTROL_REQUEST_METHOD=PUT" }), 401,
	    "missing_token");
	ask_expect(
	    ASK("OPTIONS", "/app/", .authorizer = true, .plain = true, .extra = { PREFLIGHT }), 403, "insecure_transport");
	/* What carries a credential is no preflight: it is checked like everything else. */
	ask_expect(ASK("OPTIONS", "/app/", .authorizer = true, .extra = { PREFLIGHT, ask.forged_line }), 401, "invalid_token");
	ask_expect(ASK("OPTIONS", "/app/", .authorizer = true, .extra = { PREFLIGHT, "HTTP_AUTHORIZATION=Bearer x" }), 401,
	    "invalid_token");
	a = ASK("OPTIONS", "/app/", .authorizer = true, .extra = { PREFLIGHT, ask.cookie_line });
	ask_expect(a, 200, NULL);
	ask_expect_header(a, "Variable-REMOTE_USER: alice");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(preflights, ask_fresh),
		cmocka_unit_test_setup(bearers_of_the_application, ask_fresh),
		cmocka_unit_test_setup(either_of_one_session, ask_fresh),
		cmocka_unit_test_setup(allows, ask_fresh),
		cmocka_unit_test_setup(refuses, ask_fresh),
		cmocka_unit_test_setup(groups, ask_fresh),
		cmocka_unit_test_setup(redirects, ask_fresh),
	};

	return (cmocka_run_group_tests(tests, ask_begin, ask_end));
}
