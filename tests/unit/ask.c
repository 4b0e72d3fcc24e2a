/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ask.h"
#include "hashing.h"

struct ask ask;
const uint8_t ask_user_key[USER_KEY_LEN] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };

int
ask_begin(void **state)
{
	struct access_claims claims = { .user_key = ask_user_key,
		.user_id = "user-1",
		.username = "alice",
		.groups = "",
		.client_id = "app",
		.now = FAKE_NOW,
		.exp = FAKE_NOW + 300 };
	struct token t;
	struct buf b;

	(void)state;
	hashing = (struct hashing){ .fake = &ask.fake, .right = "right", .cannot_make = true };
	if (fake_new(&ask.fake) != 0 ||
	    token_new_session(ask.fake.app.keys, ask_user_key, &ask.cookie, ask.cookie_text) != DW_OK ||
	    token_new_session(ask.fake.app.keys, ask_user_key, &t, ask.other_cookie) != DW_OK ||
	    token_new_refresh(ask.fake.app.keys, ask_user_key, ask.cookie.session_key, &t, ask.refresh_text) != DW_OK)
		return (-1);
	claims.session_key = ask.cookie.session_key;
	buf_init(&b, ask.bearer_text, sizeof(ask.bearer_text));
	if (access_issue(&ask.fake.conf, ask.fake.app.keys, &claims, &b) != DW_OK)
		return (-1);
	snprintf(ask.cookie_line, sizeof(ask.cookie_line), "HTTP_COOKIE=" SESSION "%s", ask.cookie_text);
	snprintf(ask.other_line, sizeof(ask.other_line), "HTTP_COOKIE=" SESSION "%s", ask.other_cookie);
	snprintf(ask.both_line, sizeof(ask.both_line), "HTTP_COOKIE=" SESSION "%s; " SESSION "%s", ask.cookie_text,
	    ask.other_cookie);
	snprintf(ask.bearer_line, sizeof(ask.bearer_line), "HTTP_AUTHORIZATION=Bearer %s", ask.bearer_text);
	snprintf(
	    ask.forged_line, sizeof(ask.forged_line), "HTTP_COOKIE=" SESSION "%.*sx", TOKEN_SESSION_TEXT - 1, ask.cookie_text);
	if (ask.forged_line[strlen(ask.forged_line) - 1] == ask.cookie_text[TOKEN_SESSION_TEXT - 1])
		ask.forged_line[strlen(ask.forged_line) - 1] = 'y';
	return (0);
}

int
ask_end(void **state)
{

	(void)state;
	fake_free(&ask.fake);
	return (0);
}

int
ask_fresh(void **state)
{
	struct lookup_reply *f = &ask.fake.found;

	(void)state;
	fake_reset(&ask.fake);
	snprintf(ask.fake.account.id, sizeof(ask.fake.account.id), "user-1");
	snprintf(ask.fake.account.name, sizeof(ask.fake.account.name), "alice");
	snprintf(f->user_id, sizeof(f->user_id), "user-1");
	snprintf(f->username, sizeof(f->username), "alice");
	snprintf(f->groups, sizeof(f->groups), "admins,users");
	f->live = true;
	f->session = (struct session){ .has_cookie = true,
		.policy = POLICY_SLIDING,
		.created = FAKE_NOW,
		.last_seen = FAKE_NOW,
		.idle = 1800,
		.absolute = FAKE_NOW + 43200,
		.device_id = "laptop" };
	memcpy(f->session.session_key, ask.cookie.session_key, SESSION_KEY_LEN);
	memcpy(f->session.secret_hash, ask.cookie.hash, HASH_LEN);
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

	ask.body_read_calls++;
	if (n > r->left)
		n = r->left;
	if (n == 0)
		return (0);
	memcpy(p, r->text, n);
	r->text += n;
	r->left -= n;
	return ((ssize_t)n);
}

const char *
ask_request(struct call c)
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
	ask.last = (struct exchange){
		.envp = envp, .authorizer = c.authorizer, .poisoned = c.poisoned, .read = give, .ctx = &r
	};
	ask.body_read_calls = 0;
	ask.fake.trail.len = 0;
	ask.fake.trail_text[0] = '\0';
	serve(&ask.fake.app, &ask.last);
	return (ask.last.answer.p);
}

void
ask_expect(const char *answer, int status, const char *error)
{
	char line[64];

	snprintf(line, sizeof(line), "Status: %d ", status);
	if (strncmp(answer, line, strlen(line)) != 0)
		fail_msg("not %d %s but %.300s", status, error == NULL ? "" : error, answer);
	assert_int_equal(ask.last.status, status);
	if (error == NULL)
		return;
	snprintf(line, sizeof(line), "{\"error\":\"%s\"", error);
	if (strstr(answer, line) == NULL)
		fail_msg("not %s but %s", error, strstr(answer, "\r\n\r\n"));
	/* Every error tells its trace. */
	assert_non_null(strstr(answer, "\"trace_id\":\"" TRACE "\"}"));
}

void
ask_expect_header(const char *answer, const char *line)
{
	char text[1024];

	snprintf(text, sizeof(text), "\r\n%s\r\n", line);
	if (strstr(answer, text) == NULL)
		fail_msg("no %s in %s", line, answer);
}

void
ask_expect_no(const char *answer, const char *text)
{

	if (strstr(answer, text) != NULL)
		fail_msg("%s in %s", text, answer);
}

void
ask_expect_trail(const char *trail)
{

	assert_string_equal(ask.fake.trail_text, trail);
}
