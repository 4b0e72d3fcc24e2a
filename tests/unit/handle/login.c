/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../ask.h"
#include "auth/known_device.h"

static void
tokens(void **state)
{
	const char *a = POST("/auth/login", JSON,
	    "{\"username\":\"alice\",\"password\":\"right\",\"user_id\":\"root\",\"role\":\"admin\",\"ttl\":1e9}");

	(void)state;
	ask_expect(a, 200, NULL);
	ask_expect_no(a, "Set-Cookie");
	assert_non_null(strstr(a, "\"token_type\":\"Bearer\""));
	assert_non_null(strstr(a, "\"expires_in\":300"));
	assert_non_null(strstr(a, "\"refresh_expires_in\":86400"));
	assert_non_null(strstr(a, "\"refresh_token\":\"dwr_"));
	assert_non_null(strstr(a, "\"user_id\":\"user-1\""));
	assert_non_null(strstr(a, "\"username\":\"alice\""));
	assert_non_null(strstr(a, "\"client_id\":\"default\""));
	assert_non_null(strstr(a, "\"device_name\":null"));
	assert_non_null(strstr(a, "\"ip\":\"203.0.113.9\""));
	assert_non_null(strstr(a, "\"user_agent\":null"));
	assert_non_null(strstr(a, "\"created_at\":\"2027-01-15T08:00:00Z\""));
	assert_non_null(strstr(a, "\"current\":true}"));
	ask_expect_no(a, "right");
}

static void
cookies(void **state)
{
	const char *a = POST("/auth/login", FORM, "username=alice&password=right", SAME);
	const char *set;

	(void)state;
	ask_expect(a, 200, NULL);
	set = strstr(a, "Set-Cookie: " SESSION "dws_");
	assert_non_null(set);
	assert_memory_equal(
	    set + strlen("Set-Cookie: " SESSION) + TOKEN_SESSION_TEXT, "; Path=/; Secure; HttpOnly; SameSite=Lax\r\n", 42);
	ask_expect_no(a, "access_token");
	ask_expect_no(a, "refresh_token");
	a = POST("/auth/login", FORM, "username=alice&password=right&remember=on", SAME);
	assert_non_null(strstr(a, "; SameSite=Lax; Max-Age=2592000\r\n"));
	a = POST("/auth/login", JSON, "{\"username\":\"alice\",\"password\":\"right\",\"mode\":\"both\"}");
	ask_expect(a, 200, NULL);
	assert_non_null(strstr(a, "Set-Cookie: " SESSION "dws_"));
	assert_non_null(strstr(a, "\"access_token\":\""));
	/* A person is sent on; with 303, so that the password does not travel further (R039). */
	a = POST("/auth/login", FORM, "username=alice&password=right&next=/app?a=b", SAME, HTML);
	ask_expect(a, 303, NULL);
	ask_expect_header(a, "Location: /app?a=b");
	a = POST("/auth/login", FORM, "username=alice&password=right&next=//evil.example", SAME, HTML);
	ask_expect(a, 303, NULL);
	ask_expect_header(a, "Location: /");
	a = POST("/auth/login", FORM, "username=alice&password=right&next=/%0d%0aSet-Cookie:x=y", SAME, HTML);
	ask_expect_header(a, "Location: /");
	ask_expect_no(a, "x=y");
}

/* What a browser held is ended, and not before its password was right. */
static void
ends_what_was_there(void **state)
{

	(void)state;
	ask_expect(POST("/auth/login", FORM, "username=alice&password=right", SAME, ask.cookie_line), 200, NULL);
	ask_expect_trail("ping find verify end login find_id put_device ");
	assert_memory_equal(ask.fake.ended.session_key, ask.cookie.session_key, SESSION_KEY_LEN);
	ask_expect_no(ask.last.answer.p, ask.cookie_text);
	ask_expect(
	    POST("/auth/login", FORM, "username=alice&password=wrong", SAME, ask.cookie_line), 401, "invalid_credentials");
	ask_expect_trail("ping find verify notify ");
	ask_expect_no(ask.last.answer.p, "Set-Cookie");
	/* A forged one is no reason to refuse a login. */
	ask_expect(POST("/auth/login", FORM, "username=alice&password=right", SAME, ask.forged_line), 200, NULL);
	ask_expect_trail("ping find verify login find_id put_device ");
}

/* Unknown, wrong, disabled: the same bytes (R090). */
static void
refuses_alike(void **state)
{
	static char wrong[4096];
	static const char *const bodies_[] = { "{\"username\":\"alice\",\"password\":\"wrong\"}",
		"{\"username\":\"alice\",\"password\":\"right\"}", "{\"username\":\"nobody\",\"password\":\"right\"}",
		"{\"username\":\"\",\"password\":\"right\"}", "{\"username\":\"a/b\",\"password\":\"right\"}",
		"{\"username\":\"alice\",\"password\":\"\"}" };

	(void)state;
	for (size_t i = 0; i < sizeof(bodies_) / sizeof(bodies_[0]); i++) {
		const char *a;

		ask.fake.account.disabled = i == 1;
		ask.fake.find_rc = i >= 2 && i < 5 ? DW_ABSENT : DW_OK;
		a = POST("/auth/login", JSON, bodies_[i]);
		ask_expect(a, 401, "invalid_credentials");
		ask_expect_header(a, "WWW-Authenticate: Bearer realm=\"doorward\"");
		if (i == 0)
			snprintf(wrong, sizeof(wrong), "%s", a);
		assert_string_equal(a, wrong);
	}
}

/* Two posts of one form are one device: the second session takes the place of the first, whatever order they come in. */
static void
browsers(void **state)
{
	static const char one[] = "HTTP_COOKIE=__Host-dw_csrf=AAAAAAAAAAAAAAAAAAAAAA",
			  other[] = "HTTP_COOKIE=__Host-dw_csrf=BBBBBBBBBBBBBBBBBBBBBA";
	static const char form[] = "username=alice&password=right";
	struct session first;

	(void)state;
	ask_expect(POST("/auth/login", FORM, form, SAME, one), 200, NULL);
	first = ask.fake.begun.session;
	assert_int_equal(first.flags & SESSION_DEVICE_CHOSEN, 0);
	assert_int_equal(strlen(first.device_id), 11);
	ask_expect(POST("/auth/login", FORM, form, SAME, one), 200, NULL);
	assert_memory_equal(ask.fake.begun.session.device_key, first.device_key, DEVICE_KEY_LEN);
	assert_string_equal(ask.fake.begun.session.device_id, first.device_id);
	assert_memory_not_equal(ask.fake.begun.session.session_key, first.session_key, SESSION_KEY_LEN);
	/* Another browser, a browser of no known cookie, a program: each a device of its own. */
	ask_expect(POST("/auth/login", FORM, form, SAME, other), 200, NULL);
	assert_memory_not_equal(ask.fake.begun.session.device_key, first.device_key, DEVICE_KEY_LEN);
	ask_expect(POST("/auth/login", FORM, form, SAME, "HTTP_COOKIE=__Host-dw_csrf=short"), 200, NULL);
	assert_memory_not_equal(ask.fake.begun.session.device_key, first.device_key, DEVICE_KEY_LEN);
	ask_expect(POST("/auth/login", JSON, "{\"username\":\"alice\",\"password\":\"right\",\"mode\":\"cookie\"}", SAME, one),
	    200, NULL);
	assert_memory_not_equal(ask.fake.begun.session.device_key, first.device_key, DEVICE_KEY_LEN);
	ask_expect(POST("/auth/login", FORM, "username=alice&password=right&device_id=phone", SAME, one), 200, NULL);
	assert_string_equal(ask.fake.begun.session.device_id, "phone");
}

static void
wrong_members(void **state)
{
	static const char *const t[] = {
		"{\"password\":\"right\"}",
		"{\"username\":\"alice\"}",
		"{\"username\":null,\"password\":\"right\"}",
		"{\"username\":[\"alice\"],\"password\":\"right\"}",
		"{\"username\":{\"$ne\":1},\"password\":\"right\"}",
		"{\"username\":1,\"password\":\"right\"}",
		"{\"username\":\"alice\",\"password\":true}",
		"{\"username\":\"alice\",\"password\":\"right\",\"mode\":\"x\"}",
		"{\"username\":\"alice\",\"password\":\"right\",\"mode\":1}",
		"{\"username\":\"alice\",\"password\":\"right\",\"remember\":\"yes\"}",
		"{\"username\":\"alice\",\"password\":\"right\",\"remember\":1}",
		"{\"username\":\"alice\",\"password\":\"right\",\"device_id\":\"\"}",
		"{\"username\":\"alice\",\"password\":\"right\",\"device_id\":\"a b\"}",
		"{\"username\":\"alice\",\"password\":\"right\",\"device_id\":7}",
		"{\"username\":\"alice\",\"password\":\"right\",\"device_name\":\"a\\nb\"}",
		"{\"username\":\"alice\",\"password\":\"right\",\"device_name\":\""
		"12345678901234567890123456789012345678901234567890123456789012345\"}",
		"{\"username\":\"alice\",\"password\":\"right\",\"client_id\":\"nobody\"}",
		"{\"username\":\"alice\",\"password\":\"right\",\"client_id\":false}",
		"{\"username\":\"alice\",\"password\":\"right\",\"next\":[]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ask_expect(POST("/auth/login", JSON, t[i]), 400, "invalid_request");
		ask_expect_trail("");
	}
	/* null is absent. */
	ask_expect(POST("/auth/login", JSON,
		       "{\"username\":\"alice\",\"password\":\"right\",\"device_id\":null,"
		       "\"client_id\":null,\"mode\":null,\"remember\":null}"),
	    200, NULL);
}

static void
failures(void **state)
{
	static const char body[] = "{\"username\":\"alice\",\"password\":\"right\"}";
	const char *a;

	(void)state;
	ask.fake.app.board->max_hashing = 0;
	a = POST("/auth/login", JSON, body);
	ask_expect(a, 503, "overloaded");
	ask_expect_header(a, "Retry-After: 1");
	ask.fake.app.board->max_hashing = 1;
	ask.fake.find_rc = DW_UNAVAILABLE;
	a = POST("/auth/login", JSON, body);
	ask_expect(a, 503, "userdb_unavailable");
	ask_expect_header(a, "Retry-After: 1");
	ask.fake.find_rc = DW_OK;
	ask.fake.login_outcome = LOGIN_TOO_MANY;
	ask_expect(POST("/auth/login", JSON, body), 409, "too_many_sessions");
	ask.fake.login_outcome = LOGIN_COLLISION;
	ask_expect(POST("/auth/login", JSON, body), 500, NULL);
	ask_expect_no(ask.last.answer.p, "pseudonym");
	/* A person gets the form again, under the error's own status, and never the password. */
	ask.fake.login_outcome = LOGIN_DONE;
	a = POST("/auth/login", FORM, "username=al%22ice&password=wrong-secret&next=/app", SAME, HTML);
	ask_expect(a, 401, NULL);
	ask_expect_header(a, "Content-Type: text/html; charset=utf-8");
	assert_non_null(strstr(a, "value=\"al&quot;ice\""));
	assert_non_null(strstr(a, "name=\"next\" value=\"/app\""));
	ask_expect_no(a, "wrong-secret");
	ask.fake.ping_rc = DW_UNAVAILABLE;
	a = POST("/auth/login", FORM, "username=alice&password=right", SAME, HTML);
	ask_expect(a, 503, NULL);
	ask_expect_header(a, "Retry-After: 1");
}

/* 429 with what is left, in seconds for programs and in words for people, who get their form back. */
static void
throttled(void **state)
{
	static const struct {
		int64_t ms;
		const char *header, *said;
	} rows[] = {
		{ 1, "Retry-After: 1", "again in a second." },
		{ 1001, "Retry-After: 2", "again in 2 seconds." },
		{ 119 * 1000, "Retry-After: 119", "again in 119 seconds." },
		{ 120 * 1000, "Retry-After: 120", "again in 2 minutes." },
		{ 121 * 1000, "Retry-After: 121", "again in 3 minutes." },
		{ 7199 * 1000, "Retry-After: 7199", "again in 120 minutes." },
		{ 86400 * 1000, "Retry-After: 86400", "again in 24 hours." },
	};
	const char *a;

	(void)state;
	ask.fake.conf.throttle_enabled = true;
	ask.fake.guess_verdict[0] = GUESS_WAIT;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ask.fake.guess_wait[0] = rows[i].ms;
		a = POST("/auth/login", JSON, "{\"username\":\"alice\",\"password\":\"right\"}");
		ask_expect(a, 429, "too_many_attempts");
		ask_expect_header(a, rows[i].header);
		a = POST("/auth/login", FORM, "username=alice&password=right&next=/app", SAME, HTML);
		ask_expect(a, 429, NULL);
		ask_expect_header(a, rows[i].header);
		assert_non_null(strstr(a, rows[i].said));
		assert_non_null(strstr(a, "name=\"next\" value=\"/app\""));
		ask_expect_no(a, "Set-Cookie: " SESSION);
	}
}

/* A login by form, and no other, leaves the browser known; over plain http under a name that it takes. */
static void
knows_the_browser(void **state)
{
	static const char attributes[] = "; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=34560000\r\n";
	char line[64 + KNOWN_DEVICE_TEXT];
	uint8_t first[DEVICE_KEY_LEN];
	const char *a, *set;

	(void)state;
	a = POST("/auth/login", FORM, "username=Alice&password=right", SAME);
	assert_non_null(set = strstr(a, "Set-Cookie: __Host-dw_device="));
	set += strlen("Set-Cookie: __Host-dw_device=");
	assert_memory_equal(set + KNOWN_DEVICE_TEXT, attributes, strlen(attributes));
	memcpy(first, ask.fake.begun.session.device_key, sizeof(first));
	snprintf(line, sizeof(line), "HTTP_COOKIE=__Host-dw_device=%.*s", KNOWN_DEVICE_TEXT, set);
	ask_expect(POST("/auth/login", FORM, "username=alice&password=right", SAME, line), 200, NULL);
	assert_memory_equal(first, ask.fake.begun.session.device_key, sizeof(first));
	ask_expect(POST("/auth/login", FORM, "username=alice&password=right", SAME), 200, NULL);
	assert_memory_not_equal(first, ask.fake.begun.session.device_key, sizeof(first));
	a = POST("/auth/login", JSON, "{\"username\":\"alice\",\"password\":\"right\",\"mode\":\"both\"}", SAME);
	ask_expect(a, 200, NULL);
	ask_expect_no(a, "dw_device");
	ask_expect_no(POST("/auth/login", FORM, "username=alice&password=wrong", SAME), "dw_device");
	ask.fake.conf.require_tls = false;
	a = ask_request((struct call){ .method = "POST",
	    .uri = "/auth/login",
	    .type = FORM,
	    .body = "username=alice&password=right",
	    .plain = true,
	    .extra = { SAME } });
	assert_non_null(strstr(a, "Set-Cookie: dw_device="));
	ask_expect_no(a, "Secure");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(tokens, ask_fresh),
		cmocka_unit_test_setup(cookies, ask_fresh),
		cmocka_unit_test_setup(ends_what_was_there, ask_fresh),
		cmocka_unit_test_setup(refuses_alike, ask_fresh),
		cmocka_unit_test_setup(browsers, ask_fresh),
		cmocka_unit_test_setup(wrong_members, ask_fresh),
		cmocka_unit_test_setup(failures, ask_fresh),
		cmocka_unit_test_setup(throttled, ask_fresh),
		cmocka_unit_test_setup(knows_the_browser, ask_fresh),
	};

	return (cmocka_run_group_tests(tests, ask_begin, ask_end));
}
