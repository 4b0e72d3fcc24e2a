#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "auth/access.h"
#include "auth/csrf.h"
#include "auth/token.h"
#include "crypto/keyring.h"
#include "crypto/pwhash.h"
#include "crypto/sid.h"
#include "web/serve.h"

#include "../fake.h"

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define SESSION "__Host-dw_session="
#define JSON "application/json"
#define FORM "application/x-www-form-urlencoded"
#define SAME "HTTP_SEC_FETCH_SITE=same-origin"
#define CROSS "HTTP_SEC_FETCH_SITE=cross-site"
#define HTML "HTTP_ACCEPT=text/html"
#define EXTRA 6

/* One request; NULL is left out. */
struct call {
	const char *method, *uri, *type, *body;
	const char *extra[EXTRA];
	bool plain, authorizer, poisoned;
};

static struct fake fake;
static struct exchange last;
static size_t body_read_calls;
static char cookie_text[TOKEN_TEXT_MAX + 1], other_cookie[TOKEN_TEXT_MAX + 1], refresh_text[TOKEN_TEXT_MAX + 1], bearer_text[ACCESS_TEXT_MAX];
static char cookie_line[256], other_line[256], both_line[256], bearer_line[ACCESS_TEXT_MAX + 64], forged_line[256];
static struct token cookie;
static const uint8_t up[UP_LEN] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };

enum pwhash_verdict __wrap_pwhash_verify(const char *hash, const char *password, size_t n);
void __wrap_pwhash_spend(const char *password, size_t n);
int __wrap_pwhash_make(const char *password, size_t n, char out[PWHASH_TEXT_MAX]);
bool __wrap_pwhash_outdated(const char *hash);

enum pwhash_verdict
__wrap_pwhash_verify(const char *hash, const char *password, size_t n)
{

	(void)hash;
	fake_note(&fake, "verify");
	return (n == 5 && memcmp(password, "right", n) == 0 ? PWHASH_MATCH : PWHASH_NO_MATCH);
}

void
__wrap_pwhash_spend(const char *password, size_t n)
{

	(void)password, (void)n;
	fake_note(&fake, "spend");
}

int
__wrap_pwhash_make(const char *password, size_t n, char out[PWHASH_TEXT_MAX])
{

	(void)password, (void)n, (void)out;
	return (-1);
}

bool
__wrap_pwhash_outdated(const char *hash)
{

	(void)hash;
	return (false);
}

static int
begin(void **state)
{
	struct access_claims claims = { .up = up, .user_id = "user-1", .username = "alice", .groups = "", .client_id = "app", .now = FAKE_NOW,
		.exp = FAKE_NOW + 300 };
	struct token t;
	struct buf b;

	(void)state;
	if (fake_new(&fake) != 0 || token_new_session(fake.app.keys, up, &cookie, cookie_text) != DW_OK ||
	    token_new_session(fake.app.keys, up, &t, other_cookie) != DW_OK ||
	    token_new_refresh(fake.app.keys, up, cookie.sid8, &t, refresh_text) != DW_OK)
		return (-1);
	claims.sid8 = cookie.sid8;
	buf_init(&b, bearer_text, sizeof(bearer_text));
	if (access_issue(&fake.conf, fake.app.keys, &claims, &b) != DW_OK)
		return (-1);
	snprintf(cookie_line, sizeof(cookie_line), "HTTP_COOKIE=" SESSION "%s", cookie_text);
	snprintf(other_line, sizeof(other_line), "HTTP_COOKIE=" SESSION "%s", other_cookie);
	snprintf(both_line, sizeof(both_line), "HTTP_COOKIE=" SESSION "%s; " SESSION "%s", cookie_text, other_cookie);
	snprintf(bearer_line, sizeof(bearer_line), "HTTP_AUTHORIZATION=Bearer %s", bearer_text);
	snprintf(forged_line, sizeof(forged_line), "HTTP_COOKIE=" SESSION "%.*sx", TOKEN_SESSION_TEXT - 1, cookie_text);
	if (forged_line[strlen(forged_line) - 1] == cookie_text[TOKEN_SESSION_TEXT - 1])
		forged_line[strlen(forged_line) - 1] = 'y';
	return (0);
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
	struct lookup_reply *f = &fake.found;

	(void)state;
	fake_reset(&fake);
	snprintf(fake.account.id, sizeof(fake.account.id), "user-1");
	snprintf(fake.account.name, sizeof(fake.account.name), "alice");
	snprintf(f->user_id, sizeof(f->user_id), "user-1");
	snprintf(f->username, sizeof(f->username), "alice");
	snprintf(f->groups, sizeof(f->groups), "admins,users");
	f->live = true;
	f->session = (struct session){ .has_cookie = true, .policy = POLICY_SLIDING, .created = FAKE_NOW, .last_seen = FAKE_NOW, .idle = 1800,
		.absolute = FAKE_NOW + 43200, .device_id = "laptop" };
	memcpy(f->session.sid8, cookie.sid8, SID_LEN);
	memcpy(f->session.secret_hash, cookie.hash, HASH_LEN);
	return (0);
}

struct reader {
	const char *text;
	size_t left;
};

static ssize_t
give(void *ctx, char *p, size_t n)
{
	struct reader *r = ctx;

	body_read_calls++;
	if (n > r->left)
		n = r->left;
	if (n == 0)
		return (0);
	memcpy(p, r->text, n);
	r->text += n;
	r->left -= n;
	return ((ssize_t)n);
}

/* Sends ${c} through it all; the whole answer. */
static const char *
answer_to(struct call c)
{
	static char method[32], uri[8192], type[128], length[64], query[8192];
	struct reader r = { c.body, c.body == NULL ? 0 : strlen(c.body) };
	char *envp[EXTRA + 12] = { "HTTP_TRACEPARENT=00-" TRACE "-00f067aa0ba902b7-01", "REMOTE_ADDR=203.0.113.9" };
	const char *mark = strchr(c.uri, '?');
	size_t n = 2;

	snprintf(method, sizeof(method), "REQUEST_METHOD=%s", c.method);
	snprintf(uri, sizeof(uri), "REQUEST_URI=%s", c.uri);
	snprintf(query, sizeof(query), "QUERY_STRING=%s", mark == NULL ? "" : mark + 1);
	snprintf(type, sizeof(type), "CONTENT_TYPE=%s", c.type == NULL ? "" : c.type);
	snprintf(length, sizeof(length), c.body == NULL ? "CONTENT_LENGTH=" : "CONTENT_LENGTH=%zu", r.left);
	envp[n++] = method;
	envp[n++] = uri;
	envp[n++] = query;
	envp[n++] = type;
	envp[n++] = length;
	if (!c.plain)
		envp[n++] = "HTTPS=on";
	for (size_t i = 0; i < EXTRA && c.extra[i] != NULL; i++)
		envp[n++] = (char *)(uintptr_t)c.extra[i];
	last = (struct exchange){ .envp = envp, .authorizer = c.authorizer, .poisoned = c.poisoned, .read = give, .ctx = &r };
	body_read_calls = 0;
	fake.trail.len = 0;
	fake.trail_text[0] = '\0';
	serve(&fake.app, &last);
	return (last.answer.p);
}

#define ASK(m, u, ...) answer_to((struct call){ .method = (m), .uri = (u), ##__VA_ARGS__ })
#define POST(u, t, b, ...) answer_to((struct call){ .method = "POST", .uri = (u), .type = (t), .body = (b), .extra = { __VA_ARGS__ } })

static void
expect(const char *answer, int status, const char *error)
{
	char line[64];

	snprintf(line, sizeof(line), "Status: %d ", status);
	if (strncmp(answer, line, strlen(line)) != 0)
		fail_msg("not %d %s but %.300s", status, error == NULL ? "" : error, answer);
	assert_int_equal(last.status, status);
	if (error == NULL)
		return;
	snprintf(line, sizeof(line), "{\"error\":\"%s\"", error);
	if (strstr(answer, line) == NULL)
		fail_msg("not %s but %s", error, strstr(answer, "\r\n\r\n"));
	/* Every error tells its trace. */
	assert_non_null(strstr(answer, "\"trace_id\":\"" TRACE "\"}"));
}

static void
expect_header(const char *answer, const char *line)
{
	char text[1024];

	snprintf(text, sizeof(text), "\r\n%s\r\n", line);
	if (strstr(answer, text) == NULL)
		fail_msg("no %s in %s", line, answer);
}

static void
expect_no(const char *answer, const char *text)
{

	if (strstr(answer, text) != NULL)
		fail_msg("%s in %s", text, answer);
}

#define expect_trail(t) assert_string_equal(fake.trail_text, (t))

static void
routing(void **state)
{
	const char *a;

	(void)state;
	expect(ASK("GET", "/auth/nowhere"), 404, "not_found");
	expect_no(last.answer.p, "Allow:");
	expect(ASK("GET", "/auth/loginx"), 404, "not_found");
	expect(ASK("GET", "/authz"), 404, "not_found");
	expect(ASK("GET", "/auth/login/logout"), 404, "not_found");
	expect(ASK("GET", "/auth/../../auth/login"), 404, "not_found");
	expect(ASK("GET", "/auth/login%00"), 404, "not_found");
	a = ASK("GET", "/auth/logout", .extra = { cookie_line });
	expect(a, 405, "method_not_allowed");
	expect_header(a, "Allow: POST");
	expect_trail(""); /* a GET ends nothing (R011) */
	a = ASK("DELETE", "/auth/login");
	expect(a, 405, "method_not_allowed");
	expect_header(a, "Allow: GET, HEAD, POST");
	a = ASK("OPTIONS", "/auth/logout");
	expect(a, 405, "method_not_allowed");
	expect_no(a, "Access-Control");
	expect(ASK("HEAD", "/auth/logout"), 405, NULL);
	assert_string_equal(strstr(last.answer.p, "\r\n\r\n"), "\r\n\r\n");
}

/* Never, nowhere, and nothing of the request comes back (R010). */
static void
trace(void **state)
{
	static const char *const paths[] = { "/auth/check", "/auth/login", "/auth/session", "/auth/jwks.json" };

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		expect(ASK("TRACE", paths[i], .extra = { cookie_line }), 405, "method_not_allowed");
		expect_no(last.answer.p, cookie_text);
		expect_no(last.answer.p, "TRACE");
		expect_trail("");
	}
	expect(ASK("TRACE", "/app/", .authorizer = true, .extra = { cookie_line }), 405, "method_not_allowed");
	expect(ASK("TRACE", "/auth/check", .extra = { "DOORWARD_ROUTE=/check", cookie_line }), 405, "method_not_allowed");
	expect_trail("");
}

static void
headers_refused(void **state)
{
	static char big[PARAM_VALUE_MAX + 64];

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	memcpy(big, "HTTP_X=", 7);
	expect(ASK("GET", "/auth/check", .extra = { cookie_line, big }), 431, "header_too_large");
	expect_trail("");
	expect(ASK("GET", "/auth/check", .extra = { bearer_line, bearer_line }), 400, "invalid_request");
	expect(ASK("GET", "/auth/check", .extra = { cookie_line, "HTTPS=off" }), 400, "invalid_request");
	expect(ASK("GET", "/app/", .authorizer = true, .extra = { cookie_line, "DOORWARD_GROUP=a", "DOORWARD_GROUP=b" }), 400, "invalid_request");
	expect(ASK("GET", "/auth/check", .extra = { cookie_line }, .poisoned = true), 400, "invalid_request");
	expect(ASK("GET", "/app/", .authorizer = true, .extra = { cookie_line }, .poisoned = true), 400, "invalid_request");
	expect_trail("");
}

/* Over plain HTTP nothing that came along is looked at, and nothing is given (R001). */
static void
plain_http(void **state)
{
	static const struct call calls[] = {
		{ .method = "GET", .uri = "/auth/check" },
		{ .method = "POST", .uri = "/auth/login", .type = JSON, .body = "{\"username\":\"alice\",\"password\":\"right\"}" },
		{ .method = "POST", .uri = "/auth/logout" },
		{ .method = "POST", .uri = "/auth/refresh", .type = JSON, .body = "{\"refresh_token\":\"x\"}" },
		{ .method = "POST", .uri = "/auth/token", .type = FORM, .body = "grant_type=refresh_token&refresh_token=x" },
		{ .method = "GET", .uri = "/auth/session" },
		{ .method = "GET", .uri = "/auth/sessions" },
		{ .method = "DELETE", .uri = "/auth/sessions/x" },
		{ .method = "GET", .uri = "/app/", .authorizer = true },
	};
	const char *a;

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		struct call c = calls[i];

		c.plain = true;
		c.extra[0] = cookie_line;
		c.extra[1] = SAME;
		c.extra[2] = "HTTP_X_FORWARDED_PROTO=https";
		a = answer_to(c);
		expect(a, 403, "insecure_transport");
		expect_trail("");
		assert_int_equal(body_read_calls, 0);
		expect_no(a, "Set-Cookie");
		expect_no(a, "Location");
		expect_no(a, "Strict-Transport-Security");
	}
	a = ASK("GET", "/auth/login", .plain = true, .extra = { cookie_line });
	expect(a, 403, NULL);
	expect_trail("");
	assert_non_null(strstr(a, "https://sso.example.org/auth/login"));
	expect_no(a, "type=\"password\"");
	expect_no(a, "Set-Cookie");
	expect(ASK("GET", "/auth/jwks.json", .plain = true), 200, NULL);
	/* Where the operator has said so, it is allowed. */
	fake.conf.require_tls = false;
	expect(ASK("GET", "/auth/check", .plain = true, .extra = { cookie_line }), 200, NULL);
	expect_no(last.answer.p, "Strict-Transport-Security");
}

static void
bodies(void **state)
{
	static char large[BODY_MAX + 2];

	(void)state;
	memset(large, 'x', BODY_MAX + 1);
	large[1] = '=';
	expect(POST("/auth/login", FORM, large), 413, "payload_too_large");
	assert_true(last.body_left);
	large[BODY_MAX] = '\0';
	expect(POST("/auth/login", FORM, large), 400, "invalid_request"); /* not too large, only wrong */
	assert_false(last.body_left);
	expect(POST("/auth/login", "text/plain", "{}"), 415, "unsupported_media_type");
	expect(POST("/auth/login", NULL, "{}"), 415, "unsupported_media_type");
	expect(POST("/auth/login", "multipart/form-data; boundary=x", "x"), 415, "unsupported_media_type");
	expect(POST("/auth/login", JSON, "{\"username\":\"a\",\"username\":\"b\",\"password\":\"right\"}"), 400, "invalid_request");
	expect(POST("/auth/login", JSON, "[]"), 400, "invalid_request");
	expect(POST("/auth/login", FORM, "username=a&username=b&password=right"), 400, "invalid_request");
	expect(POST("/auth/login", JSON, "{}", "CONTENT_LENGTH=2"), 400, "invalid_request"); /* said twice */
	expect_trail("");
	expect(POST("/auth/login", NULL, NULL), 400, "invalid_request"); /* nothing at all */
	/* A check reads none, whatever the application's request brings along. */
	expect(POST("/auth/check", FORM, large, cookie_line), 200, NULL);
	assert_int_equal(body_read_calls, 0);
	assert_true(last.body_left);
	expect(ASK("POST", "/app/", .type = JSON, .body = "{", .authorizer = true, .extra = { cookie_line }), 200, NULL);
	assert_int_equal(body_read_calls, 0);
	assert_false(last.body_left); /* there is none to drain (fronts.md, rule 1) */
}

static void
check_allows(void **state)
{
	char sid[PUBLIC_SID_LEN + 1], line[64];
	const char *a;

	(void)state;
	sid_public(keyring_user(fake.app.keys), up, cookie.sid8, sid);
	snprintf(line, sizeof(line), "X-Doorward-Session: %s", sid);
	a = ASK("GET", "/auth/check", .extra = { cookie_line });
	expect(a, 200, NULL);
	expect_trail("lookup ");
	expect_header(a, "Remote-User: alice");
	expect_header(a, "Remote-Groups: admins,users");
	expect_header(a, "X-Doorward-User-Id: user-1");
	expect_header(a, line);
	expect_header(a, "X-Doorward-Device: laptop");
	expect_header(a, "X-Doorward-Expires: 1800001800");
	expect_header(a, "Content-Length: 0");
	expect_header(a, "Cache-Control: no-store");
	assert_string_equal(strstr(a, "\r\n\r\n"), "\r\n\r\n");
	expect_no(a, "Variable-");
	expect_no(a, cookie_text);
	a = ASK("GET", "/auth/check", .extra = { bearer_line });
	expect(a, 200, NULL);
	expect_header(a, "X-Doorward-Expires: 1800000300");
	expect(ASK("PROPFIND", "/auth/check", .extra = { cookie_line }), 200, NULL);
	/* Both of one session, and the same cookie twice, are fine. */
	expect(ASK("GET", "/auth/check", .extra = { cookie_line, bearer_line }), 200, NULL);
	expect(ASK("GET", "/auth/check", .extra = { cookie_line, cookie_line }), 200, NULL);
	/* As Authorizer: for the application, under names that no client can send. */
	a = ASK("GET", "/app/?group=nobody&redirect=1", .authorizer = true, .extra = { cookie_line });
	expect(a, 200, NULL);
	expect_header(a, "Variable-REMOTE_USER: alice");
	expect_header(a, "Variable-REMOTE_GROUPS: admins,users");
	expect_header(a, "Variable-DOORWARD_USER_ID: user-1");
	expect_header(a, "Variable-DOORWARD_DEVICE: laptop");
	expect_header(a, "Variable-DOORWARD_EXPIRES: 1800001800");
	expect_header(a, "Variable-AUTH_TYPE: doorward");
	expect_no(a, "\nRemote-User");
}

static void
check_refuses(void **state)
{
	const char *a;

	(void)state;
	a = ASK("GET", "/auth/check");
	expect(a, 401, "missing_token");
	expect_header(a, "WWW-Authenticate: Bearer realm=\"doorward\"");
	expect_header(a, "X-Doorward-Login: /auth/login?next=/");
	expect_trail("");
	a = ASK("GET", "/auth/check", .extra = { forged_line });
	expect(a, 401, "invalid_token");
	expect_header(a, "WWW-Authenticate: Bearer realm=\"doorward\", error=\"invalid_token\"");
	expect_trail(""); /* without a round trip */
	expect(ASK("GET", "/auth/check", .extra = { "HTTP_AUTHORIZATION=Bearer x.y.z" }), 401, "invalid_token");
	expect(ASK("GET", "/auth/check", .extra = { "HTTP_AUTHORIZATION=Bearer" }), 401, "invalid_token");
	expect(ASK("GET", "/auth/check", .extra = { "HTTP_AUTHORIZATION=Bearer one, Bearer two" }), 400, "invalid_request");
	expect(ASK("GET", "/auth/check", .extra = { "HTTP_AUTHORIZATION=Basic YTpi" }), 401, "missing_token");
	/* Other tokens of ours in that place. */
	expect(ASK("GET", "/auth/check", .extra = { "HTTP_COOKIE=" SESSION }), 401, "missing_token");
	expect(ASK("GET", "/auth/check", .extra = { "HTTP_COOKIE=__host-dw_session=x" }), 401, "missing_token");
	expect_trail("");
	/* Of different sessions. */
	expect(ASK("GET", "/auth/check", .extra = { cookie_line, other_line }), 400, "invalid_request");
	expect(ASK("GET", "/auth/check", .extra = { both_line }), 400, "invalid_request");
	expect(ASK("GET", "/auth/check", .extra = { other_line, bearer_line }), 400, "invalid_request");
	expect(ASK("GET", "/auth/check", .extra = { forged_line, bearer_line }), 401, "invalid_token");
	expect_trail("");
	/* Over. */
	fake.found.live = false;
	fake.found.ended = true;
	snprintf(fake.found.ending.reason, sizeof(fake.found.ending.reason), "kick");
	a = ASK("GET", "/auth/check", .extra = { cookie_line });
	expect(a, 401, "invalid_token");
	assert_non_null(strstr(a, "\"reason\":\"kick\""));
	expect_no(a, "Set-Cookie");
	expect_no(a, "Remote-User");
}

/* Credentials of the query are none (R005). */
static void
nothing_from_the_query(void **state)
{
	static char uri[ACCESS_TEXT_MAX + 64];

	(void)state;
	snprintf(uri, sizeof(uri), "/auth/check?access_token=%s", bearer_text);
	expect(ASK("GET", uri), 401, "missing_token");
	snprintf(uri, sizeof(uri), "/auth/check?token=%s&session=%s", refresh_text, cookie_text);
	expect(ASK("GET", uri), 401, "missing_token");
	snprintf(uri, sizeof(uri), "/auth/refresh?refresh_token=%s", refresh_text);
	expect(ASK("POST", uri), 400, "invalid_request");
	expect(ASK("POST", "/auth/login?username=alice&password=right"), 400, "invalid_request");
	expect_trail("");
}

static void
check_groups(void **state)
{
	const char *a;

	(void)state;
	expect(ASK("GET", "/auth/check?group=admins", .extra = { cookie_line }), 200, NULL);
	a = ASK("GET", "/auth/check?group=root", .extra = { cookie_line });
	expect(a, 403, "forbidden");
	expect_header(a, "X-Doorward-Login: /auth/login?next=/");
	expect_no(a, "WWW-Authenticate");
	expect(ASK("GET", "/auth/check?group=", .extra = { cookie_line }), 403, "forbidden");
	expect(ASK("GET", "/auth/check?group=admins&group=users", .extra = { cookie_line }), 400, "invalid_request");
	expect(ASK("GET", "/auth/check?group=%00", .extra = { cookie_line }), 400, "invalid_request");
	/* In front of an application the query is the application's, and only the server asks for a group. */
	expect(ASK("GET", "/app/?group=root&group=x&redirect=%", .extra = { "DOORWARD_ROUTE=/check", cookie_line }), 200, NULL);
	expect(ASK("GET", "/app/?group=admins", .extra = { "DOORWARD_ROUTE=/check", "DOORWARD_GROUP=root", cookie_line }), 403, "forbidden");
	expect(ASK("GET", "/auth/check?group=admins", .extra = { "DOORWARD_GROUP=root", cookie_line }), 403, "forbidden");
	expect(ASK("GET", "/app/", .authorizer = true, .extra = { "DOORWARD_GROUP=users", cookie_line }), 200, NULL);
	expect(ASK("GET", "/app/", .authorizer = true, .extra = { "DOORWARD_GROUP=root", cookie_line }), 403, "forbidden");
	expect(ASK("GET", "/app/", .extra = { "HTTP_DOORWARD_GROUP=admins", "HTTP_X_DOORWARD_GROUP=root", "DOORWARD_ROUTE=/check", cookie_line }), 200,
	    NULL);
}

static void
check_redirects(void **state)
{
	const char *a;

	(void)state;
	a = ASK("GET", "/auth/check?redirect=1", .extra = { "DOORWARD_ORIGINAL_URI=/app/?a=b&c=d" });
	expect(a, 302, NULL);
	expect_header(a, "Location: /auth/login?next=/app/%3Fa%3Db%26c%3Dd");
	expect_no(a, "WWW-Authenticate");
	expect(ASK("GET", "/auth/check?redirect=0"), 401, "missing_token");
	a = ASK("GET", "/app/", .authorizer = true, .extra = { "HTTP_SEC_FETCH_MODE=navigate" });
	expect(a, 302, NULL);
	expect_header(a, "Location: /auth/login?next=/app/");
	expect(ASK("GET", "/app/", .authorizer = true, .extra = { HTML }), 302, NULL);
	/* Scripts get 401. */
	a = ASK("GET", "/app/x?y", .authorizer = true, .extra = { "HTTP_SEC_FETCH_MODE=cors", HTML });
	expect(a, 401, "missing_token");
	expect_header(a, "X-Doorward-Login: /auth/login?next=/app/x%3Fy");
	expect(ASK("GET", "/app/", .authorizer = true, .extra = { "HTTP_ACCEPT=*/*" }), 401, "missing_token");
	/* Elsewhere than here, never; and what the client says of the address is not asked. */
	a = ASK("GET", "//evil.example/", .authorizer = true, .extra = { HTML, "HTTP_X_ORIGINAL_URI=//evil.example", "HTTP_HOST=evil.example" });
	expect(a, 302, NULL);
	expect_header(a, "Location: /auth/login?next=/");
	expect_no(a, "evil");
	/* Signed in but not in the group: signing in again would not help. */
	expect(ASK("GET", "/auth/check?redirect=1&group=root", .extra = { cookie_line }), 403, "forbidden");
}

/* Unknown is 503: never 401, never 200, and no cookie is touched. */
static void
store_down(void **state)
{
	static const enum dw_result rcs[] = { DW_UNAVAILABLE, DW_FAULT };
	static char revoke[256];

	(void)state;
	snprintf(revoke, sizeof(revoke), "{\"refresh_token\":\"%s\"}", refresh_text);
	for (size_t i = 0; i < 2; i++) {
		const struct call calls[] = {
			{ .method = "GET", .uri = "/auth/check", .extra = { cookie_line } },
			{ .method = "GET", .uri = "/auth/check?redirect=1", .extra = { bearer_line } },
			{ .method = "GET", .uri = "/app/", .authorizer = true, .extra = { cookie_line, HTML } },
			{ .method = "GET", .uri = "/auth/session", .extra = { cookie_line } },
			{ .method = "GET", .uri = "/auth/sessions", .extra = { cookie_line } },
			{ .method = "POST", .uri = "/auth/refresh", .type = JSON, .body = revoke },
			{ .method = "POST", .uri = "/auth/login", .type = JSON, .body = "{\"username\":\"alice\",\"password\":\"right\"}" },
		};

		fake.lookup_rc = fake.end_rc = fake.rotate_rc = fake.ping_rc = fake.list_rc = rcs[i];
		for (size_t k = 0; k < sizeof(calls) / sizeof(calls[0]); k++) {
			const char *a = answer_to(calls[k]);

			expect(a, 503, "store_unavailable");
			expect_header(a, "Retry-After: 1");
			assert_non_null(strstr(a, "\"retry_after\":1"));
			expect_no(a, "Set-Cookie");
			expect_no(a, "WWW-Authenticate");
			expect_no(a, "Location");
		}
		/* No session is said to be over; a form may be shown, but the cookie stays. */
		expect(ASK("GET", "/auth/login", .extra = { cookie_line }), 200, NULL);
		expect_no(last.answer.p, SESSION);
		/* A logout that could not be written is not called one. */
		ASK("POST", "/auth/logout", .extra = { cookie_line, SAME });
		assert_true(last.status == 202 || last.status == 503);
		expect_no(last.answer.p, "\"logged_out\"");
	}
}

static void
login_tokens(void **state)
{
	const char *a = POST("/auth/login", JSON, "{\"username\":\"alice\",\"password\":\"right\",\"user_id\":\"root\",\"role\":\"admin\",\"ttl\":1e9}");

	(void)state;
	expect(a, 200, NULL);
	expect_no(a, "Set-Cookie");
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
	expect_no(a, "right");
}

static void
login_cookies(void **state)
{
	const char *a = POST("/auth/login", FORM, "username=alice&password=right", SAME);
	const char *set;

	(void)state;
	expect(a, 200, NULL);
	set = strstr(a, "Set-Cookie: " SESSION "dws_");
	assert_non_null(set);
	assert_memory_equal(set + strlen("Set-Cookie: " SESSION) + TOKEN_SESSION_TEXT, "; Path=/; Secure; HttpOnly; SameSite=Lax\r\n", 42);
	expect_no(a, "access_token");
	expect_no(a, "refresh_token");
	a = POST("/auth/login", FORM, "username=alice&password=right&remember=on", SAME);
	assert_non_null(strstr(a, "; SameSite=Lax; Max-Age=2592000\r\n"));
	a = POST("/auth/login", JSON, "{\"username\":\"alice\",\"password\":\"right\",\"mode\":\"both\"}");
	expect(a, 200, NULL);
	assert_non_null(strstr(a, "Set-Cookie: " SESSION "dws_"));
	assert_non_null(strstr(a, "\"access_token\":\""));
	/* A person is sent on; with 303, so that the password does not travel further (R039). */
	a = POST("/auth/login", FORM, "username=alice&password=right&next=/app?a=b", SAME, HTML);
	expect(a, 303, NULL);
	expect_header(a, "Location: /app?a=b");
	a = POST("/auth/login", FORM, "username=alice&password=right&next=//evil.example", SAME, HTML);
	expect(a, 303, NULL);
	expect_header(a, "Location: /");
	a = POST("/auth/login", FORM, "username=alice&password=right&next=/%0d%0aSet-Cookie:x=y", SAME, HTML);
	expect_header(a, "Location: /");
	expect_no(a, "x=y");
}

/* What a browser held is ended, and not before its password was right. */
static void
login_ends_what_was_there(void **state)
{

	(void)state;
	expect(POST("/auth/login", FORM, "username=alice&password=right", SAME, cookie_line), 200, NULL);
	expect_trail("ping find verify end login find_id put_device ");
	assert_memory_equal(fake.ended.sid8, cookie.sid8, SID_LEN);
	expect_no(last.answer.p, cookie_text);
	expect(POST("/auth/login", FORM, "username=alice&password=wrong", SAME, cookie_line), 401, "invalid_credentials");
	expect_trail("ping find verify notify ");
	expect_no(last.answer.p, "Set-Cookie");
	/* A forged one is no reason to refuse a login. */
	expect(POST("/auth/login", FORM, "username=alice&password=right", SAME, forged_line), 200, NULL);
	expect_trail("ping find verify login find_id put_device ");
}

/* Unknown, wrong, disabled: the same bytes (R090). */
static void
login_refuses_alike(void **state)
{
	static char wrong[4096];
	static const char *const bodies_[] = { "{\"username\":\"alice\",\"password\":\"wrong\"}", "{\"username\":\"alice\",\"password\":\"right\"}",
		"{\"username\":\"nobody\",\"password\":\"right\"}", "{\"username\":\"\",\"password\":\"right\"}",
		"{\"username\":\"a/b\",\"password\":\"right\"}", "{\"username\":\"alice\",\"password\":\"\"}" };

	(void)state;
	for (size_t i = 0; i < sizeof(bodies_) / sizeof(bodies_[0]); i++) {
		const char *a;

		fake.account.disabled = i == 1;
		fake.find_rc = i >= 2 && i < 5 ? DW_ABSENT : DW_OK;
		a = POST("/auth/login", JSON, bodies_[i]);
		expect(a, 401, "invalid_credentials");
		expect_header(a, "WWW-Authenticate: Bearer realm=\"doorward\"");
		if (i == 0)
			snprintf(wrong, sizeof(wrong), "%s", a);
		assert_string_equal(a, wrong);
	}
}

static void
login_wrong_members(void **state)
{
	static const char *const t[] = {
		"{\"password\":\"right\"}", "{\"username\":\"alice\"}", "{\"username\":null,\"password\":\"right\"}", "{\"username\":[\"alice\"],\"password\":\"right\"}",
		"{\"username\":{\"$ne\":1},\"password\":\"right\"}", "{\"username\":1,\"password\":\"right\"}", "{\"username\":\"alice\",\"password\":true}",
		"{\"username\":\"alice\",\"password\":\"right\",\"mode\":\"x\"}", "{\"username\":\"alice\",\"password\":\"right\",\"mode\":1}",
		"{\"username\":\"alice\",\"password\":\"right\",\"remember\":\"yes\"}", "{\"username\":\"alice\",\"password\":\"right\",\"remember\":1}",
		"{\"username\":\"alice\",\"password\":\"right\",\"device_id\":\"\"}", "{\"username\":\"alice\",\"password\":\"right\",\"device_id\":\"a b\"}",
		"{\"username\":\"alice\",\"password\":\"right\",\"device_id\":7}", "{\"username\":\"alice\",\"password\":\"right\",\"device_name\":\"a\\nb\"}",
		"{\"username\":\"alice\",\"password\":\"right\",\"device_name\":\"12345678901234567890123456789012345678901234567890123456789012345\"}",
		"{\"username\":\"alice\",\"password\":\"right\",\"client_id\":\"nobody\"}", "{\"username\":\"alice\",\"password\":\"right\",\"client_id\":false}",
		"{\"username\":\"alice\",\"password\":\"right\",\"next\":[]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		expect(POST("/auth/login", JSON, t[i]), 400, "invalid_request");
		expect_trail("");
	}
	/* null is absent. */
	expect(POST("/auth/login", JSON, "{\"username\":\"alice\",\"password\":\"right\",\"device_id\":null,\"client_id\":null,\"mode\":null,\"remember\":null}"),
	    200, NULL);
}

static void
login_failures(void **state)
{
	static const char body[] = "{\"username\":\"alice\",\"password\":\"right\"}";
	const char *a;

	(void)state;
	fake.app.board->max_hashing = 0;
	a = POST("/auth/login", JSON, body);
	expect(a, 503, "overloaded");
	expect_header(a, "Retry-After: 1");
	fake.app.board->max_hashing = 1;
	fake.find_rc = DW_UNAVAILABLE;
	a = POST("/auth/login", JSON, body);
	expect(a, 503, "userdb_unavailable");
	expect_header(a, "Retry-After: 1");
	fake.find_rc = DW_OK;
	fake.login_outcome = LOGIN_TOO_MANY;
	expect(POST("/auth/login", JSON, body), 409, "too_many_sessions");
	fake.login_outcome = LOGIN_COLLISION;
	expect(POST("/auth/login", JSON, body), 500, NULL);
	expect_no(last.answer.p, "pseudonym");
	/* A person gets the form again, under the error's own status, and never the password. */
	fake.login_outcome = LOGIN_DONE;
	a = POST("/auth/login", FORM, "username=al%22ice&password=wrong-secret&next=/app", SAME, HTML);
	expect(a, 401, NULL);
	expect_header(a, "Content-Type: text/html; charset=utf-8");
	assert_non_null(strstr(a, "value=\"al&quot;ice\""));
	assert_non_null(strstr(a, "name=\"next\" value=\"/app\""));
	expect_no(a, "wrong-secret");
	fake.ping_rc = DW_UNAVAILABLE;
	a = POST("/auth/login", FORM, "username=alice&password=right", SAME, HTML);
	expect(a, 503, NULL);
	expect_header(a, "Retry-After: 1");
}

/* Who may make a browser write with its cookie (R160 to R166). */
static void
csrf(void **state)
{
	static const char login_form[] = "username=alice&password=right";
	static char with_token[256], form_cookie[128], wrong_cookie[128];
	char value[CSRF_COOKIE_TEXT + 1], token[CSRF_TOKEN_TEXT + 1];
	static const char *const foreign[] = { CROSS, "HTTP_SEC_FETCH_SITE=same-site", "HTTP_ORIGIN=https://evil.example", "HTTP_ORIGIN=null",
		"HTTP_ORIGIN=http://sso.example.org" };

	(void)state;
	assert_int_equal(csrf_random(value), 0);
	csrf_token(fake.app.keys, str_of(value), token);
	snprintf(with_token, sizeof(with_token), "%s&csrf_token=%s", login_form, token);
	snprintf(form_cookie, sizeof(form_cookie), "HTTP_COOKIE=__Host-dw_csrf=%s", value);
	snprintf(wrong_cookie, sizeof(wrong_cookie), "HTTP_COOKIE=__Host-dw_csrf=%.*s", CSRF_COOKIE_TEXT, "AAAAAAAAAAAAAAAAAAAAAA");
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		expect(POST("/auth/login", FORM, login_form, foreign[i]), 403, "csrf");
		expect(POST("/auth/login", FORM, with_token, foreign[i], form_cookie), 403, "csrf");
		expect(POST("/auth/login", JSON, "{\"username\":\"alice\",\"password\":\"right\",\"mode\":\"cookie\"}", foreign[i]), 403, "csrf");
		expect(ASK("POST", "/auth/logout", .extra = { cookie_line, foreign[i] }), 403, "csrf");
		expect_no(last.answer.p, "Set-Cookie");
		expect(POST("/auth/logout", FORM, "scope=all", cookie_line, foreign[i]), 403, "csrf");
		expect_trail("");
		/* Not even the cookie is cleared for such a page: by a request without it, or with something forged. */
		expect(ASK("POST", "/auth/logout", .extra = { foreign[i] }), 200, NULL);
		expect_no(last.answer.p, "Set-Cookie");
		ASK("POST", "/auth/logout", .extra = { forged_line, foreign[i] });
		expect_no(last.answer.p, "Set-Cookie");
		POST("/auth/logout", FORM, "refresh_token=x", cookie_line, foreign[i]);
		expect_no(last.answer.p, "Set-Cookie");
		expect_trail("");
	}
	/* No word on the origin: a form's token, or a body that no page can send unasked. */
	expect(POST("/auth/login", FORM, login_form), 403, "csrf");
	expect(POST("/auth/login", FORM, with_token), 403, "csrf");
	expect(POST("/auth/login", FORM, with_token, wrong_cookie), 403, "csrf");
	expect(POST("/auth/login", FORM, with_token, form_cookie), 200, NULL);
	expect(ASK("POST", "/auth/logout", .extra = { cookie_line }), 403, "csrf");
	expect(POST("/auth/logout", FORM, "scope=session", cookie_line), 403, "csrf");
	expect(POST("/auth/logout", JSON, "{}", cookie_line), 200, NULL);
	expect(ASK("POST", "/auth/logout", .extra = { cookie_line, "HTTP_ORIGIN=https://sso.example.org" }), 200, NULL);
	expect(ASK("POST", "/auth/logout", .extra = { cookie_line, SAME }), 200, NULL);
	/* Bearers are exempt, and logins that set no cookie. */
	expect(ASK("POST", "/auth/logout", .extra = { bearer_line, CROSS }), 200, NULL);
	expect(POST("/auth/login", JSON, "{\"username\":\"alice\",\"password\":\"right\"}", CROSS), 200, NULL);
	expect(ASK("DELETE", "/auth/sessions/AAAAAAAAAAAAAAAAAAAAAAA", .extra = { cookie_line, CROSS }), 403, "csrf");
	assert_null(strstr(fake.trail_text, "end"));
}

static const char cleared[] = "Set-Cookie: " SESSION "; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT";

static void
logout(void **state)
{
	static char member[256];
	const char *a;

	(void)state;
	snprintf(member, sizeof(member), "{\"refresh_token\":\"%s\"}", refresh_text);
	fake.end_reply.ended = 1;
	fake.end_reply.has_own = true;
	snprintf(fake.end_reply.user_id, sizeof(fake.end_reply.user_id), "user-1");
	fake.end_reply.own = (struct ending){ .at = FAKE_NOW, .cause = END_USER, .reason = "user", .device_id = "laptop" };
	memcpy(fake.end_reply.own.sid8, cookie.sid8, SID_LEN);
	a = ASK("POST", "/auth/logout", .extra = { cookie_line, SAME });
	expect(a, 200, NULL);
	expect_trail("end ");
	expect_header(a, cleared);
	assert_non_null(strstr(a, "{\"status\":\"logged_out\",\"already\":false,\"ended\":1,\"logout\":{\"id\":\"lo_"));
	assert_non_null(strstr(a, "\"user_id\":\"user-1\",\"device_id\":\"laptop\",\"scope\":\"session\",\"reason\":\"user\","
	    "\"at\":\"2027-01-15T08:00:00Z\"}}"));
	expect_no(a, "Clear-Site-Data");
	/* Again: the same record. */
	fake.end_reply.ended = 0;
	a = ASK("POST", "/auth/logout", .extra = { cookie_line, SAME });
	assert_non_null(strstr(a, "\"already\":true,\"ended\":0,\"logout\":{\"id\":\"lo_"));
	expect_header(a, cleared);
	/* By any one of the credentials. */
	expect(ASK("POST", "/auth/logout", .extra = { bearer_line }), 200, NULL);
	assert_memory_equal(fake.ended.sid8, cookie.sid8, SID_LEN);
	expect(POST("/auth/logout", JSON, member), 200, NULL);
	assert_memory_equal(fake.ended.sid8, cookie.sid8, SID_LEN);
	expect(POST("/auth/logout", JSON, member, cookie_line), 200, NULL);
	expect(POST("/auth/logout", JSON, member, other_line), 400, "invalid_request");
	/* An expired access token with a good signature is fine. */
	fake.now += 10000;
	expect(ASK("POST", "/auth/logout", .extra = { bearer_line }), 200, NULL);
	/* Well-formed, and nothing is known of it. */
	fake.end_reply.has_own = false;
	a = ASK("POST", "/auth/logout", .extra = { cookie_line, SAME });
	assert_non_null(strstr(a, "{\"status\":\"logged_out\",\"already\":true,\"ended\":0,\"logout\":null}"));
	expect_header(a, cleared);
	/* No credential at all. */
	a = ASK("POST", "/auth/logout");
	expect(a, 200, NULL);
	expect_trail("");
	assert_non_null(strstr(a, "{\"status\":\"logged_out\",\"already\":true,\"ended\":0,\"logout\":null}"));
	expect_header(a, cleared);
	/* Malformed or forged, in whatever place. */
	a = ASK("POST", "/auth/logout", .extra = { forged_line, SAME });
	expect(a, 401, "invalid_token");
	expect_header(a, cleared);
	a = ASK("POST", "/auth/logout", .extra = { "HTTP_AUTHORIZATION=Bearer x" });
	expect(a, 401, "invalid_token");
	expect_header(a, cleared);
	expect(POST("/auth/logout", JSON, "{\"refresh_token\":\"dwr_x\"}"), 401, "invalid_token");
	expect_header(last.answer.p, cleared);
	expect_trail("");
	/* Only if configured. */
	fake.conf.clear_site_data = true;
	expect_header(ASK("POST", "/auth/logout", .extra = { cookie_line, SAME }), "Clear-Site-Data: \"cache\", \"cookies\", \"storage\"");
}

static void
logout_scopes(void **state)
{
	static const struct {
		const char *body;
		enum end_scope said;
	} t[] = { { "{}", SCOPE_SESSION }, { "{\"scope\":\"session\"}", SCOPE_SESSION }, { "{\"scope\":\"device\"}", SCOPE_DEVICE },
		{ "{\"scope\":\"others\"}", SCOPE_OTHERS }, { "{\"scope\":\"all\"}", SCOPE_ALL }, { "{\"scope\":null}", SCOPE_SESSION } };
	static const char *const wrong[] = { "{\"scope\":\"\"}", "{\"scope\":\"ALL\"}", "{\"scope\":\"everything\"}", "{\"scope\":1}", "{\"scope\":[\"all\"]}" };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const char *a = POST("/auth/logout", JSON, t[i].body, cookie_line);

		expect(a, 200, NULL);
		assert_int_equal(fake.ended.said_scope, t[i].said);
		if (t[i].said != SCOPE_OTHERS) {
			expect_header(a, cleared);
			continue;
		}
		expect_no(a, "Set-Cookie"); /* the caller stays */
		assert_non_null(strstr(a, "\"logout\":null"));
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		expect(POST("/auth/logout", JSON, wrong[i], cookie_line), 400, "invalid_request");
		expect_trail("");
	}
}

static void
refresh(void **state)
{
	static const struct {
		enum rotate_outcome outcome;
		const char *reason;
	} t[] = { { ROTATE_UNKNOWN, "unknown" }, { ROTATE_EXPIRED, "expired" }, { ROTATE_REVOKED, "revoked" }, { ROTATE_REUSED, "reused" },
		{ ROTATE_DEVICE_MISSING, "device_mismatch" }, { ROTATE_CLIENT_MISMATCH, "client_mismatch" } };
	static char json[256], form[256];

	(void)state;
	snprintf(json, sizeof(json), "{\"refresh_token\":\"%s\"}", refresh_text);
	snprintf(form, sizeof(form), "grant_type=refresh_token&refresh_token=%s", refresh_text);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char reason[64];

		snprintf(reason, sizeof(reason), "\"reason\":\"%s\"", t[i].reason);
		fake.rotate_reply.outcome = t[i].outcome;
		expect(POST("/auth/refresh", JSON, json), 401, "invalid_grant");
		assert_non_null(strstr(last.answer.p, reason));
		expect_header(last.answer.p, "WWW-Authenticate: Bearer realm=\"doorward\"");
		expect(POST("/auth/token", FORM, form), 400, "invalid_grant");
		assert_non_null(strstr(last.answer.p, reason));
		expect_no(last.answer.p, "WWW-Authenticate");
	}
	/* Malformed, forged, or another kind: refused without asking, and no family is burnt for it (R150). */
	expect(POST("/auth/refresh", JSON, "{\"refresh_token\":\"x\"}"), 401, "invalid_grant");
	assert_non_null(strstr(last.answer.p, "\"reason\":\"unknown\""));
	snprintf(json, sizeof(json), "{\"refresh_token\":\"%s\"}", cookie_text);
	expect(POST("/auth/refresh", JSON, json), 401, "invalid_grant");
	expect_trail("");
	expect(POST("/auth/refresh", JSON, "{}"), 400, "invalid_request");
	expect(POST("/auth/refresh", JSON, "{\"refresh_token\":7}"), 400, "invalid_request");
	expect(ASK("POST", "/auth/refresh", .extra = { bearer_line }), 400, "invalid_request");
	expect(POST("/auth/token", FORM, "grant_type=password&username=alice&password=right"), 400, "unsupported_grant_type");
	expect(POST("/auth/token", FORM, "refresh_token=x"), 400, "invalid_request");
	expect(POST("/auth/token", FORM, "grant_type=refresh_token&grant_type=refresh_token&refresh_token=x"), 400, "invalid_request");
	expect(POST("/auth/token", JSON, "{\"grant_type\":\"refresh_token\",\"refresh_token\":\"x\"}"), 415, "unsupported_media_type");
	expect_trail("");
}

/* Another user's session, one that never was, and nonsense are the same to the caller (R078). */
static void
sessions_of_others(void **state)
{
	static char first[4096], uri[64];
	uint8_t foreign[UP_LEN] = { 42 };
	char sid[PUBLIC_SID_LEN + 1];

	(void)state;
	expect(ASK("DELETE", "/auth/sessions/nonsense", .extra = { bearer_line }), 404, "not_found");
	snprintf(first, sizeof(first), "%s", last.answer.p);
	sid_public(keyring_user(fake.app.keys), foreign, cookie.sid8, sid);
	snprintf(uri, sizeof(uri), "/auth/sessions/%s", sid);
	expect(ASK("DELETE", uri, .extra = { bearer_line }), 404, "not_found");
	expect_trail("lookup ");
	assert_string_equal(last.answer.p, first);
	sid_public(keyring_user(fake.app.keys), up, (const uint8_t *)"notthere", sid);
	snprintf(uri, sizeof(uri), "/auth/sessions/%s", sid);
	expect(ASK("DELETE", uri, .extra = { bearer_line }), 404, "not_found");
	assert_string_equal(last.answer.p, first);
}

static void
login_page(void **state)
{
	const char *a = ASK("GET", "/auth/login?next=%2Fapp");

	(void)state;
	expect(a, 200, NULL);
	expect_trail("");
	assert_non_null(strstr(a, "name=\"next\" value=\"/app\""));
	a = ASK("GET", "/auth/login?next=%2F%2Fevil.example");
	assert_non_null(strstr(a, "name=\"next\" value=\"/\""));
	a = ASK("GET", "/auth/login?next=/a&next=//evil.example");
	assert_non_null(strstr(a, "name=\"next\" value=\"/\""));
	a = ASK("GET", "/auth/login?next=javascript:alert(1)");
	expect_no(a, "javascript");
	a = ASK("HEAD", "/auth/login");
	expect(a, 200, NULL);
	assert_string_equal(strstr(a, "\r\n\r\n"), "\r\n\r\n");
	/* The kicked user reads why. */
	fake.found.live = false;
	fake.found.ended = true;
	snprintf(fake.found.ending.reason, sizeof(fake.found.ending.reason), "password_changed");
	a = ASK("GET", "/auth/login", .extra = { cookie_line });
	assert_non_null(strstr(a, "the password was changed"));
	/* An operator's words are text. */
	snprintf(fake.found.ending.reason, sizeof(fake.found.ending.reason), "<b>x</b>");
	a = ASK("GET", "/auth/login", .extra = { cookie_line });
	assert_non_null(strstr(a, "&lt;b&gt;x&lt;/b&gt;"));
}

/* Nothing of one request is in the answer to the next. */
static void
no_memory(void **state)
{
	const char *a;

	(void)state;
	expect(POST("/auth/login", FORM, "username=alice&password=right&remember=1", SAME), 200, NULL);
	a = ASK("GET", "/auth/nowhere");
	expect_no(a, "Set-Cookie");
	expect_no(a, "alice");
	expect(POST("/auth/login", JSON, "{\"username\":\"alice\"}"), 400, "invalid_request");
	a = ASK("GET", "/auth/check", .extra = { cookie_line });
	expect(a, 200, NULL);
	expect_no(a, "WWW-Authenticate");
	expect_no(a, "application/json");
}

/* Header names that a front may have let through do not sign anybody in. */
static void
identity_headers_of_the_client(void **state)
{

	(void)state;
	expect(ASK("GET", "/auth/check", .extra = { "HTTP_REMOTE_USER=root", "HTTP_X_DOORWARD_USER_ID=1", "REMOTE_USER=root", "AUTH_TYPE=Basic",
	    "HTTP_X_FORWARDED_USER=root", "HTTP_USER_AGENT=health-check" }), 401, "missing_token");
	expect_no(last.answer.p, "root");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(routing, fresh),
		cmocka_unit_test_setup(trace, fresh),
		cmocka_unit_test_setup(headers_refused, fresh),
		cmocka_unit_test_setup(plain_http, fresh),
		cmocka_unit_test_setup(bodies, fresh),
		cmocka_unit_test_setup(check_allows, fresh),
		cmocka_unit_test_setup(check_refuses, fresh),
		cmocka_unit_test_setup(nothing_from_the_query, fresh),
		cmocka_unit_test_setup(check_groups, fresh),
		cmocka_unit_test_setup(check_redirects, fresh),
		cmocka_unit_test_setup(store_down, fresh),
		cmocka_unit_test_setup(login_tokens, fresh),
		cmocka_unit_test_setup(login_cookies, fresh),
		cmocka_unit_test_setup(login_ends_what_was_there, fresh),
		cmocka_unit_test_setup(login_refuses_alike, fresh),
		cmocka_unit_test_setup(login_wrong_members, fresh),
		cmocka_unit_test_setup(login_failures, fresh),
		cmocka_unit_test_setup(csrf, fresh),
		cmocka_unit_test_setup(logout, fresh),
		cmocka_unit_test_setup(logout_scopes, fresh),
		cmocka_unit_test_setup(refresh, fresh),
		cmocka_unit_test_setup(sessions_of_others, fresh),
		cmocka_unit_test_setup(login_page, fresh),
		cmocka_unit_test_setup(no_memory, fresh),
		cmocka_unit_test_setup(identity_headers_of_the_client, fresh),
	};

	return (cmocka_run_group_tests(tests, begin, end));
}
