#include <stdio.h>
#include <string.h>

#include "auth/csrf.h"
#include "handle/credential.h"

#include "handle/page.h"

static const char style[] =
    "*{box-sizing:border-box}"
    "body{margin:0;min-height:100vh;display:flex;align-items:center;justify-content:center;padding:1.25rem;"
    "background:#eef1f5;color:#1c2733;font:1rem/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif}"
    "main{width:100%;max-width:24rem;background:#fff;border:1px solid #d5dce4;border-radius:.75rem;padding:2rem;"
    "box-shadow:0 .5rem 1.5rem rgba(28,39,51,.08)}"
    "h1{margin:0 0 1.25rem;font-size:1.5rem;line-height:1.25}"
    "p{margin:0 0 1.25rem}p:last-child{margin-bottom:0}"
    "label{display:block;margin:0 0 .375rem;font-weight:600;font-size:.9375rem}"
    "input[type=text],input[type=password]{width:100%;margin:0 0 1.125rem;padding:.625rem .75rem;font:inherit;color:inherit;"
    "background:#fff;border:1px solid #8a97a6;border-radius:.5rem}"
    "input:focus-visible,button:focus-visible,a:focus-visible{outline:3px solid #7fb0f0;outline-offset:1px}"
    ".check{display:flex;gap:.5rem;align-items:center;margin:0 0 1.25rem;font-weight:400}"
    ".check input{width:1.125rem;height:1.125rem;margin:0}"
    "button{width:100%;padding:.6875rem;font:inherit;font-weight:600;color:#fff;background:#1f5fae;border:0;border-radius:.5rem;cursor:pointer}"
    "button:hover{background:#184d8f}"
    "button.quiet{color:#1f5fae;background:#fff;border:1px solid #1f5fae}"
    ".note,.alarm{padding:.75rem .875rem;border-radius:.5rem;border:1px solid #b9cfe8;background:#eef5fd}"
    ".alarm{border-color:#e0a8a4;background:#fdf1f0}"
    "hr{border:0;border-top:1px solid #d5dce4;margin:1.5rem 0}"
    "@media (prefers-color-scheme:dark){body{background:#12171d;color:#e4e9ef}main{background:#1b222a;border-color:#313c48;box-shadow:none}"
    "input[type=text],input[type=password]{background:#12171d;border-color:#66727f}"
    "button{background:#2f74cb}button.quiet{color:#9cc4f5;background:transparent;border-color:#66727f}"
    ".note{background:#16283c;border-color:#2c4a6b}.alarm{background:#3a1d1c;border-color:#7a3a37}a{color:#9cc4f5}hr{border-color:#313c48}}";

/* The style is allowed by a nonce: nothing else on the page may bring any, and nothing at all may run. */
static void
begin(struct response *r, int status, const char *title)
{
	char nonce[CSRF_COOKIE_TEXT + 1] = "", csp[256];
	struct buf b;

	csrf_random(nonce); /* without randomness the page is plain, which is safe */
	buf_init(&b, csp, sizeof(csp));
	buf_printf(&b, "default-src 'none'; style-src 'nonce-%s'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'", nonce);
	response_html(r, status);
	r->own_csp = true;
	response_header(r, "Content-Security-Policy", buf_str(&b));
	buf_puts(&r->body, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"robots\" content=\"noindex\">\n<title>");
	buf_html(&r->body, str_of(title));
	buf_printf(&r->body, "</title>\n<style nonce=\"%s\">%s</style>\n</head>\n<body>\n<main>\n<h1>", nonce, style);
	buf_html(&r->body, str_of(title));
	buf_puts(&r->body, "</h1>\n");
}

static void
finish(struct response *r)
{

	buf_puts(&r->body, "</main>\n</body>\n</html>\n");
}

static void
put_hidden(struct response *r, const char *name, struct str value)
{

	buf_printf(&r->body, "<input type=\"hidden\" name=\"%s\" value=\"", name);
	buf_html(&r->body, value);
	buf_puts(&r->body, "\">\n");
}

/* The form's token belongs to a cookie: the browser's own if it has one, else a fresh one. */
static void
put_form_token(struct app *app, const struct request *q, struct response *r)
{
	char fresh[CSRF_COOKIE_TEXT + 1], token[CSRF_TOKEN_TEXT + 1], text[160];
	struct str cookie;
	struct buf b;

	if (request_cookies(q, CREDENTIAL_CSRF_COOKIE, &cookie, 1) != 1 || !str_is_word(cookie, "-_", CSRF_COOKIE_TEXT) ||
	    cookie.len != CSRF_COOKIE_TEXT) {
		if (csrf_random(fresh) != 0)
			return; /* the form will need the browser's own word on its origin */
		cookie = str_of(fresh);
		buf_init(&b, text, sizeof(text));
		buf_printf(&b, "%s=%s; Path=/; Secure; HttpOnly; SameSite=Lax", CREDENTIAL_CSRF_COOKIE, fresh);
		response_header(r, "Set-Cookie", buf_str(&b));
	}
	csrf_token(app->keys, cookie, token);
	put_hidden(r, CREDENTIAL_CSRF_FIELD, str_of(token));
}

static void
put_message(struct response *r, const char *message, bool alarm)
{

	if (message == NULL)
		return;
	buf_printf(&r->body, "<p class=\"%s\" role=\"%s\">", alarm ? "alarm" : "note", alarm ? "alert" : "status");
	buf_html(&r->body, str_of(message));
	buf_puts(&r->body, "</p>\n");
}

/* Somebody is signed in already: offer to go on, or to leave. */
static void
put_signed_in(struct app *app, const struct request *q, struct response *r, const struct login_form *f)
{

	buf_puts(&r->body, "<p class=\"note\">You are signed in as <strong>");
	buf_html(&r->body, f->signed_in_as);
	buf_puts(&r->body, "</strong>. <a href=\"");
	buf_html(&r->body, f->next);
	buf_printf(&r->body, "\">Continue</a></p>\n<form method=\"post\" action=\"%s/logout\">\n", app->conf->mount);
	put_form_token(app, q, r);
	buf_puts(&r->body, "<button class=\"quiet\" type=\"submit\">Sign out</button>\n</form>\n<hr>\n");
}

static void
put_fields(struct response *r, const struct login_form *f)
{

	buf_puts(&r->body, "<label for=\"username\">User name</label>\n<input type=\"text\" id=\"username\" name=\"username\" value=\"");
	buf_html(&r->body, f->username);
	buf_printf(&r->body, "\" autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" required%s>\n",
	    f->username.len == 0 ? " autofocus" : "");
	buf_printf(&r->body, "<label for=\"password\">Password</label>\n<input type=\"password\" id=\"password\" name=\"password\" "
	    "autocomplete=\"current-password\" required%s>\n", f->username.len > 0 ? " autofocus" : "");
	buf_printf(&r->body, "<label class=\"check\"><input type=\"checkbox\" name=\"remember\" value=\"1\"%s> Stay signed in on this device</label>\n",
	    f->remember ? " checked" : "");
	buf_puts(&r->body, "<button type=\"submit\">Sign in</button>\n");
}

void
page_login(struct app *app, const struct request *q, struct response *r, int status, const struct login_form *f)
{

	begin(r, status, app->conf->title);
	put_message(r, f->message, f->alarm);
	if (f->signed_in_as.p != NULL)
		put_signed_in(app, q, r, f);
	buf_printf(&r->body, "<form method=\"post\" action=\"%s/login\">\n", app->conf->mount);
	put_form_token(app, q, r);
	put_hidden(r, "next", f->next);
	put_fields(r, f);
	buf_puts(&r->body, "</form>\n");
	finish(r);
}

void
page_signed_out(struct app *app, struct response *r)
{

	begin(r, 200, "Signed out");
	buf_printf(&r->body, "<p>You are signed out on this device.</p>\n<p><a href=\"%s/login\">Sign in again</a></p>\n", app->conf->mount);
	finish(r);
}

/* The link is made of the configured address, never of the Host header, which anybody can send. */
void
page_insecure(struct app *app, struct response *r)
{

	begin(r, 403, app->conf->title);
	put_message(r, "This page was asked for over plain HTTP. A password sent that way could be read by others.", true);
	buf_puts(&r->body, "<p><a href=\"");
	buf_html(&r->body, str_of(app->conf->issuer));
	buf_puts(&r->body, "/login\">Sign in over https</a></p>\n");
	finish(r);
}

static const char *
operators_words(struct arena *arena, const char *text)
{
	size_t room = strlen(text) + sizeof("You were signed out by an administrator: ");
	char *p = arena_alloc(arena, room);

	if (p != NULL)
		snprintf(p, room, "You were signed out by an administrator: %s", text);
	return (p);
}

const char *
page_reason(struct arena *arena, const char *reason)
{
	static const struct {
		const char *reason, *sentence;
	} sentences[] = {
		{ "user", "You have signed out." },
		{ "expired", "Your session has expired. Please sign in again." },
		{ "device", "You were signed out because you signed in again on this device." },
		{ "limit", "You were signed out because you signed in on too many other devices." },
		{ "relogin", "You were signed out because you signed in again." },
		{ "refresh_reuse", "You were signed out because a sign-in token of yours was used twice. If that was not you, change your password." },
		{ "device_mismatch", "You were signed out because a sign-in token of yours was used on another device. If that was not you, change your password." },
		{ "client_mismatch", "You were signed out because a sign-in token of yours was used by another program. If that was not you, change your password." },
		{ "password_changed", "You were signed out because the password was changed." },
		{ "disabled", "You were signed out because the account was disabled." },
		{ "unconfirmed", "You were signed out because the account could not be looked up." },
		{ "account_changed", "You were signed out because the account was changed." },
		{ "deleted", "You were signed out because the account was deleted." },
		{ "anomaly", "You were signed out because something about your sign-in looked unusual." },
		{ "kick", "You were signed out by an administrator." },
	};

	if (reason == NULL)
		return (NULL);
	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
		if (strcmp(sentences[i].reason, reason) == 0)
			return (sentences[i].sentence);
	return (operators_words(arena, reason));
}
