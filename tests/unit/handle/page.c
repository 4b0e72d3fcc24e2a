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
#include "web/response.h"

#include "../fake.h"

static struct fake fake;
static struct request q;
static struct response r;
static struct arena arena;
static char block[4096];

static int
begin(void **state)
{

	(void)state;
	return (fake_new(&fake));
}

static int
end(void **state)
{

	(void)state;
	fake_free(&fake);
	return (0);
}

static int
fresh(void **state)
{

	(void)state;
	fake_reset(&fake);
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
	struct login_form f = { .username = STR_LIT(evil), .next = STR_LIT(evil), .message = evil,
		.signed_in_as = STR_LIT(evil) };

	(void)state;
	fake.conf.title = (char *)(uintptr_t)evil;
	page_login(&fake.app, &q, &r, 200, &f);
	assert_null(strstr(r.body.p, "<script"));
	assert_null(strstr(r.body.p, "alert('1')"));
	assert_non_null(strstr(r.body.p, "&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;"));
	assert_false(r.body.overflow);
}

/* It works without a script, and nothing could run: one style, allowed by a nonce that is new for every page. */
static void
policy(void **state)
{
	struct login_form f = { .next = STR_LIT("/") };
	char nonce[64], expected[256];

	(void)state;
	page_login(&fake.app, &q, &r, 401, &f);
	assert_int_equal(r.status, 401);
	assert_true(r.own_csp);
	snprintf(nonce, sizeof(nonce), "%s", between(r.body.p, "<style nonce=\"", "\""));
	assert_int_equal(strlen(nonce), CSRF_COOKIE_TEXT);
	snprintf(expected, sizeof(expected),
	    "Content-Security-Policy: default-src 'none'; style-src 'nonce-%s'; form-action 'self'; "
	    "frame-ancestors 'none'; base-uri 'none'\r\n", nonce);
	assert_non_null(strstr(r.head.p, expected));
	assert_null(strstr(r.body.p, "<script"));
	assert_null(strstr(r.body.p, " style=\""));
	assert_null(strstr(r.body.p, " onclick"));
	assert_null(strstr(r.body.p, "http://"));
	assert_null(strstr(r.body.p, "https://"));
	response_init(&r);
	page_login(&fake.app, &q, &r, 200, &f);
	assert_string_not_equal(nonce, between(r.body.p, "<style nonce=\"", "\""));
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
		"__Host-dw_csrf=AAAAAAAAAAAAAAAAAAAAAAA",
		"__Host-dw_csrf=AAAAAAAAAAAAAAAAAAAAA!",
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
	struct login_form f = { .username = STR_LIT("alice"), .next = STR_LIT("/app?a=b&c=d"), .message = "Something.",
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

/* The link is made of what is configured: a Host header can be anybody's. */
static void
insecure(void **state)
{

	(void)state;
	q.host = STR_LIT("evil.example");
	page_insecure(&fake.app, &r);
	assert_int_equal(r.status, 403);
	assert_non_null(strstr(r.body.p, "<a href=\"https://sso.example.org/auth/login\">"));
	assert_null(strstr(r.body.p, "evil"));
	assert_null(strstr(r.body.p, "password\""));
	assert_null(strstr(r.head.p, "Set-Cookie"));
}

static void
signed_out(void **state)
{

	(void)state;
	page_signed_out(&fake.app, &r);
	assert_int_equal(r.status, 200);
	assert_non_null(strstr(r.body.p, "<a href=\"/auth/login\">"));
}

/* Every cause has its sentence; an operator's own text comes after one. */
static void
reasons(void **state)
{
	char *words;

	(void)state;
	assert_null(page_reason(&arena, NULL));
	for (int cause = END_USER; cause <= END_ANOMALY; cause++) {
		const char *sentence = page_reason(&arena, end_cause_reason((enum end_cause)cause));

		assert_non_null(sentence);
		if (strstr(sentence, "administrator: ") != NULL)
			fail_msg("the cause %s has no sentence", end_cause_reason((enum end_cause)cause));
	}
	assert_string_equal(page_reason(&arena, "Call <us>"), "You were signed out by an administrator: Call <us>");
	arena_init(&arena, block, 16);
	words = (char *)(uintptr_t)page_reason(&arena, "no room for this");
	assert_null(words);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(escaping, fresh),
		cmocka_unit_test_setup(policy, fresh),
		cmocka_unit_test_setup(form_token, fresh),
		cmocka_unit_test_setup(foreign_form_cookies, fresh),
		cmocka_unit_test_setup(contents, fresh),
		cmocka_unit_test_setup(insecure, fresh),
		cmocka_unit_test_setup(signed_out, fresh),
		cmocka_unit_test_setup(reasons, fresh),
	};

	return (cmocka_run_group_tests(tests, begin, end));
}
