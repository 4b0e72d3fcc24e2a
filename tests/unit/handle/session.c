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

/* Another user's session, one that never was, and nonsense are the same to the caller (R078). */
static void
sessions_of_others(void **state)
{
	static char first[4096], uri[64];
	uint8_t foreign[USER_KEY_LEN] = { 42 };
	char sid[PUBLIC_SID_LEN + 1];

	(void)state;
	ask_expect(ASK("DELETE", "/auth/sessions/nonsense", .extra = { ask.bearer_line }), 404, "not_found");
	snprintf(first, sizeof(first), "%s", ask.last.answer.p);
	sid_public(keyring_user(ask.fake.app.keys), foreign, ask.cookie.session_key, sid);
	snprintf(uri, sizeof(uri), "/auth/sessions/%s", sid);
	ask_expect(ASK("DELETE", uri, .extra = { ask.bearer_line }), 404, "not_found");
	ask_expect_trail("lookup ");
	assert_string_equal(ask.last.answer.p, first);
	sid_public(keyring_user(ask.fake.app.keys), ask_user_key, (const uint8_t *)"notthere", sid);
	snprintf(uri, sizeof(uri), "/auth/sessions/%s", sid);
	ask_expect(ASK("DELETE", uri, .extra = { ask.bearer_line }), 404, "not_found");
	assert_string_equal(ask.last.answer.p, first);
}

/* What DELETE is for scripts, POST …/logout is for forms: the same rules, and a page where a browser goes there. */
static void
by_form(void **state)
{
	char sid[PUBLIC_SID_LEN + 1], uri[64];
	const char *a;

	(void)state;
	ask.fake.end_reply.ended = 1;
	ask.fake.end_reply.has_own = true;
	sid_public(keyring_user(ask.fake.app.keys), ask_user_key, (const uint8_t *)"onemore.", sid);
	snprintf(uri, sizeof(uri), "/auth/sessions/%s/logout", sid);
	ask_expect(ASK("GET", uri, .extra = { ask.cookie_line }), 405, "method_not_allowed");
	ask_expect_header(ask.last.answer.p, "Allow: POST");
	ask_expect(POST(uri, FORM, "a=b", ask.cookie_line, CROSS), 403, "csrf");
	ask_expect(POST(uri, FORM, "a=b", SAME), 401, "missing_token");
	assert_null(strstr(ask.fake.trail_text, "end"));
	a = POST(uri, FORM, "a=b", ask.cookie_line, SAME);
	ask_expect(a, 200, NULL);
	ask_expect_trail("lookup end ");
	assert_memory_equal(ask.fake.ended.session_key, "onemore.", SESSION_KEY_LEN);
	assert_non_null(strstr(a, "{\"status\":\"logged_out\",\"already\":false,\"ended\":1,"));
	ask_expect_no(a, "Set-Cookie"); /* the caller stays */
	a = POST(uri, FORM, "next=/app/", ask.cookie_line, SAME, "HTTP_SEC_FETCH_MODE=navigate");
	ask_expect(a, 200, NULL);
	assert_non_null(strstr(a, "Content-Type: text/html"));
	assert_non_null(strstr(a, "href=\"/app/\""));
	ask_expect_no(a, "Set-Cookie: " SESSION);
	/* The caller's own. */
	sid_public(keyring_user(ask.fake.app.keys), ask_user_key, ask.cookie.session_key, sid);
	snprintf(uri, sizeof(uri), "/auth/sessions/%s/logout", sid);
	a = POST(uri, FORM, "a=b", ask.cookie_line, SAME, "HTTP_SEC_FETCH_MODE=navigate");
	ask_expect(a, 200, NULL);
	assert_non_null(strstr(a, "Set-Cookie: " SESSION ";"));
	ask_expect(POST("/auth/sessions/nonsense/logout", FORM, "a=b", ask.cookie_line, SAME), 404, "not_found");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(by_form, ask_fresh),
		cmocka_unit_test_setup(sessions_of_others, ask_fresh),
	};

	return (cmocka_run_group_tests(tests, ask_begin, ask_end));
}
