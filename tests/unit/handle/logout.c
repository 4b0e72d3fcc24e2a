/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "auth/csrf.h"

#include "../ask.h"

/* Who may make a browser write with its cookie (R160 to R166). */
static void
csrf(void **state)
{
	static const char login_form[] = "username=alice&password=right";
	static char with_token[256], form_cookie[128], wrong_cookie[128];
	char value[CSRF_COOKIE_TEXT + 1], token[CSRF_TOKEN_TEXT + 1];
	static const char *const foreign[] = { CROSS, "HTTP_SEC_FETCH_SITE=same-site", "HTTP_ORIGIN=https://evil.example",
		"HTTP_ORIGIN=http://sso.example.org" };

	(void)state;
	assert_int_equal(csrf_random(value), 0);
	csrf_token(ask.fake.app.keys, str_of(value), token);
	snprintf(with_token, sizeof(with_token), "%s&csrf_token=%s", login_form, token);
	snprintf(form_cookie, sizeof(form_cookie), "HTTP_COOKIE=__Host-dw_csrf=%s", value);
	snprintf(
	    wrong_cookie, sizeof(wrong_cookie), "HTTP_COOKIE=__Host-dw_csrf=%.*s", CSRF_COOKIE_TEXT, "AAAAAAAAAAAAAAAAAAAAAA");
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		ask_expect(POST("/auth/login", FORM, login_form, foreign[i]), 403, "csrf");
		ask_expect(POST("/auth/login", FORM, with_token, foreign[i], form_cookie), 403, "csrf");
		ask_expect(POST("/auth/login", JSON, "{\"username\":\"alice\",\"password\":\"right\",\"mode\":\"cookie\"}",
			       foreign[i]),
		    403, "csrf");
		ask_expect(ASK("POST", "/auth/logout", .extra = { ask.cookie_line, foreign[i] }), 403, "csrf");
		ask_expect_no(ask.last.answer.p, "Set-Cookie");
		ask_expect(POST("/auth/logout", FORM, "scope=all", ask.cookie_line, foreign[i]), 403, "csrf");
		ask_expect_trail("");
		/* Not even the cookie is cleared for such a page: by a request without it, or with something forged. */
		ask_expect(ASK("POST", "/auth/logout", .extra = { foreign[i] }), 200, NULL);
		ask_expect_no(ask.last.answer.p, "Set-Cookie");
		ASK("POST", "/auth/logout", .extra = { ask.forged_line, foreign[i] });
		ask_expect_no(ask.last.answer.p, "Set-Cookie");
		POST("/auth/logout", FORM, "refresh_token=x", ask.cookie_line, foreign[i]);
		ask_expect_no(ask.last.answer.p, "Set-Cookie");
		ask_expect_trail("");
	}
	/* A browser that keeps its origin to itself proves nothing: the form's token decides, and so it does over clearing. */
	ask_expect(POST("/auth/login", FORM, login_form, "HTTP_ORIGIN=null"), 403, "csrf");
	ask_expect(POST("/auth/login", FORM, with_token, "HTTP_ORIGIN=null", wrong_cookie), 403, "csrf");
	ask_expect(POST("/auth/login", FORM, with_token, "HTTP_ORIGIN=null", CROSS, form_cookie), 403, "csrf");
	ask_expect(POST("/auth/login", FORM, with_token, "HTTP_ORIGIN=null", form_cookie), 200, NULL);
	ask_expect(ASK("POST", "/auth/logout", .extra = { ask.cookie_line, "HTTP_ORIGIN=null" }), 403, "csrf");
	ask_expect(POST("/auth/logout", FORM, "scope=all", ask.cookie_line, "HTTP_ORIGIN=null"), 403, "csrf");
	ask_expect(ASK("POST", "/auth/logout", .extra = { "HTTP_ORIGIN=null" }), 200, NULL);
	ask_expect_no(ask.last.answer.p, "Set-Cookie");
	ASK("POST", "/auth/logout", .extra = { ask.forged_line, "HTTP_ORIGIN=null" });
	ask_expect_no(ask.last.answer.p, "Set-Cookie");
	ask_expect_trail("");
	/* A login ends the session whose cookie comes along: that is a write by cookie, whatever the login is to give. */
	ask_expect(POST("/auth/login", FORM, "username=alice&password=right&mode=token", ask.cookie_line,
		       "HTTP_SEC_FETCH_SITE=same-site"),
	    403, "csrf");
	ask_expect(POST("/auth/login", FORM, "username=alice&password=right&mode=token", ask.cookie_line), 403, "csrf");
	ask_expect_trail("");
	ask_expect(
	    POST("/auth/login", JSON, "{\"username\":\"alice\",\"password\":\"right\"}", ask.cookie_line, CROSS), 403, "csrf");
	ask_expect(POST("/auth/login", JSON, "{\"username\":\"alice\",\"password\":\"right\"}", ask.cookie_line), 200, NULL);
	ask_expect(POST("/auth/login", FORM, "username=alice&password=right&mode=token", ask.cookie_line, SAME), 200, NULL);
	/* A bearer token of the application's own is no credential: the cookie is, and obeys the rule. */
	ask_expect(
	    ASK("POST", "/auth/logout", .extra = { ask.cookie_line, "HTTP_AUTHORIZATION=Bearer abc", CROSS }), 403, "csrf");
	/* No word on the origin: a form's token, or a body that no page can send unasked. */
	ask_expect(POST("/auth/login", FORM, login_form), 403, "csrf");
	ask_expect(POST("/auth/login", FORM, with_token), 403, "csrf");
	ask_expect(POST("/auth/login", FORM, with_token, wrong_cookie), 403, "csrf");
	ask_expect(POST("/auth/login", FORM, with_token, form_cookie), 200, NULL);
	ask_expect(ASK("POST", "/auth/logout", .extra = { ask.cookie_line }), 403, "csrf");
	ask_expect(POST("/auth/logout", FORM, "scope=session", ask.cookie_line), 403, "csrf");
	ask_expect(POST("/auth/logout", JSON, "{}", ask.cookie_line), 200, NULL);
	ask_expect(ASK("POST", "/auth/logout", .extra = { ask.cookie_line, "HTTP_ORIGIN=https://sso.example.org" }), 200, NULL);
	ask_expect(ASK("POST", "/auth/logout", .extra = { ask.cookie_line, SAME }), 200, NULL);
	/* Bearers are exempt, and logins that set no cookie. */
	ask_expect(ASK("POST", "/auth/logout", .extra = { ask.bearer_line, CROSS }), 200, NULL);
	ask_expect(POST("/auth/login", JSON, "{\"username\":\"alice\",\"password\":\"right\"}", CROSS), 200, NULL);
	ask_expect(ASK("DELETE", "/auth/sessions/AAAAAAAAAAAAAAAAAAAAAAA", .extra = { ask.cookie_line, CROSS }), 403, "csrf");
	assert_null(strstr(ask.fake.trail_text, "end"));
}

static const char cleared[] = "Set-Cookie: " SESSION "; Path=/; Secure; HttpOnly; SameSite=Lax; "
			      "Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT";

static void
credentials(void **state)
{
	static char member[256];
	const char *a;

	(void)state;
	snprintf(member, sizeof(member), "{\"refresh_token\":\"%s\"}", ask.refresh_text);
	ask.fake.end_reply.ended = 1;
	ask.fake.end_reply.has_own = true;
	snprintf(ask.fake.end_reply.user_id, sizeof(ask.fake.end_reply.user_id), "user-1");
	ask.fake.end_reply.own = (struct logout_record){
		.at = FAKE_NOW, .cause = END_USER, .reason = "user", .device_id = "laptop"
	};
	memcpy(ask.fake.end_reply.own.session_key, ask.cookie.session_key, SESSION_KEY_LEN);
	a = ASK("POST", "/auth/logout", .extra = { ask.cookie_line, SAME });
	ask_expect(a, 200, NULL);
	ask_expect_trail("end ");
	ask_expect_header(a, cleared);
	assert_non_null(strstr(a, "{\"status\":\"logged_out\",\"already\":false,\"ended\":1,\"logout\":{\"id\":\"lo_"));
	assert_non_null(strstr(a, "\"user_id\":\"user-1\",\"device_id\":\"laptop\",\"scope\":\"session\",\"reason\":\"user\","
				  "\"at\":\"2027-01-15T08:00:00Z\"}}"));
	ask_expect_no(a, "Clear-Site-Data");
	/* Again: the same record. */
	ask.fake.end_reply.ended = 0;
	a = ASK("POST", "/auth/logout", .extra = { ask.cookie_line, SAME });
	assert_non_null(strstr(a, "\"already\":true,\"ended\":0,\"logout\":{\"id\":\"lo_"));
	ask_expect_header(a, cleared);
	/* By any one of the credentials. */
	ask_expect(ASK("POST", "/auth/logout", .extra = { ask.bearer_line }), 200, NULL);
	assert_memory_equal(ask.fake.ended.session_key, ask.cookie.session_key, SESSION_KEY_LEN);
	ask_expect(POST("/auth/logout", JSON, member), 200, NULL);
	assert_memory_equal(ask.fake.ended.session_key, ask.cookie.session_key, SESSION_KEY_LEN);
	ask_expect(POST("/auth/logout", JSON, member, ask.cookie_line), 200, NULL);
	ask_expect(POST("/auth/logout", JSON, member, ask.other_line), 400, "invalid_request");
	/* An expired access token with a good signature is fine. */
	ask.fake.now += 10000;
	ask_expect(ASK("POST", "/auth/logout", .extra = { ask.bearer_line }), 200, NULL);
	/* Well-formed, and nothing is known of it. */
	ask.fake.end_reply.has_own = false;
	a = ASK("POST", "/auth/logout", .extra = { ask.cookie_line, SAME });
	assert_non_null(strstr(a, "{\"status\":\"logged_out\",\"already\":true,\"ended\":0,\"logout\":null}"));
	ask_expect_header(a, cleared);
	/* No credential at all. */
	a = ASK("POST", "/auth/logout");
	ask_expect(a, 200, NULL);
	ask_expect_trail("");
	assert_non_null(strstr(a, "{\"status\":\"logged_out\",\"already\":true,\"ended\":0,\"logout\":null}"));
	ask_expect_header(a, cleared);
	/* Malformed or forged, in whatever place. */
	a = ASK("POST", "/auth/logout", .extra = { ask.forged_line, SAME });
	ask_expect(a, 401, "invalid_token");
	ask_expect_header(a, cleared);
	a = ASK("POST", "/auth/logout", .extra = { "HTTP_AUTHORIZATION=Bearer x" });
	ask_expect(a, 401, "invalid_token");
	ask_expect_no(a, "Set-Cookie"); /* none came along */
	ask_expect(POST("/auth/logout", JSON, "{\"refresh_token\":\"dwr_x\"}"), 401, "invalid_token");
	ask_expect_no(ask.last.answer.p, "Set-Cookie");
	/* A good cookie stays where only something else was refused, and where it was the application's it is signed out. */
	ask_expect(POST("/auth/logout", JSON, "{\"refresh_token\":\"dwr_x\"}", ask.cookie_line), 401, "invalid_token");
	ask_expect_no(ask.last.answer.p, "Set-Cookie");
	ask.bearer_line[strlen(ask.bearer_line) - 1] ^= 1;
	ask_expect(ASK("POST", "/auth/logout", .extra = { ask.cookie_line, ask.bearer_line }), 401, "invalid_token");
	ask_expect_no(ask.last.answer.p, "Set-Cookie");
	ask.bearer_line[strlen(ask.bearer_line) - 1] ^= 1;
	ask_expect_trail("");
	a = ASK("POST", "/auth/logout", .extra = { ask.cookie_line, "HTTP_AUTHORIZATION=Bearer abc", SAME });
	ask_expect(a, 200, NULL);
	ask_expect_trail("end ");
	ask_expect_header(a, cleared);
	ask_expect_header(POST("/auth/logout", JSON, "{\"refresh_token\":\"dwr_x\"}", ask.forged_line), cleared);
	/* Only if configured. */
	ask.fake.conf.clear_site_data = true;
	ask_expect_header(ASK("POST", "/auth/logout", .extra = { ask.cookie_line, SAME }),
	    "Clear-Site-Data: \"cache\", \"cookies\", \"storage\"");
}

static void
scopes(void **state)
{
	static const struct {
		const char *body;
		enum end_scope said;
	} t[] = { { "{}", SCOPE_SESSION }, { "{\"scope\":\"session\"}", SCOPE_SESSION },
		{ "{\"scope\":\"device\"}", SCOPE_DEVICE }, { "{\"scope\":\"others\"}", SCOPE_OTHERS },
		{ "{\"scope\":\"all\"}", SCOPE_ALL }, { "{\"scope\":null}", SCOPE_SESSION } };
	static const char *const wrong[] = { "{\"scope\":\"\"}", "{\"scope\":\"ALL\"}", "{\"scope\":\"everything\"}",
		"{\"scope\":1}", "{\"scope\":[\"all\"]}" };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const char *a = POST("/auth/logout", JSON, t[i].body, ask.cookie_line);

		ask_expect(a, 200, NULL);
		assert_int_equal(ask.fake.ended.said_scope, t[i].said);
		if (t[i].said != SCOPE_OTHERS) {
			ask_expect_header(a, cleared);
			continue;
		}
		ask_expect_no(a, "Set-Cookie"); /* the caller stays */
		assert_non_null(strstr(a, "\"logout\":null"));
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ask_expect(POST("/auth/logout", JSON, wrong[i], ask.cookie_line), 400, "invalid_request");
		ask_expect_trail("");
	}
}

/* A person sees a page, whatever was sent or left out; the way back is kept, and the form cookie is a new one. */
static void
pages(void **state)
{
	const char *a;

	(void)state;
	ask.fake.end_reply.ended = 1;
	a = ASK("POST", "/auth/logout", .extra = { ask.cookie_line, SAME, HTML });
	ask_expect(a, 200, NULL);
	ask_expect_header(a, "Content-Type: text/html; charset=utf-8");
	ask_expect_header(a, "Referrer-Policy: same-origin");
	ask_expect_header(a, cleared);
	assert_non_null(strstr(a, "Set-Cookie: __Host-dw_csrf="));
	assert_non_null(strstr(a, "<h1>You have signed out</h1>"));
	a = POST("/auth/logout", FORM, "next=/app/", ask.cookie_line, SAME, HTML);
	assert_non_null(strstr(a, "href=\"/auth/login?next=/app/\""));
	a = POST("/auth/logout", FORM, "next=//evil.example", ask.cookie_line, SAME, HTML);
	ask_expect_no(a, "evil");
	a = POST("/auth/logout", FORM, "scope=others", ask.cookie_line, SAME, HTML);
	assert_non_null(strstr(a, "<h1>Signed out elsewhere</h1>"));
	ask_expect_no(a, "Set-Cookie");
	/* A script that takes HTML is a script. */
	a = ASK("POST", "/auth/logout", .extra = { ask.cookie_line, SAME, HTML, "HTTP_SEC_FETCH_MODE=cors" });
	ask_expect_header(a, "Content-Type: application/json");
	a = ASK("POST", "/auth/logout", .extra = { ask.cookie_line, CROSS, HTML });
	ask_expect(a, 403, NULL);
	ask_expect_header(a, "Content-Type: text/html; charset=utf-8");
	assert_non_null(strstr(a, "href=\"/auth/logout\">Try again"));
	/* The page that asks: it ends nothing. */
	a = ASK("GET", "/auth/logout?next=/app/", .extra = { ask.cookie_line, HTML });
	ask_expect(a, 200, NULL);
	ask_expect_trail("");
	ask_expect_no(a, SESSION);
	assert_non_null(strstr(a, "name=\"next\" value=\"/app/\""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(csrf, ask_fresh),
		cmocka_unit_test_setup(credentials, ask_fresh),
		cmocka_unit_test_setup(pages, ask_fresh),
		cmocka_unit_test_setup(scopes, ask_fresh),
	};

	return (cmocka_run_group_tests(tests, ask_begin, ask_end));
}
