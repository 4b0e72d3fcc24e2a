/* SPDX-License-Identifier: ISC */
/*
 * The answer to a request: status, header lines, body, in buffers of a fixed size that are used again for every request.
 * Headers that belong on every answer are added at the end, in one place, so that no handler can forget them. If something did
 * not fit, the whole answer becomes an error: a part of one is never sent.
 */
#include <stdio.h>

#include "base/log.h"

#include "http/response.h"

/* What an answer may depend on. Nothing that does may be stored; this is for caches that were told to do so all the same. */
static const char vary[] = "Vary: Authorization, Cookie, Origin, Sec-Fetch-Site, Sec-Fetch-Mode, Accept, Accept-Language\r\n";

static const char default_csp[] = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";

static const char *
phrase_of(int status)
{
	static const struct {
		int status;
		const char *phrase;
	} phrases[] = { { 200, "OK" }, { 202, "Accepted" }, { 204, "No Content" }, { 302, "Found" }, { 303, "See Other" },
		{ 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" }, { 404, "Not Found" },
		{ 405, "Method Not Allowed" }, { 409, "Conflict" }, { 413, "Content Too Large" },
		{ 415, "Unsupported Media Type" }, { 429, "Too Many Requests" }, { 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" }, { 503, "Service Unavailable" } };

	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (phrases[i].status == status)
			return (phrases[i].phrase);
	return ("Unknown");
}

/* The contract's table of codes. */
static int
status_of(const char *code)
{
	static const struct {
		const char *code;
		int status;
	} codes[] = { { "invalid_request", 400 }, { "invalid_credentials", 401 }, { "invalid_token", 401 },
		{ "missing_token", 401 }, { "invalid_grant", 401 }, { "invalid_client", 401 }, { "insecure_transport", 403 },
		{ "csrf", 403 }, { "forbidden", 403 }, { "not_found", 404 }, { "method_not_allowed", 405 },
		{ "header_too_large", 431 }, { "unsupported_grant_type", 400 }, { "unsupported_token_type", 400 },
		{ "too_many_sessions", 409 }, { "payload_too_large", 413 }, { "unsupported_media_type", 415 },
		{ "too_many_attempts", 429 }, { "overloaded", 503 }, { "store_unavailable", 503 },
		{ "userdb_unavailable", 503 } };

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (str_is(str_of(code), codes[i].code))
			return (codes[i].status);
	return (500);
}

/* What a 401 asks for: a token, or, of an OAuth client, its own credentials (RFC 6749 section 5.2). */
static const char *
challenge_of(const char *code)
{

	if (str_is(str_of(code), "invalid_token"))
		return ("Bearer realm=\"doorward\", error=\"invalid_token\"");
	return (str_is(str_of(code), "invalid_client") ? "Basic realm=\"doorward\"" : "Bearer realm=\"doorward\"");
}

void
response_init(struct response *r)
{
	static char head[RESPONSE_HEAD_MAX], body[RESPONSE_BODY_MAX];

	r->status = 500;
	r->type = NULL;
	r->cacheable = r->own_csp = r->allowed = false;
	r->challenge = challenge_of("");
	r->error.code = NULL;
	buf_init(&r->head, head, sizeof(head));
	buf_init(&r->body, body, sizeof(body));
}

/* The value is checked and not cleaned: a caller that lets a control through has a bug that should be seen. */
void
response_header(struct response *r, const char *name, struct str value)
{

	if (str_has_control(value)) {
		log_error("a header value with a control character was left out header=%s", name);
		return;
	}
	buf_puts(&r->head, name);
	buf_puts(&r->head, ": ");
	buf_putstr(&r->head, value);
	buf_puts(&r->head, "\r\n");
}

/* Whatever was written before is dropped: an error in the middle of an answer replaces it. */
static void
start_body(struct response *r, int status, const char *type)
{

	r->status = status;
	r->type = type;
	r->body.len = 0;
	r->body.overflow = false;
	r->error.code = NULL;
}

void
response_json(struct response *r, int status)
{

	start_body(r, status, "application/json");
}

void
response_public(struct response *r)
{

	response_json(r, 200);
	r->cacheable = true;
	response_header(r, "Cache-Control", STR_LIT("public, max-age=300"));
}

void
response_html(struct response *r, int status)
{

	start_body(r, status, "text/html; charset=utf-8");
}

void
response_redirect(struct response *r, int status, struct str location)
{

	start_body(r, status, NULL);
	response_header(r, "Location", location);
}

void
response_retry_after(struct response *r, int64_t seconds)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)seconds);
	response_header(r, "Retry-After", str_of(text));
}

/* Drops a body that was begun. The trace id is in it so that people can name it to whoever reads the log. */
void
response_error(struct response *r, const struct request *q, const char *code, const char *description, const char *reason,
    int64_t retry_after)
{

	response_json(r, status_of(code));
	buf_puts(&r->body, "{\"error\":\"");
	buf_puts(&r->body, code);
	buf_puts(&r->body, "\",\"error_description\":");
	buf_json(&r->body, str_of(description));
	if (reason != NULL) {
		buf_puts(&r->body, ",\"reason\":");
		buf_json(&r->body, str_of(reason));
	}
	if (retry_after > 0) {
		buf_printf(&r->body, ",\"retry_after\":%lld", (long long)retry_after);
		response_retry_after(r, retry_after);
	}
	buf_puts(&r->body, ",\"trace_id\":\"");
	buf_puts(&r->body, q->trace_id);
	buf_puts(&r->body, "\"}");
	r->challenge = challenge_of(code);
	r->error.code = code;
	snprintf(r->error.description, sizeof(r->error.description), "%s", description);
}

static void
put_line(struct buf *out, const char *name, const char *value)
{

	buf_puts(out, name);
	buf_puts(out, value);
	buf_puts(out, "\r\n");
}

/* "Status: 200 OK" and the like; without printf, since every answer begins so. */
static void
put_status(int status, struct buf *out)
{
	char code[] = { (char)('0' + status / 100), (char)('0' + status / 10 % 10), (char)('0' + status % 10), ' ', '\0' };

	buf_puts(out, "Status: ");
	put_line(out, code, phrase_of(status));
}

static void
put_fixed_headers(const struct response *r, const struct request *q, const struct config *c, struct buf *out)
{

	/* An Authorizer's would become headers of the application's page: Apache copies them. */
	if (!r->cacheable && !(r->allowed && q->authorizer))
		buf_puts(out, "Cache-Control: no-store\r\n");
	/* A yes has no body that they could be about, and stands before every picture: each of them costs. */
	if (r->allowed)
		return;
	if (!r->cacheable)
		buf_puts(out, vary);
	/* With no-referrer a browser posts the page's own form with "Origin: null". */
	put_line(out, "X-Content-Type-Options: nosniff\r\nReferrer-Policy: ", r->own_csp ? "same-origin" : "no-referrer");
	if (!r->own_csp)
		put_line(out, "Content-Security-Policy: ", default_csp);
	if (q->tls && c->hsts[0] != '\0')
		put_line(out, "Strict-Transport-Security: ", c->hsts);
	if (r->status == 401)
		put_line(out, "WWW-Authenticate: ", r->challenge);
}

/* HEAD has the length of the body and not the body. */
void
response_write(struct response *r, const struct request *q, const struct config *c, struct buf *out)
{

	if (r->head.overflow || r->body.overflow) {
		log_error("an answer is too large for its buffer status=%d", r->status);
		response_init(r);
		response_error(r, q, "server_error", "The answer could not be built.", NULL, 0);
	}
	put_status(r->status, out);
	put_fixed_headers(r, q, c, out);
	if (r->type != NULL)
		put_line(out, "Content-Type: ", r->type);
	buf_putstr(out, buf_str(&r->head));
	if (!(r->allowed && q->authorizer)) {
		buf_puts(out, "Content-Length: ");
		buf_int(out, (int64_t)r->body.len);
		buf_puts(out, "\r\n");
	}
	buf_puts(out, "\r\n");
	if (q->method != METHOD_HEAD)
		buf_putstr(out, buf_str(&r->body));
}
