/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../ask.h"

#define EVIL "<script>\"'&"

/* Whoever is signed out is led to the login page and back, whatever is wrong with what he brought. */
static void
signed_out(void **state)
{
	static const char way[] = "Location: /auth/login?next=/auth/account\r\n";
	const char *a = ASK("GET", "/auth/account", .extra = { HTML });

	(void)state;
	ask_expect(a, 302, NULL);
	assert_non_null(strstr(a, way));
	a = ASK("GET", "/auth/account");
	ask_expect(a, 302, NULL);
	a = ASK("GET", "/auth/account", .extra = { ask.forged_line, HTML });
	ask_expect(a, 302, NULL);
	assert_non_null(strstr(a, way));
	ask_expect_no(a, "Set-Cookie");
	ask.fake.found.live = false;
	ask.fake.found.ended = true;
	ask.fake.found.logout_record.cause = END_KICK;
	ask_expect(ASK("GET", "/auth/account", .extra = { ask.cookie_line }), 302, NULL);
	ask_expect(ASK("POST", "/auth/account", .extra = { ask.cookie_line }), 405, "method_not_allowed");
	ask_expect(ASK("GET", "/auth/account", .extra = { ask.both_line }), 400, "invalid_request");
	ask_expect(ASK("GET", "/auth/account?cursor=nonsense", .extra = { ask.cookie_line }), 400, "invalid_request");
	ask_expect(ASK("GET", "/auth/account", .plain = true), 403, "insecure_transport");
}

/* What cannot be asked is no news about the session. */
static void
outage(void **state)
{
	const char *a;

	(void)state;
	ask.fake.lookup_rc = DW_UNAVAILABLE;
	ask_expect(ASK("GET", "/auth/account", .extra = { ask.cookie_line }), 503, "store_unavailable");
	ask.fake.lookup_rc = DW_OK;
	ask.fake.list_rc = DW_UNAVAILABLE;
	a = ASK("GET", "/auth/account", .extra = { ask.cookie_line, HTML });
	ask_expect(a, 503, NULL);
	assert_non_null(strstr(a, "Nobody has been signed out by this."));
	ask_expect_no(a, "Set-Cookie: __Host-dw_session");
}

/* Names of devices and programs are text. */
static void
hostile(void **state)
{
	const char *a;

	(void)state;
	ask.fake.get_device_rc = DW_OK;
	snprintf(ask.fake.device.name, sizeof(ask.fake.device.name), EVIL);
	snprintf(ask.fake.device.user_agent, sizeof(ask.fake.device.user_agent), EVIL);
	a = ASK("GET", "/auth/account", .extra = { ask.cookie_line, HTML });
	ask_expect(a, 200, NULL);
	ask_expect_no(a, "<script");
	assert_non_null(strstr(a, "<strong><bdi>&lt;script&gt;&quot;&#39;&amp;</bdi></strong>"));
	assert_non_null(strstr(a, "<p><bdi>&lt;script&gt;&quot;&#39;&amp;</bdi> "));
	assert_non_null(strstr(a, "<li aria-current=\"true\">"));
	assert_non_null(strstr(a, "name=\"scope\" value=\"others\""));
	assert_non_null(strstr(a, "<form method=\"post\" action=\"/auth/password\">"));
	ask.fake.driver.passwords = false;
	a = ASK("GET", "/auth/account", .extra = { ask.cookie_line, HTML });
	ask_expect_no(a, "new_password");
	ask.fake.driver.passwords = true;
}

/* What is wrong with a new password is said on the page, under its status; a script gets what it always got. */
static void
refused_password(void **state)
{
	static const char body[] = "current_password=right&new_password=short";
	const char *a;

	(void)state;
	ask_expect(POST("/auth/password", FORM, body, ask.cookie_line, SAME), 400, "invalid_request");
	a = POST("/auth/password", FORM, body, ask.cookie_line, SAME, HTML);
	ask_expect(a, 400, NULL);
	assert_non_null(strstr(a, "role=\"alert\">The new password needs at least "));
	assert_non_null(
	    strstr(a, "autocomplete=\"new-password\" required aria-invalid=\"true\" aria-describedby=\"rule message\">"));
	ask_expect_no(a, "short");
	a = POST("/auth/password", FORM, "current_password=right", ask.cookie_line, SAME, HTML);
	ask_expect(a, 400, NULL);
	assert_non_null(strstr(a, "role=\"alert\">Both passwords are needed."));
	a = POST("/auth/password", FORM, body, ask.cookie_line, CROSS, HTML);
	ask_expect(a, 403, NULL);
	ask_expect_no(a, "aria-current");
	ask.fake.driver.passwords = false;
	a = POST("/auth/password", FORM, body, ask.cookie_line, SAME, HTML, "HTTP_ACCEPT_LANGUAGE=de");
	ask_expect(a, 403, NULL);
	assert_non_null(strstr(a, "role=\"alert\">Passw"));
	assert_non_null(strstr(a, "<html lang=\"de\">"));
	ask.fake.driver.passwords = true;
	ask.fake.list_rc = DW_UNAVAILABLE;
	a = POST("/auth/password", FORM, body, ask.cookie_line, SAME, HTML);
	ask_expect(a, 400, NULL);
	assert_non_null(strstr(a, "href=\"/auth/account\">"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(signed_out, ask_fresh),
		cmocka_unit_test_setup(outage, ask_fresh),
		cmocka_unit_test_setup(hostile, ask_fresh),
		cmocka_unit_test_setup(refused_password, ask_fresh),
	};

	return (cmocka_run_group_tests(tests, ask_begin, ask_end));
}
