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
routing(void **state)
{
	const char *a;

	(void)state;
	ask_expect(ASK("GET", "/auth/nowhere"), 404, "not_found");
	ask_expect_no(ask.last.answer.p, "Allow:");
	ask_expect(ASK("GET", "/auth/loginx"), 404, "not_found");
	ask_expect(ASK("GET", "/authz"), 404, "not_found");
	ask_expect(ASK("GET", "/auth/login/logout"), 404, "not_found");
	ask_expect(ASK("GET", "/auth/../../auth/login"), 404, "not_found");
	ask_expect(ASK("GET", "/auth/login%00"), 404, "not_found");
	a = ASK("GET", "/auth/logout", .extra = { ask.cookie_line });
	ask_expect(a, 200, NULL); /* it asks whether to */
	ask_expect_trail("");     /* a GET ends nothing (R011) */
	ask_expect_no(a, SESSION);
	a = ASK("GET", "/auth/refresh", .extra = { ask.cookie_line });
	ask_expect(a, 405, "method_not_allowed");
	ask_expect_header(a, "Allow: POST");
	ask_expect_trail("");
	a = ASK("DELETE", "/auth/login");
	ask_expect(a, 405, "method_not_allowed");
	ask_expect_header(a, "Allow: GET, HEAD, POST");
	a = ASK("OPTIONS", "/auth/logout");
	ask_expect(a, 405, "method_not_allowed");
	ask_expect_no(a, "Access-Control");
	ask_expect(ASK("HEAD", "/auth/refresh"), 405, NULL);
	assert_string_equal(strstr(ask.last.answer.p, "\r\n\r\n"), "\r\n\r\n");
}

/* Never, nowhere, and nothing of the request comes back (R010). */
static void
trace(void **state)
{
	static const char *const paths[] = { "/auth/check", "/auth/login", "/auth/session", "/auth/jwks.json",
		"/auth/.well-known/oauth-authorization-server" };

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		ask_expect(ASK("TRACE", paths[i], .extra = { ask.cookie_line }), 405, "method_not_allowed");
		ask_expect_no(ask.last.answer.p, ask.cookie_text);
		ask_expect_no(ask.last.answer.p, "TRACE");
		ask_expect_trail("");
	}
	ask_expect(ASK("TRACE", "/app/", .authorizer = true, .extra = { ask.cookie_line }), 405, "method_not_allowed");
	ask_expect(
	    ASK("TRACE", "/auth/check", .extra = { "DOORWARD_ROUTE=/check", ask.cookie_line }), 405, "method_not_allowed");
	ask_expect_trail("");
}

static void
headers_refused(void **state)
{
	static char big[PARAM_VALUE_MAX + 64];

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	memcpy(big, "HTTP_X=", 7);
	ask_expect(ASK("GET", "/auth/check", .extra = { ask.cookie_line, big }), 431, "header_too_large");
	ask_expect_trail("");
	ask_expect(
	    ASK("GET", "/auth/check", .extra = { ask.bearer_line, "HTTP_AUTHORIZATION=Bearer x" }), 400, "invalid_request");
	ask_expect_trail("");
	ask_expect(ASK("GET", "/auth/check", .extra = { ask.bearer_line, ask.bearer_line, "HTTPS=on" }), 200, NULL);
	ask_expect(ASK("GET", "/auth/check", .extra = { ask.cookie_line, "HTTPS=off" }), 400, "invalid_request");
	ask_expect(
	    ASK("GET", "/app/", .authorizer = true, .extra = { ask.cookie_line, "DOORWARD_GROUP=a", "DOORWARD_GROUP=b" }), 400,
	    "invalid_request");
	ask_expect(ASK("GET", "/auth/check", .extra = { ask.cookie_line }, .poisoned = true), 400, "invalid_request");
	ask_expect(
	    ASK("GET", "/app/", .authorizer = true, .extra = { ask.cookie_line }, .poisoned = true), 400, "invalid_request");
	ask_expect_trail("");
}

/* Over plain HTTP nothing that came along is looked at, and nothing is given (R001). */
static void
plain_http(void **state)
{
	static const struct call calls[] = {
		{ .method = "GET", .uri = "/auth/check" },
		{ .method = "POST",
		    .uri = "/auth/login",
		    .type = JSON,
		    .body = "{\"username\":\"alice\",\"password\":\"right\"}" },
		{ .method = "POST", .uri = "/auth/logout" },
		{ .method = "POST", .uri = "/auth/refresh", .type = JSON, .body = "{\"refresh_token\":\"x\"}" },
		{ .method = "POST", .uri = "/auth/token", .type = FORM, .body = "grant_type=refresh_token&refresh_token=x" },
		{ .method = "GET", .uri = "/auth/session" },
		{ .method = "GET", .uri = "/auth/sessions" },
		{ .method = "DELETE", .uri = "/auth/sessions/x" },
		{ .method = "GET", .uri = "/app/", .authorizer = true },
	};
	const char *a;
	char bare[256];

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		struct call c = calls[i];

		c.plain = true;
		c.extra[0] = ask.cookie_line;
		c.extra[1] = SAME;
		c.extra[2] = "HTTP_X_FORWARDED_PROTO=https";
		a = ask_request(c);
		ask_expect(a, 403, "insecure_transport");
		ask_expect_trail("");
		assert_int_equal(ask.body_read_calls, 0);
		ask_expect_no(a, "Set-Cookie");
		ask_expect_no(a, "Location");
		ask_expect_no(a, "Strict-Transport-Security");
	}
	a = ASK("GET", "/auth/login", .plain = true, .extra = { ask.cookie_line });
	ask_expect(a, 403, NULL);
	ask_expect_trail("");
	assert_non_null(strstr(a, "https://sso.example.org/auth/login"));
	ask_expect_no(a, "type=\"password\"");
	ask_expect_no(a, "Set-Cookie");
	ask_expect(ASK("GET", "/auth/jwks.json", .plain = true), 200, NULL);
	ask_expect(ASK("GET", "/.well-known/oauth-authorization-server/auth", .plain = true), 200, NULL);
	/* Where the operator has said so, it is allowed. */
	ask.fake.conf.require_tls = false;
	ask_expect(ASK("GET", "/auth/check", .plain = true, .extra = { ask.cookie_line }), 401, "missing_token");
	/* No browser keeps a cookie with the prefix there, so none is looked for: "HTTP_COOKIE=__Host-dw_session=…" without it.
	 */
	snprintf(bare, sizeof(bare), "HTTP_COOKIE=%s", strstr(ask.cookie_line, "dw_session="));
	ask_expect(ASK("GET", "/auth/check", .plain = true, .extra = { bare }), 200, NULL);
	ask_expect_no(ask.last.answer.p, "Strict-Transport-Security");
	ask_expect(ASK("GET", "/auth/check", .extra = { bare }), 401, "missing_token");
}

static char large_body[BODY_MAX + 2];

/* A browser that goes to a page gets every error as one, under the same status and with the same headers; a script never does
 * (E). */
static void
navigations(void **state)
{
	static const char navigate[] = "HTTP_SEC_FETCH_MODE=navigate", cors[] = "HTTP_SEC_FETCH_MODE=cors";
	const struct {
		int status;
		const char *error, *header;
		struct call call;
	} t[] = {
		{ 404, "not_found", NULL, { .method = "GET", .uri = "/auth/nowhere" } },
		{ 405, "method_not_allowed", "Allow: POST", { .method = "GET", .uri = "/auth/refresh" } },
		{ 405, "method_not_allowed", "Allow: GET, HEAD, POST", { .method = "DELETE", .uri = "/auth/login" } },
		{ 413, "payload_too_large", NULL,
		    { .method = "POST", .uri = "/auth/login", .type = FORM, .body = large_body } },
		{ 415, "unsupported_media_type", NULL,
		    { .method = "POST", .uri = "/auth/login", .type = "text/plain", .body = "x" } },
		{ 400, "invalid_request", NULL, { .method = "POST", .uri = "/auth/login", .type = FORM, .body = "a=%zz" } },
		{ 403, "csrf", NULL,
		    { .method = "POST", .uri = "/auth/login", .type = FORM, .body = "username=a&password=b" } },
		{ 403, "insecure_transport", NULL, { .method = "GET", .uri = "/auth/session", .plain = true } },
		{ 401, "missing_token", "WWW-Authenticate: Bearer realm=\"doorward\"",
		    { .method = "GET", .uri = "/auth/session" } },
		{ 401, "missing_token", "X-Doorward-Login: /auth/login?next=/app/",
		    { .method = "GET", .uri = "/auth/check", .extra = { "DOORWARD_ORIGINAL_URI=/app/" } } },
		{ 403, "forbidden", "X-Doorward-Login: /auth/login?next=/app/",
		    { .method = "GET",
			.uri = "/app/",
			.authorizer = true,
			.extra = { ask.cookie_line, "DOORWARD_GROUP=nobody" } } },
		{ 400, "invalid_request", NULL,
		    { .method = "GET", .uri = "/auth/session", .extra = { ask.bearer_line, "HTTP_AUTHORIZATION=Bearer x" } } },
	};

	(void)state;
	memset(large_body, 'a', sizeof(large_body) - 1);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct call c = t[i].call;
		const char *a;
		size_t n = 0;

		while (c.extra[n] != NULL)
			n++;
		c.extra[n] = HTML;
		a = ask_request(c);
		ask_expect(a, t[i].status, NULL);
		ask_expect_header(a, "Content-Type: text/html; charset=utf-8");
		ask_expect_header(a, "Referrer-Policy: same-origin");
		ask_expect_header(a, "Cache-Control: no-store");
		if (t[i].header != NULL)
			ask_expect_header(a, t[i].header);
		assert_null(strstr(strstr(a, "\r\n\r\n"), "error_description"));
		c.extra[n] = navigate;
		ask_expect_header(ask_request(c), "Content-Type: text/html; charset=utf-8");
		c.extra[n + 1] = HTML;
		c.extra[n] = cors;
		a = ask_request(c);
		ask_expect(a, t[i].status, t[i].error);
		if (t[i].header != NULL)
			ask_expect_header(a, t[i].header);
		ask_expect_header(a, "Referrer-Policy: no-referrer");
	}
}

static void
bodies(void **state)
{
	static char large[BODY_MAX + 2];

	(void)state;
	memset(large, 'x', BODY_MAX + 1);
	large[1] = '=';
	ask_expect(POST("/auth/login", FORM, large), 413, "payload_too_large");
	large[BODY_MAX] = '\0';
	ask_expect(POST("/auth/login", FORM, large), 400, "invalid_request"); /* not too large, only wrong */
	ask_expect(POST("/auth/login", "text/plain", "{}"), 415, "unsupported_media_type");
	ask_expect(POST("/auth/login", NULL, "{}"), 415, "unsupported_media_type");
	ask_expect(POST("/auth/login", "multipart/form-data; boundary=x", "x"), 415, "unsupported_media_type");
	ask_expect(POST("/auth/login", JSON, "{\"username\":\"a\",\"username\":\"b\",\"password\":\"right\"}"), 400,
	    "invalid_request");
	ask_expect(POST("/auth/login", JSON, "[]"), 400, "invalid_request");
	ask_expect(POST("/auth/login", FORM, "username=a&username=b&password=right"), 400, "invalid_request");
	ask_expect(POST("/auth/login", JSON, "{}", "CONTENT_LENGTH=3"), 400, "invalid_request"); /* said in two ways */
	ask_expect_trail("");
	ask_expect(POST("/auth/login", NULL, NULL), 400, "invalid_request"); /* nothing at all */
	/* A check reads none, whatever the application's request brings along. */
	ask_expect(POST("/auth/check", FORM, large, ask.cookie_line), 200, NULL);
	assert_int_equal(ask.body_read_calls, 0);
	ask_expect(
	    ASK("POST", "/app/", .type = JSON, .body = "{", .authorizer = true, .extra = { ask.cookie_line }), 200, NULL);
	assert_int_equal(ask.body_read_calls, 0);
}

/* Credentials of the query are none (R005). */
static void
nothing_from_the_query(void **state)
{
	static char uri[ACCESS_TEXT_MAX + 64];

	(void)state;
	snprintf(uri, sizeof(uri), "/auth/check?access_token=%s", ask.bearer_text);
	ask_expect(ASK("GET", uri), 401, "missing_token");
	snprintf(uri, sizeof(uri), "/auth/check?token=%s&session=%s", ask.refresh_text, ask.cookie_text);
	ask_expect(ASK("GET", uri), 401, "missing_token");
	snprintf(uri, sizeof(uri), "/auth/refresh?refresh_token=%s", ask.refresh_text);
	ask_expect(ASK("POST", uri), 400, "invalid_request");
	ask_expect(ASK("POST", "/auth/login?username=alice&password=right"), 400, "invalid_request");
	ask_expect_trail("");
}

/* Header names that a front may have let through do not sign anybody in. */
static void
identity_headers_of_the_client(void **state)
{

	(void)state;
	ask_expect(ASK("GET", "/auth/check",
		       .extra = { "HTTP_REMOTE_USER=root", "HTTP_X_DOORWARD_USER_ID=1", "REMOTE_USER=root", "AUTH_TYPE=Basic",
			   "HTTP_X_FORWARDED_USER=root", "HTTP_USER_AGENT=health-check" }),
	    401, "missing_token");
	ask_expect_no(ask.last.answer.p, "root");
}

/* Unknown is 503: never 401, never 200, and no cookie is touched. */
static void
store_down(void **state)
{
	static const enum dw_result rcs[] = { DW_UNAVAILABLE, DW_FAULT };
	static char revoke[256];

	(void)state;
	snprintf(revoke, sizeof(revoke), "{\"refresh_token\":\"%s\"}", ask.refresh_text);
	for (size_t i = 0; i < 2; i++) {
		const struct call calls[] = {
			{ .method = "GET", .uri = "/auth/check", .extra = { ask.cookie_line } },
			{ .method = "GET", .uri = "/auth/check?redirect=1", .extra = { ask.bearer_line } },
			{ .method = "GET", .uri = "/app/", .authorizer = true, .extra = { ask.cookie_line, HTML } },
			{ .method = "GET", .uri = "/auth/session", .extra = { ask.cookie_line } },
			{ .method = "GET", .uri = "/auth/sessions", .extra = { ask.cookie_line } },
			{ .method = "POST", .uri = "/auth/refresh", .type = JSON, .body = revoke },
			{ .method = "POST",
			    .uri = "/auth/login",
			    .type = JSON,
			    .body = "{\"username\":\"alice\",\"password\":\"right\"}" },
		};

		ask.fake.lookup_rc = ask.fake.end_rc = ask.fake.rotate_rc = rcs[i];
		ask.fake.ping_rc = ask.fake.list_rc = rcs[i];
		for (size_t k = 0; k < sizeof(calls) / sizeof(calls[0]); k++) {
			const char *a = ask_request(calls[k]);
			bool page = calls[k].authorizer; /* a browser goes there */

			ask_expect(a, 503, page ? NULL : "store_unavailable");
			ask_expect_header(a, "Retry-After: 1");
			assert_non_null(strstr(a, page ? "Nobody has been signed out" : "\"retry_after\":1"));
			ask_expect_no(a, "Set-Cookie");
			ask_expect_no(a, "WWW-Authenticate");
			ask_expect_no(a, "Location");
		}
		/* No session is said to be over; a form may be shown, but the cookie stays. */
		ask_expect(ASK("GET", "/auth/login", .extra = { ask.cookie_line }), 200, NULL);
		ask_expect_no(ask.last.answer.p, SESSION);
		/* A logout that could not be written is not called one. */
		/* The store counts what it could not do, and it alone: else every error would be two. */
		assert_int_equal(board_counted(&ask.fake.app.slot->numbers, COUNT_STORE_ERRORS), 0);
		ASK("POST", "/auth/logout", .extra = { ask.cookie_line, SAME });
		assert_true(ask.last.status == 202 || ask.last.status == 503);
		ask_expect_no(ask.last.answer.p, "\"logged_out\"");
	}
}

/* Nothing of one request is in the answer to the next. */
static void
no_memory(void **state)
{
	const char *a;

	(void)state;
	ask_expect(POST("/auth/login", FORM, "username=alice&password=right&remember=1", SAME), 200, NULL);
	a = ASK("GET", "/auth/nowhere");
	ask_expect_no(a, "Set-Cookie");
	ask_expect_no(a, "alice");
	ask_expect(POST("/auth/login", JSON, "{\"username\":\"alice\"}"), 400, "invalid_request");
	a = ASK("GET", "/auth/check", .extra = { ask.cookie_line });
	ask_expect(a, 200, NULL);
	ask_expect_no(a, "WWW-Authenticate");
	ask_expect_no(a, "application/json");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(routing, ask_fresh),
		cmocka_unit_test_setup(trace, ask_fresh),
		cmocka_unit_test_setup(headers_refused, ask_fresh),
		cmocka_unit_test_setup(plain_http, ask_fresh),
		cmocka_unit_test_setup(bodies, ask_fresh),
		cmocka_unit_test_setup(nothing_from_the_query, ask_fresh),
		cmocka_unit_test_setup(identity_headers_of_the_client, ask_fresh),
		cmocka_unit_test_setup(navigations, ask_fresh),
		cmocka_unit_test_setup(store_down, ask_fresh),
		cmocka_unit_test_setup(no_memory, ask_fresh),
	};

	return (cmocka_run_group_tests(tests, ask_begin, ask_end));
}
