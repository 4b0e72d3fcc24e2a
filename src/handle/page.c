/* SPDX-License-Identifier: ISC */
/*
 * The pages: each is a template of src/handle/pages with the values that are put in here. All say the same of themselves
 * (title, language, the site's name and help), bring one style, and can run nothing: the policy allows that style by its digest
 * and forms to ourselves.
 */
#include <stdio.h>
#include <string.h>

#include "auth/csp.h"
#include "auth/csrf.h"
#include "handle/credential.h"
#include "handle/next.h"
#include "handle/pages.inc"
#include "handle/template.h"
#include "handle/texts.h"

#include "handle/page.h"

#define VALUES_MAX 24

/* A page in the making. */
struct page {
	struct template_value values[VALUES_MAX];
	size_t n;
	char token[CSRF_TOKEN_TEXT + 1];
	char login[NEXT_ADDRESS_MAX], again[NEXT_ADDRESS_MAX];
};

static void
set(struct page *p, const char *name, struct str value)
{

	if (p->n < VALUES_MAX)
		p->values[p->n++] = (struct template_value){ name, value };
}

static void
set_flag(struct page *p, const char *name, bool on)
{

	set(p, name, on ? STR_LIT("") : STR_NONE);
}

/* An option that is "" is left out of the page. */
static void
set_option(struct page *p, const char *name, const char *value)
{

	set(p, name, value[0] != '\0' ? str_of(value) : STR_NONE);
}

static void
begin(struct page *p, struct app *app, struct str title)
{

	p->n = 0;
	set(p, "language", texts_find(STR_LIT("language")));
	set(p, "title", title);
	set(p, "mount", str_of(app->conf->mount));
	set_option(p, "site_name", app->conf->site_name);
	set_option(p, "help_url", app->conf->site_help_url);
}

/* All templates have the same style. */
static struct str
policy(void)
{
	static const char begin_tag[] = "<style>";
	static char csp[CSP_MAX];

	if (csp[0] == '\0') {
		const char *from = strstr(template_login, begin_tag) + sizeof(begin_tag) - 1;

		csp_of_style((struct str){ from, (size_t)(strstr(from, "</style>") - from) }, csp);
	}
	return (str_of(csp));
}

static void
finish(struct page *p, struct response *r, int status, const char *template)
{
	response_html(r, status);
	r->own_csp = true;
	response_header(r, "Content-Security-Policy", policy());
	template_render(&r->body, template, p->values, p->n);
	explicit_bzero(p->token, sizeof(p->token));
}

/* The form's token belongs to a cookie: the browser's own if it has one, else a fresh one. */
static void
set_form(struct page *p, struct app *app, const struct request *q, struct response *r, struct str next)
{
	char fresh[CSRF_COOKIE_TEXT + 1];
	struct str cookie = credential_form_cookie(app, q);

	set(p, "next", next);
	if (cookie.p == NULL) {
		if (!credential_new_form_cookie(app, q, r, fresh)) {
			set(p, "csrf_token", STR_NONE); /* the form will need the browser's own word on its origin */
			return;
		}
		cookie = str_of(fresh);
	}
	csrf_token(app->keys, cookie, p->token);
	set(p, "csrf_token", str_of(p->token));
}

/* The same text is an alarm (role="alert") or news; the template shows one of the two. */
static void
set_message(struct page *p, struct str text, bool alarm)
{

	set(p, "message", text);
	set(p, "alarm", alarm ? text : STR_NONE);
	set(p, "news", alarm ? STR_NONE : text);
}

void
page_login(struct app *app, const struct request *q, struct response *r, int status, const struct login_form *f)
{
	bool somebody = f->signed_in_as.p != NULL;
	static struct page p;

	begin(&p, app, somebody ? texts_find(STR_LIT("title.signed_in")) : str_of(app->conf->title));
	set_message(&p, f->message, f->alarm);
	set_form(&p, app, q, r, f->next);
	set(&p, "signed_in_as", f->signed_in_as);
	set(&p, "username", f->username.p != NULL ? f->username : STR_LIT(""));
	set_flag(&p, "wrong", f->wrong);
	set_flag(&p, "outage", f->outage);
	set_flag(&p, "remember", f->remember);
	set_flag(&p, "focus_name", !somebody && f->username.len == 0);
	set_flag(&p, "focus_password", !somebody && f->username.len > 0);
	finish(&p, r, status, somebody ? template_signed_in : template_login);
}

void
page_sign_out(struct app *app, const struct request *q, struct response *r, struct str next)
{
	static struct page p;

	begin(&p, app, texts_find(STR_LIT("title.sign_out")));
	set_message(&p, STR_NONE, false);
	set_form(&p, app, q, r, next);
	finish(&p, r, 200, template_sign_out);
}

/* The address of our page ${path} with the way on from there. */
static struct str
address(char room[NEXT_ADDRESS_MAX], const char *mount, const char *path, struct str next)
{
	struct buf b;

	buf_init(&b, room, NEXT_ADDRESS_MAX);
	buf_puts(&b, mount);
	buf_puts(&b, path);
	if (next.p != NULL && !str_is(next, "/")) {
		buf_puts(&b, "?next=");
		buf_urlencode(&b, next);
	}
	return (buf_str(&b));
}

void
page_signed_out(struct app *app, struct response *r, struct str next, enum page_out where)
{
	static const struct {
		const char *title, *template;
	} outs[] = {
		[PAGE_OUT_HERE] = { "title.signed_out", template_signed_out },
		[PAGE_OUT_OTHERS] = { "title.others_out", template_others_out },
		[PAGE_OUT_ONE] = { "title.one_out", template_one_out },
	};
	static struct page p;

	begin(&p, app, texts_find(str_of(outs[where].title)));
	set_message(&p, STR_NONE, false);
	set(&p, "next", next);
	set(&p, "login_url", address(p.login, app->conf->mount, "/login", next));
	finish(&p, r, 200, outs[where].template);
}

static bool
is_one_of(const char *code, const char *const *list)
{

	for (; *list != NULL; list++)
		if (strcmp(code, *list) == 0)
			return (true);
	return (false);
}

/* What can be asked for again: a page just so, a form of ours as a new one, anything else by going back only. */
static struct str
again(struct page *p, struct app *app, const struct request *q, bool outage)
{
	static const char *const forms[] = { "/login", "/logout", NULL };

	if ((q->method & (METHOD_GET | METHOD_HEAD)) != 0)
		return (outage ? STR_LIT("") : STR_NONE); /* an empty reference is the page itself, with its query */
	if (q->authorizer || !is_one_of(q->path, forms))
		return (STR_NONE);
	return (address(p->again, app->conf->mount, q->path, next_asked(app->conf, q)));
}

/*
 * Where somebody who is refused may sign in. Over plain http the link is made of the configured address, never of the Host
 * header, which anybody can send.
 */
static void
set_login(struct page *p, struct app *app, const struct request *q, const char *code)
{
	static const char *const sign_in[] = { "invalid_token", "missing_token", NULL };
	struct str next = q->authorizer || strcmp(q->path, "/check") == 0 ? next_of_request(app->conf, q)
									  : next_asked(app->conf, q);
	const char *text = NULL, *place = app->conf->mount;

	if (is_one_of(code, sign_in)) {
		text = "sign_in";
	} else if (strcmp(code, "forbidden") == 0) {
		text = "sign_in_as_other";
	} else if (strcmp(code, "insecure_transport") == 0) {
		text = "sign_in_securely";
		place = app->conf->issuer;
	}
	set(p, "login_url", text != NULL ? address(p->login, place, "/login", next) : STR_NONE);
	set(p, "login_text", text != NULL ? texts_find(str_of(text)) : STR_NONE);
}

/* The text of the code, if there is one for people, else the sentence that programs get. */
void
page_error(struct app *app, const struct request *q, struct response *r)
{
	static const char *const outages[] = { "store_unavailable", "userdb_unavailable", NULL };
	const char *code = r->error.code;
	struct str title = texts_of("title.", code), text = texts_of("text.", code), url;
	bool outage = is_one_of(code, outages);
	static struct page p;

	begin(&p, app, title.p != NULL ? title : texts_find(STR_LIT("title.error")));
	set_message(&p, STR_NONE, false);
	set(&p, "text", text.p != NULL ? text : str_of(r->error.description));
	set(&p, "trace_id", str_of(q->trace_id));
	set_flag(&p, "outage", outage);
	url = again(&p, app, q, r->status == 503);
	set(&p, "again_url", url);
	set_login(&p, app, q, code);
	set_flag(&p, "home", strcmp(code, "insecure_transport") != 0);
	finish(&p, r, r->status, template_error);
}

static struct str
operators_words(struct arena *arena, const char *text)
{
	struct str before = texts_of("ended.", "kick_because");
	size_t room = before.len + 1 + strlen(text) + 1;
	char *p = arena_alloc(arena, room);

	if (p != NULL)
		snprintf(p, room, "%s %s", before.p, text);
	return (str_of(p));
}

struct str
page_logout_record(struct arena *arena, enum end_cause cause, const char *reason)
{

	if (cause == END_NONE)
		return (STR_NONE);
	if (cause == END_KICK && strcmp(reason, end_cause_reason(END_KICK)) != 0)
		return (operators_words(arena, reason));
	if (cause == END_MISMATCH && strcmp(reason, "client_mismatch") == 0)
		return (texts_of("ended.", reason));
	return (texts_of("ended.", end_cause_reason(cause)));
}
