/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "http/response.h"

#define HSTS "max-age=63072000; includeSubDomains"

static struct config conf = { .hsts = HSTS };
static struct request q = { .method = METHOD_GET, .tls = true, .trace_id = "0123456789abcdef0123456789abcdef" };
static char answer_text[RESPONSE_HEAD_MAX + RESPONSE_BODY_MAX + 4096];

static int
fresh(void **state)
{

	(void)state;
	q.method = METHOD_GET;
	q.tls = true;
	conf.hsts = HSTS;
	return (0);
}

static const char *
written(struct response *r)
{
	struct buf out;

	buf_init(&out, answer_text, sizeof(answer_text));
	response_write(r, &q, &conf, &out);
	assert_false(out.overflow);
	assert_int_equal(strlen(answer_text), out.len);
	return (answer_text);
}

/* The head line "${name}: ${value}" is there, once; ${value} NULL: no such header. */
static void
expect_header(const char *answer, const char *name, const char *value)
{
	char line[1024];
	const char *end = strstr(answer, "\r\n\r\n"), *at;

	assert_non_null(end);
	snprintf(line, sizeof(line), "\r\n%s: ", name);
	at = strcasestr(answer, line);
	if (value == NULL) {
		if (at != NULL && at < end)
			fail_msg("there is a header %s", name);
		return;
	}
	if (at == NULL || at > end)
		fail_msg("there is no header %s", name);
	at += strlen(line);
	if (strncmp(at, value, strlen(value)) != 0 || strncmp(at + strlen(value), "\r\n", 2) != 0)
		fail_msg("%s is %.60s", name, at);
	at = strcasestr(at, line);
	assert_true(at == NULL || at > end);
}

static const char *
body_of(const char *answer)
{

	return (strstr(answer, "\r\n\r\n") + 4);
}

/* A server takes an answer without a status for consent. */
static void
status_comes_first(void **state)
{
	static const struct {
		int status;
		const char *line;
	} t[] = { { 200, "Status: 200 OK\r\n" }, { 202, "Status: 202 Accepted\r\n" }, { 302, "Status: 302 Found\r\n" },
		{ 303, "Status: 303 See Other\r\n" }, { 401, "Status: 401 Unauthorized\r\n" },
		{ 403, "Status: 403 Forbidden\r\n" }, { 500, "Status: 500 Internal Server Error\r\n" },
		{ 503, "Status: 503 Service Unavailable\r\n" } };
	struct response r;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		response_init(&r);
		response_header(&r, "X-Other", STR_LIT("1"));
		response_json(&r, t[i].status);
		assert_int_equal(strncmp(written(&r), t[i].line, strlen(t[i].line)), 0);
	}
	/* A handler that has done nothing has not consented. */
	response_init(&r);
	assert_int_equal(strncmp(written(&r), "Status: 500 ", 12), 0);
}

static void
on_every_answer(void **state)
{
	static const int statuses[] = { 200, 302, 400, 401, 403, 404, 405, 429, 500, 503 };
	struct response r;

	(void)state;
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		const char *a;

		response_init(&r);
		response_json(&r, statuses[i]);
		a = written(&r);
		expect_header(a, "Cache-Control", "no-store");
		expect_header(
		    a, "Vary", "Authorization, Cookie, Origin, Sec-Fetch-Site, Sec-Fetch-Mode, Accept, Accept-Language");
		expect_header(a, "X-Content-Type-Options", "nosniff");
		expect_header(a, "Referrer-Policy", "no-referrer");
		expect_header(a, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'");
		expect_header(a, "Strict-Transport-Security", HSTS);
		expect_header(a, "Content-Type", "application/json");
		expect_header(a, "Content-Length", "0");
		expect_header(a, "WWW-Authenticate", statuses[i] == 401 ? "Bearer realm=\"doorward\"" : NULL);
		expect_header(a, "Server", NULL);
		expect_header(a, "X-Powered-By", NULL);
	}
}

/* Apache makes the headers of an allowed check part of the application's answer; and none of them is of use without a body. */
static void
nothing_needless_on_a_yes(void **state)
{
	struct response r;
	const char *a;

	(void)state;
	response_init(&r);
	r.status = 200;
	r.allowed = true;
	response_header(&r, "Remote-User", STR_LIT("alice"));
	assert_string_equal(
	    written(&r), "Status: 200 OK\r\nCache-Control: no-store\r\nRemote-User: alice\r\nContent-Length: 0\r\n\r\n");
	q.authorizer = true;
	response_init(&r);
	r.status = 200;
	r.allowed = true;
	response_header(&r, "Variable-REMOTE_USER", STR_LIT("alice"));
	assert_string_equal(written(&r), "Status: 200 OK\r\nVariable-REMOTE_USER: alice\r\n\r\n");
	response_init(&r);
	response_json(&r, 401);
	a = written(&r);
	expect_header(a, "Cache-Control", "no-store");
	expect_header(a, "WWW-Authenticate", "Bearer realm=\"doorward\"");
	q.authorizer = false;
}

static void
hsts(void **state)
{
	struct response r;

	(void)state;
	q.tls = false;
	response_init(&r);
	response_json(&r, 200);
	expect_header(written(&r), "Strict-Transport-Security", NULL);
	q.tls = true;
	conf.hsts = "";
	response_init(&r);
	response_json(&r, 200);
	expect_header(written(&r), "Strict-Transport-Security", NULL);
}

static void
own_headers_replace_the_default(void **state)
{
	struct response r;
	const char *a;

	(void)state;
	response_init(&r);
	response_html(&r, 200);
	r.own_csp = r.cacheable = true;
	response_header(&r, "Content-Security-Policy", STR_LIT("default-src 'none'"));
	response_header(&r, "Cache-Control", STR_LIT("max-age=300"));
	a = written(&r);
	expect_header(a, "Content-Security-Policy", "default-src 'none'");
	expect_header(a, "Cache-Control", "max-age=300");
	expect_header(a, "Content-Type", "text/html; charset=utf-8");
	/* And the next answer has the default again. */
	response_init(&r);
	response_json(&r, 200);
	expect_header(written(&r), "Cache-Control", "no-store");
}

/* Every code of the contract, with its status, its shape and its headers. */
static void
errors(void **state)
{
	static const struct {
		const char *code;
		int status;
	} t[] = { { "invalid_request", 400 }, { "invalid_credentials", 401 }, { "invalid_token", 401 },
		{ "missing_token", 401 }, { "invalid_grant", 401 }, { "insecure_transport", 403 }, { "csrf", 403 },
		{ "forbidden", 403 }, { "not_found", 404 }, { "method_not_allowed", 405 }, { "header_too_large", 431 },
		{ "unsupported_grant_type", 400 }, { "too_many_sessions", 409 }, { "payload_too_large", 413 },
		{ "unsupported_media_type", 415 }, { "too_many_attempts", 429 }, { "overloaded", 503 },
		{ "store_unavailable", 503 }, { "userdb_unavailable", 503 }, { "no_such_code", 500 } };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char status[32], body[256];
		struct response r;
		const char *a;

		response_init(&r);
		response_error(&r, &q, t[i].code, "One sentence.", NULL, 0);
		assert_int_equal(r.status, t[i].status);
		a = written(&r);
		snprintf(status, sizeof(status), "Status: %d ", t[i].status);
		assert_int_equal(strncmp(a, status, strlen(status)), 0);
		snprintf(body, sizeof(body),
		    "{\"error\":\"%s\",\"error_description\":\"One sentence.\","
		    "\"trace_id\":\"0123456789abcdef0123456789abcdef\"}",
		    t[i].code);
		assert_string_equal(body_of(a), body);
		expect_header(a, "Content-Type", "application/json");
		expect_header(a, "Retry-After", NULL);
		if (strcmp(t[i].code, "invalid_token") == 0)
			expect_header(a, "WWW-Authenticate", "Bearer realm=\"doorward\", error=\"invalid_token\"");
		else
			expect_header(a, "WWW-Authenticate", t[i].status == 401 ? "Bearer realm=\"doorward\"" : NULL);
	}
}

static void
error_details(void **state)
{
	struct response r;
	const char *a;

	(void)state;
	response_init(&r);
	response_error(&r, &q, "store_unavailable", "A \"quoted\" word.", "rea\nson", 7);
	a = written(&r);
	assert_string_equal(body_of(a),
	    "{\"error\":\"store_unavailable\",\"error_description\":\"A \\\"quoted\\\" word.\","
	    "\"reason\":\"rea\\nson\",\"retry_after\":7,\"trace_id\":\"0123456789abcdef0123456789abcdef\"}");
	expect_header(a, "Retry-After", "7");
	/* What had been written before the error is gone, but for its headers. */
	response_init(&r);
	response_json(&r, 200);
	buf_puts(&r.body, "{\"access_token\":\"secret\"");
	response_error(&r, &q, "invalid_request", "No.", NULL, -5);
	a = written(&r);
	assert_null(strstr(a, "secret"));
	expect_header(a, "Retry-After", NULL);
	/* A later error takes back the word of an earlier one. */
	response_init(&r);
	response_error(&r, &q, "invalid_token", "No.", NULL, 0);
	response_error(&r, &q, "missing_token", "No.", NULL, 0);
	expect_header(written(&r), "WWW-Authenticate", "Bearer realm=\"doorward\"");
}

static void
no_header_injection(void **state)
{
	static const struct str values[] = { STR_LIT("a\r\nSet-Cookie: x=y"), STR_LIT("a\nSet-Cookie: x=y"),
		STR_LIT("a\rSet-Cookie: x=y"), STR_LIT("a\0b"), STR_LIT("a\x1b[2J"), STR_LIT("a\x7f"), STR_LIT("\t"),
		STR_LIT("a\x01") };

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct response r;
		const char *a;

		response_init(&r);
		response_redirect(&r, 303, values[i]);
		response_header(&r, "X-Good", STR_LIT("good"));
		a = written(&r);
		expect_header(a, "Location", NULL);
		expect_header(a, "Set-Cookie", NULL);
		expect_header(a, "X-Good", "good");
	}
}

static void
redirects(void **state)
{
	struct response r;
	const char *a;

	(void)state;
	response_init(&r);
	response_error(&r, &q, "missing_token", "No.", NULL, 0);
	response_redirect(&r, 302, STR_LIT("/auth/login?next=/"));
	a = written(&r);
	assert_int_equal(strncmp(a, "Status: 302 Found\r\n", 19), 0);
	expect_header(a, "Location", "/auth/login?next=/");
	expect_header(a, "Content-Type", NULL);
	expect_header(a, "Content-Length", "0");
	expect_header(a, "WWW-Authenticate", NULL);
	assert_string_equal(body_of(a), "");
}

static void
head_has_no_body(void **state)
{
	struct response r;
	const char *a;

	(void)state;
	q.method = METHOD_HEAD;
	response_init(&r);
	response_error(&r, &q, "not_found", "Nothing.", NULL, 0);
	a = written(&r);
	assert_string_equal(body_of(a), "");
	expect_header(a, "Content-Type", "application/json");
	expect_header(a, "Content-Length", "98");
}

static void
overflow_becomes_an_error(void **state)
{
	struct response r;

	(void)state;
	for (int what = 0; what < 2; what++) {
		const char *a;

		response_init(&r);
		response_json(&r, 200);
		r.own_csp = r.cacheable = true;
		response_header(&r, "X-Secret", STR_LIT("secret"));
		buf_puts(&r.body, "secret");
		for (int i = 0; i < 70000; i++)
			buf_putc(what == 0 ? &r.body : &r.head, 'x');
		a = written(&r);
		assert_int_equal(strncmp(a, "Status: 500 ", 12), 0);
		assert_null(strstr(a, "secret"));
		assert_non_null(strstr(a, "\"error\":\"server_error\""));
		expect_header(a, "X-Secret", NULL);
		expect_header(a, "Cache-Control", "no-store");
		expect_header(a, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'");
	}
	/* An error answer takes the place of a body that was too long before anybody looked. */
	response_init(&r);
	response_json(&r, 200);
	for (int i = 0; i < RESPONSE_BODY_MAX; i++)
		buf_putc(&r.body, 'x');
	assert_true(r.body.overflow);
	response_error(&r, &q, "invalid_request", "No.", NULL, 0);
	assert_int_equal(strncmp(written(&r), "Status: 400 ", 12), 0);
}

static void
longest_body(void **state)
{
	struct response r;
	const char *a;

	(void)state;
	response_init(&r);
	response_json(&r, 200);
	for (int i = 0; i < RESPONSE_BODY_MAX - 1; i++)
		buf_putc(&r.body, 'x');
	a = written(&r);
	expect_header(a, "Content-Length", "65535");
	assert_int_equal(strlen(body_of(a)), RESPONSE_BODY_MAX - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(status_comes_first, fresh),
		cmocka_unit_test_setup(on_every_answer, fresh),
		cmocka_unit_test_setup(nothing_needless_on_a_yes, fresh),
		cmocka_unit_test_setup(hsts, fresh),
		cmocka_unit_test_setup(own_headers_replace_the_default, fresh),
		cmocka_unit_test_setup(errors, fresh),
		cmocka_unit_test_setup(error_details, fresh),
		cmocka_unit_test_setup(no_header_injection, fresh),
		cmocka_unit_test_setup(redirects, fresh),
		cmocka_unit_test_setup(head_has_no_body, fresh),
		cmocka_unit_test_setup(overflow_becomes_an_error, fresh),
		cmocka_unit_test_setup(longest_body, fresh),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
