/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "auth/csrf.h"
#include "handle/credential.h"
#include "handle/page.h"
#include "handle/texts.h"
#include "http/response.h"

#include "../fake.h"

static struct request q;
static struct response r;
static struct arena arena;
static char block[4096];

static int
fresh(void **state)
{

	fake_fresh(state);
	arena_init(&arena, block, sizeof(block));
	memset(&q, 0, sizeof(q));
	q.tls = true;
	q.arena = &arena;
	response_init(&r);
	return (0);
}

/* What stands between ${before} and the next ${after} in ${text}. */
static const char *
between(const char *text, const char *before, const char *after)
{
	static char out[256];
	const char *from = strstr(text, before), *to;

	assert_non_null(from);
	from += strlen(before);
	to = strstr(from, after);
	assert_non_null(to);
	snprintf(out, sizeof(out), "%.*s", (int)(to - from), from);
	return (out);
}

/* Nothing a person or another site has typed becomes part of the page (R038, ASVS 1.2.1). */
static void
escaping(void **state)
{
	static const char evil[] = "\"><script>alert('1')</script>&amp;";
	struct login_form f = {
		.username = STR_LIT(evil), .next = STR_LIT(evil), .message = STR_LIT(evil), .signed_in_as = STR_LIT(evil)
	};

	(void)state;
	fake.conf.title = fake.conf.site_name = (char *)(uintptr_t)evil;
	page_login(&fake.app, &q, &r, 200, &f);
	assert_null(strstr(r.body.p, "<script"));
	assert_null(strstr(r.body.p, "alert('1')"));
	assert_non_null(strstr(r.body.p, "&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;"));
	assert_false(r.body.overflow);
}

/* It works without a script, and nothing could run: one style, allowed by its digest; the policy is the same for every page. */
static void
policy(void **state)
{
	struct login_form f = { .next = STR_LIT("/") };
	char first[256];

	(void)state;
	page_login(&fake.app, &q, &r, 401, &f);
	assert_int_equal(r.status, 401);
	assert_true(r.own_csp);
	snprintf(first, sizeof(first), "%s", between(r.head.p, "Content-Security-Policy: ", "\r\n"));
	assert_int_equal(strlen(between(first, "default-src 'none'; style-src 'sha256-", "=';")), 43);
	assert_non_null(strstr(first, "; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"));
	assert_null(strstr(r.body.p, "<script"));
	assert_null(strstr(r.body.p, " style=\""));
	assert_null(strstr(r.body.p, " onclick"));
	assert_null(strstr(r.body.p, "http://"));
	assert_null(strstr(r.body.p, "https://"));
	assert_null(strstr(strstr(r.body.p, "<style>") + 1, "<style"));
	response_init(&r);
	page_sign_out(&fake.app, &q, &r, STR_LIT("/"));
	assert_string_equal(first, between(r.head.p, "Content-Security-Policy: ", "\r\n"));
}

/* The operator's logo and style are part of the page, allowed by name, and everything still fits 20 KB. */
static void
theme(void **state)
{
	static char css[4097], logo[8220];
	struct login_form f = { .next = STR_LIT("/"), .signed_in_as = STR_LIT("alice"), .message = STR_LIT("x") };

	(void)state;
	snprintf(css, sizeof(css), "main>h1{color:red}%4078s", "");
	snprintf(logo, sizeof(logo), "data:image/png;base64,iVBO+/%08172d==", 0);
	fake.conf.theme_css = css;
	fake.conf.site_logo = logo;
	page_login(&fake.app, &q, &r, 200, &f);
	assert_non_null(strstr(r.head.p, "=' 'sha256-"));
	assert_non_null(strstr(r.head.p, "; img-src data:; form-action 'self'"));
	assert_non_null(strstr(r.body.p, "</style>\n<style>main>h1{color:red} "));
	assert_non_null(strstr(r.body.p, "<img class=\"logo\" src=\"data:image/png;base64,iVBO+/0000"));
	assert_true(r.body.len <= 20480);
}

static void
form_token(void **state)
{
	struct login_form f = { .next = STR_LIT("/") };
	char cookie[64], token[64], line[128];

	(void)state;
	page_login(&fake.app, &q, &r, 200, &f);
	assert_non_null(strstr(r.body.p, "<form method=\"post\" action=\"/auth/login\">"));
	snprintf(cookie, sizeof(cookie), "%s", between(r.head.p, "Set-Cookie: __Host-dw_csrf=", ";"));
	assert_non_null(strstr(r.head.p, "; Path=/; Secure; HttpOnly; SameSite=Lax\r\n"));
	assert_null(strstr(r.head.p, "Domain"));
	snprintf(token, sizeof(token), "%s", between(r.body.p, "name=\"csrf_token\" value=\"", "\""));
	assert_true(csrf_token_valid(fake.app.keys, str_of(cookie), str_of(token)));
	/* A browser that has the cookie keeps it, or two open forms would not work together. */
	response_init(&r);
	snprintf(line, sizeof(line), "__Host-dw_csrf=%s", cookie);
	q.cookie[0] = str_of(line);
	q.n_cookie = 1;
	page_login(&fake.app, &q, &r, 200, &f);
	assert_null(strstr(r.head.p, "Set-Cookie"));
	assert_string_equal(token, between(r.body.p, "name=\"csrf_token\" value=\"", "\""));
}

/* A cookie that is not of our making is replaced, not signed. */
static void
foreign_form_cookies(void **state)
{
	static const char *const lines[] = { "__Host-dw_csrf=", "__Host-dw_csrf=short",
		"__Host-dw_csrf=AAAAAAAAAAAAAAAAAAAAAAA", "__Host-dw_csrf=AAAAAAAAAAAAAAAAAAAAA!",
		"__Host-dw_csrf=AAAAAAAAAAAAAAAAAAAAAA; __Host-dw_csrf=BBBBBBBBBBBBBBBBBBBBBB",
		"__host-dw_csrf=AAAAAAAAAAAAAAAAAAAAAA" };
	struct login_form f = { .next = STR_LIT("/") };

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		fresh(state);
		q.cookie[0] = str_of(lines[i]);
		q.n_cookie = 1;
		page_login(&fake.app, &q, &r, 200, &f);
		assert_int_equal(strlen(between(r.head.p, "Set-Cookie: __Host-dw_csrf=", ";")), CSRF_COOKIE_TEXT);
	}
}

static void
contents(void **state)
{
	struct login_form f = { .username = STR_LIT("alice"),
		.next = STR_LIT("/app?a=b&c=d"),
		.message = STR_LIT("Something."),
		.alarm = true,
		.remember = true };

	(void)state;
	page_login(&fake.app, &q, &r, 200, &f);
	assert_non_null(strstr(r.body.p, "name=\"next\" value=\"/app?a=b&amp;c=d\""));
	assert_non_null(strstr(r.body.p, "name=\"username\" value=\"alice\""));
	assert_non_null(strstr(r.body.p, "role=\"alert\">Something.</p>"));
	assert_non_null(strstr(r.body.p, "value=\"1\" checked>"));
	/* The password is never written back. */
	assert_non_null(strstr(r.body.p, "name=\"password\" autocomplete=\"current-password\" required"));
	assert_string_equal(r.type, "text/html; charset=utf-8");
	/* The longest that may come still fits. */
	response_init(&r);
	f.username = (struct str){ block, 1024 };
	f.next = (struct str){ block, NEXT_MAX };
	memset(block, '"', sizeof(block));
	page_login(&fake.app, &q, &r, 200, &f);
	assert_false(r.body.overflow || r.head.overflow);
}

/* An error as the handlers leave it: the page keeps its status and headers. */
static const char *
error_page(const char *code, enum method method, const char *path)
{

	q.method = method;
	snprintf(q.path, sizeof(q.path), "%s", path);
	snprintf(q.trace_id, sizeof(q.trace_id), "0123456789abcdef0123456789abcdef");
	response_init(&r);
	response_error(&r, &q, code, "The <sentence> for programs.", NULL, 7);
	page_error(&fake.app, &q, &r);
	assert_false(r.body.overflow || r.head.overflow);
	assert_true(r.own_csp);
	assert_null(r.error.code);
	assert_non_null(strstr(r.head.p, "Retry-After: 7\r\n"));
	assert_non_null(strstr(r.body.p, q.trace_id));
	assert_null(strstr(r.body.p, "<sentence>"));
	return (r.body.p);
}

/* The link is made of what is configured: a Host header can be anybody's. */
static void
insecure(void **state)
{

	(void)state;
	q.host = STR_LIT("evil.example");
	error_page("insecure_transport", METHOD_GET, "/login");
	assert_int_equal(r.status, 403);
	assert_non_null(strstr(r.body.p, "href=\"https://sso.example.org/auth/login\">"));
	assert_null(strstr(r.body.p, "evil"));
	assert_null(strstr(r.body.p, "password\""));
	assert_null(strstr(r.head.p, "Set-Cookie"));
	q.query = STR_LIT("next=/app/%3Fa=b");
	error_page("insecure_transport", METHOD_GET, "/login");
	assert_non_null(strstr(r.body.p, "href=\"https://sso.example.org/auth/login?next=/app/%3Fa%3Db\">"));
}

/* Every error of the contract has a heading of its own, and a way on that fits it. */
static void
errors(void **state)
{
	static const char *const codes[] = { "invalid_request", "invalid_credentials", "invalid_token", "missing_token",
		"invalid_grant", "insecure_transport", "csrf", "forbidden", "not_found", "method_not_allowed",
		"header_too_large", "unsupported_grant_type", "too_many_sessions", "payload_too_large",
		"unsupported_media_type", "too_many_attempts", "overloaded", "store_unavailable", "userdb_unavailable",
		"server_error" };
	static const char again[] = "href=\"\">Try again</a>", sign_in[] = "href=\"/auth/login\">Sign in</a>";

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		const char *page = error_page(codes[i], METHOD_GET, "/x");

		assert_non_null(strstr(page, "<h1>"));
		assert_null(strstr(page, "<h1></h1>"));
		assert_int_equal(strstr(page, again) != NULL, r.status == 503);
		assert_int_equal(strstr(page, sign_in) != NULL, r.status == 401 && strstr(codes[i], "_token") != NULL);
	}
	assert_non_null(strstr(error_page("method_not_allowed", METHOD_GET, "/x"), "The &lt;sentence&gt; for programs."));
	assert_non_null(strstr(error_page("store_unavailable", METHOD_GET, "/x"), "Nobody has been signed out"));
	assert_non_null(strstr(error_page("forbidden", METHOD_GET, "/check"), "Sign in as somebody else"));
	assert_non_null(strstr(error_page("csrf", METHOD_POST, "/logout"), "href=\"/auth/logout\">Try again"));
	assert_null(strstr(error_page("store_unavailable", METHOD_POST, "/sessions"), "Try again"));
	q.authorizer = true;
	q.request_uri = STR_LIT("/app/?a=\"b");
	assert_non_null(
	    strstr(error_page("missing_token", METHOD_GET, ""), "href=\"/auth/login?next=/app/%3Fa%3D%22b\">Sign in"));
}

static void
signed_out(void **state)
{

	(void)state;
	page_signed_out(&fake.app, &q, &r, STR_LIT("/"), PAGE_OUT_HERE);
	assert_int_equal(r.status, 200);
	assert_non_null(strstr(r.body.p, "<h1>You have signed out</h1>"));
	assert_non_null(strstr(r.body.p, "href=\"/auth/login\">"));
	page_signed_out(&fake.app, &q, &r, STR_LIT("/app/?a=b"), PAGE_OUT_HERE);
	assert_non_null(strstr(r.body.p, "href=\"/auth/login?next=/app/%3Fa%3Db\">"));
	page_signed_out(&fake.app, &q, &r, STR_LIT("/app/"), PAGE_OUT_OTHERS);
	assert_non_null(strstr(r.body.p, "href=\"/app/\" autofocus>Continue"));
	page_signed_out(&fake.app, &q, &r, STR_LIT("/auth/account"), PAGE_OUT_ONE);
	assert_non_null(strstr(r.body.p, "href=\"/auth/account\" autofocus>Back to your account"));
	page_signed_out(&fake.app, &q, &r, STR_LIT("/app/"), PAGE_OUT_PENDING);
	assert_int_equal(r.status, 202);
	assert_non_null(strstr(r.body.p, "<h1>You are signed out here</h1>"));
	assert_non_null(strstr(r.body.p, "href=\"/auth/login?next=/app/\">"));
	page_sign_out(&fake.app, &q, &r, STR_LIT("/app/"));
	assert_non_null(strstr(r.body.p, "<form method=\"post\" action=\"/auth/logout\">"));
	assert_non_null(strstr(r.body.p, "name=\"next\" value=\"/app/\""));
	assert_non_null(strstr(r.body.p, "name=\"csrf_token\""));
}

/* Who is signed in has Continue as the thing to do, and that is where the focus goes. */
static void
signed_in(void **state)
{
	struct login_form f = { .next = STR_LIT("/app/"), .signed_in_as = STR_LIT("alice") };

	(void)state;
	page_login(&fake.app, &q, &r, 200, &f);
	assert_non_null(strstr(r.body.p, "<title>You are signed in</title>"));
	assert_non_null(strstr(r.body.p, "<h1>You are signed in</h1>"));
	assert_non_null(strstr(r.body.p, "<a class=\"button\" href=\"/app/\" autofocus>Continue</a>"));
	assert_string_equal(between(r.body.p, "<strong>", "</strong>"), "alice");
	assert_null(strstr(strstr(r.body.p, "autofocus") + 1, "autofocus"));
}

/* The error is in the title, is read out, and belongs to the fields. */
static void
said_to_everybody(void **state)
{
	struct login_form f = {
		.next = STR_LIT("/"), .username = STR_LIT("alice"), .message = STR_LIT("Wrong."), .alarm = true, .wrong = true
	};
	const char *name, *password;

	(void)state;
	fake.conf.site_name = "Example & Co";
	fake.conf.site_help_url = "https://example.org/help?a&b";
	page_login(&fake.app, &q, &r, 401, &f);
	assert_string_equal(
	    between(r.body.p, "<title>", "</title>"), "Wrong. \xe2\x80\x93 Sign in \xe2\x80\x93 Example &amp; Co");
	assert_non_null(strstr(r.body.p, "<p class=\"alarm\" id=\"message\" role=\"alert\">Wrong.</p>"));
	assert_non_null(name = strstr(r.body.p, "id=\"username\""));
	assert_non_null(password = strstr(r.body.p, "id=\"password\""));
	assert_string_equal(between(name, "aria-invalid=\"", "\""), "true");
	assert_string_equal(between(password, "aria-describedby=\"", "\""), "message");
	assert_non_null(strstr(between(password, "id=", ">"), "autofocus"));
	assert_non_null(strstr(r.body.p, "<a href=\"https://example.org/help?a&amp;b\">Help</a>"));
	assert_non_null(strstr(r.body.p, "<p class=\"site\">Example &amp; Co</p>"));
}

/* Every cause has its sentence; an operator's text is an operator's, whatever it reads. */
static void
logout_records(void **state)
{
	static const char *const words[] = { "user", "expired", "password_changed", "Call <us>" };
	char expected[128];

	(void)state;
	assert_null(page_logout_record(TEXTS_ENGLISH, &arena, END_NONE, NULL).p);
	for (int cause = END_USER; cause <= END_REVOKED; cause++) {
		struct str said = page_logout_record(
		    TEXTS_ENGLISH, &arena, (enum end_cause)cause, end_cause_reason((enum end_cause)cause));

		if (said.p == NULL || strstr(said.p, "administrator:") != NULL)
			fail_msg("the cause %s has no sentence", end_cause_reason((enum end_cause)cause));
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		snprintf(expected, sizeof(expected), "You were signed out by an administrator: %s", words[i]);
		assert_string_equal(page_logout_record(TEXTS_ENGLISH, &arena, END_KICK, words[i]).p, expected);
	}
	assert_non_null(
	    strstr(page_logout_record(TEXTS_ENGLISH, &arena, END_MISMATCH, "client_mismatch").p, "another program"));
	assert_non_null(strstr(page_logout_record(TEXTS_ENGLISH, &arena, END_ANOMALY, "new_device+travel").p, "unusual"));
	arena_init(&arena, block, 16);
	assert_null(page_logout_record(TEXTS_ENGLISH, &arena, END_KICK, "no room for this").p);
}

/* The page is in the language that the browser asks for, and says which that is; a configured title stays as it is. */
static void
languages(void **state)
{
	struct login_form f = { .next = STR_LIT("/") };

	(void)state;
	q.accept_language = STR_LIT("fr, de-AT;q=0.8, en;q=0.5");
	page_login(&fake.app, &q, &r, 200, &f);
	assert_non_null(strstr(r.body.p, "<html lang=\"de\">"));
	assert_non_null(strstr(r.body.p, "<h1>Anmelden</h1>"));
	fake.conf.title = "Sign in";
	page_login(&fake.app, &q, &r, 200, &f);
	assert_non_null(strstr(r.body.p, "<h1>Sign in</h1>"));
	assert_non_null(strstr(r.body.p, ">Anmelden</button>"));
	q.accept_language = STR_LIT("zh-Hans-CN");
	error_page("not_found", METHOD_GET, "/x");
	assert_non_null(strstr(r.body.p, "<html lang=\"zh\">"));
	assert_null(strstr(r.body.p, "There is nothing here"));
	/* What programs are told stays English, and says so. */
	error_page("invalid_request", METHOD_GET, "/x");
	assert_non_null(strstr(r.body.p, "<p lang=\"en\">The &lt;sentence&gt; for programs.</p>"));
	assert_non_null(
	    strstr(page_logout_record(texts_language(q.accept_language), &arena, END_KICK, "moved").p, "\xef\xbc\x9a moved"));
}

/* Over plain http no browser keeps a cookie with the prefix. */
static void
plain_http(void **state)
{
	struct login_form f = { .next = STR_LIT("/") };

	(void)state;
	q.tls = false;
	fake.conf.require_tls = false;
	page_login(&fake.app, &q, &r, 200, &f);
	assert_int_equal(
	    strlen(between(r.head.p, "Set-Cookie: dw_csrf=", "; Path=/; HttpOnly; SameSite=Lax\r\n")), CSRF_COOKIE_TEXT);
	fake.conf.require_tls = true;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(escaping, fresh),
		cmocka_unit_test_setup(policy, fresh),
		cmocka_unit_test_setup(theme, fresh),
		cmocka_unit_test_setup(form_token, fresh),
		cmocka_unit_test_setup(foreign_form_cookies, fresh),
		cmocka_unit_test_setup(contents, fresh),
		cmocka_unit_test_setup(insecure, fresh),
		cmocka_unit_test_setup(signed_out, fresh),
		cmocka_unit_test_setup(errors, fresh),
		cmocka_unit_test_setup(signed_in, fresh),
		cmocka_unit_test_setup(said_to_everybody, fresh),
		cmocka_unit_test_setup(logout_records, fresh),
		cmocka_unit_test_setup(languages, fresh),
		cmocka_unit_test_setup(plain_http, fresh),
	};

	return (cmocka_run_group_tests(tests, fake_begin, fake_end));
}
