/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../ask.h"

static void
page(void **state)
{
	const char *a = ASK("GET", "/auth/login?next=%2Fapp");

	(void)state;
	ask_expect(a, 200, NULL);
	ask_expect_trail("ping ");
	assert_non_null(strstr(a, "name=\"next\" value=\"/app\""));
	a = ASK("GET", "/auth/login?next=%2F%2Fevil.example");
	assert_non_null(strstr(a, "name=\"next\" value=\"/\""));
	a = ASK("GET", "/auth/login?next=/a&next=//evil.example");
	assert_non_null(strstr(a, "name=\"next\" value=\"/\""));
	a = ASK("GET", "/auth/login?next=javascript:alert(1)");
	ask_expect_no(a, "javascript");
	a = ASK("HEAD", "/auth/login");
	ask_expect(a, 200, NULL);
	assert_string_equal(strstr(a, "\r\n\r\n"), "\r\n\r\n");
	/* While Redis is away it is said before the password is typed; the form stays. */
	ask.fake.ping_rc = DW_UNAVAILABLE;
	a = ASK("GET", "/auth/login?next=/app/");
	ask_expect(a, 200, NULL);
	assert_non_null(strstr(a, "Signing in is not possible for the moment. Nobody has been signed out by this."));
	assert_non_null(
	    strstr(a, "<form method=\"get\" action=\"/auth/login\">\n<input type=\"hidden\" name=\"next\" value=\"/app/\">"));
	assert_non_null(strstr(a, "type=\"password\""));
	ask.fake.ping_rc = DW_OK;
	/* The kicked user reads why. */
	ask.fake.found.live = false;
	ask.fake.found.ended = true;
	ask.fake.found.logout_record.cause = END_PASSWORD;
	snprintf(ask.fake.found.logout_record.reason, sizeof(ask.fake.found.logout_record.reason), "password_changed");
	a = ASK("GET", "/auth/login", .extra = { ask.cookie_line });
	assert_non_null(strstr(a, "the password was changed"));
	/* An operator's words are text, and never a cause. */
	ask.fake.found.logout_record.cause = END_KICK;
	snprintf(ask.fake.found.logout_record.reason, sizeof(ask.fake.found.logout_record.reason), "user");
	a = ASK("GET", "/auth/login", .extra = { ask.cookie_line });
	assert_non_null(strstr(a, "by an administrator: user"));
	ask_expect_no(a, "You have signed out");
	snprintf(ask.fake.found.logout_record.reason, sizeof(ask.fake.found.logout_record.reason), "<b>x</b>");
	a = ASK("GET", "/auth/login", .extra = { ask.cookie_line });
	assert_non_null(strstr(a, "&lt;b&gt;x&lt;/b&gt;"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(page, ask_fresh),
	};

	return (cmocka_run_group_tests(tests, ask_begin, ask_end));
}
