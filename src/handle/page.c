/* SPDX-License-Identifier: ISC */
/*
 * The pages around signing in and out, and the page that an error becomes. What all have in common is in page_kit.c, the
 * account page in account.c.
 */
#include <stdio.h>
#include <string.h>

#include "handle/page_kit.h"
#include "handle/texts.h"

#include "handle/page.h"

void
page_login(struct app *app, const struct request *q, struct response *r, int status, const struct login_form *f)
{
	bool somebody = f->signed_in_as.p != NULL;
	static struct page p;

	page_begin(&p, app, q);
	if (!somebody && app->conf->title[0] != '\0')
		page_set(&p, "title", str_of(app->conf->title));
	else
		page_set_title(&p, somebody ? "title.signed_in" : "title.sign_in");
	page_set_message(&p, f->message, f->alarm);
	page_set_form(&p, q, r, f->next);
	page_set(&p, "signed_in_as", f->signed_in_as);
	page_set(&p, "username", f->username.p != NULL ? f->username : STR_LIT(""));
	page_set_flag(&p, "wrong", f->wrong);
	page_set_flag(&p, "outage", f->outage);
	page_set_flag(&p, "remember", f->remember);
	page_set_flag(&p, "focus_name", !somebody && f->username.len == 0);
	page_set_flag(&p, "focus_password", !somebody && f->username.len > 0);
	page_finish(&p, r, status, somebody ? template_signed_in : template_login);
}

void
page_sign_out(struct app *app, const struct request *q, struct response *r, struct str next)
{
	static struct page p;

	page_begin(&p, app, q);
	page_set_title(&p, "title.sign_out");
	page_set_message(&p, STR_NONE, false);
	page_set_form(&p, q, r, next);
	page_finish(&p, r, 200, template_sign_out);
}

/* Whoever is signed out here may sign in again; everybody else goes on. */
void
page_signed_out(struct app *app, const struct request *q, struct response *r, struct str next, enum page_out where)
{
	static const struct {
		const char *title, *says;
		int status;
		bool here;
	} outs[] = {
		[PAGE_OUT_HERE] = { "title.signed_out", "signed_out_says", 200, true },
		[PAGE_OUT_OTHERS] = { "title.others_out", "others_out_says", 200, false },
		[PAGE_OUT_ONE] = { "title.one_out", "one_out_says", 200, false },
		[PAGE_OUT_PENDING] = { "title.pending", "pending_says", 202, true },
		[PAGE_OUT_OTHERS_PENDING] = { "title.others_pending", "others_pending_says", 202, false },
	};
	bool here = outs[where].here;
	static struct page p;

	page_begin(&p, app, q);
	page_set_title(&p, outs[where].title);
	page_set_message(&p, STR_NONE, false);
	page_set(&p, "says", page_text(&p, outs[where].says));
	page_set(&p, "next", here ? STR_NONE : next);
	page_set(&p, "next_text", page_text(&p, next_is_account(app->conf, next) ? "account.back" : "continue"));
	page_set(&p, "login_url", here ? page_address(p.login, app->conf->mount, "/login", next) : STR_NONE);
	page_finish(&p, r, outs[where].status, template_signed_out);
}

static bool
is_one_of(const char *code, const char *const *list)
{

	for (; *list != NULL; list++)
		if (strcmp(code, *list) == 0)
			return (true);
	return (false);
}

/* What can be asked for again: a page just so, a form of ours as a new one, anything else by going back only. The forms of the
 * account page lead back there. */
static struct str
again(struct page *p, struct app *app, const struct request *q, bool outage)
{
	static const char *const forms[] = { "/login", "/logout", NULL };
	struct str next;

	if ((q->method & (METHOD_GET | METHOD_HEAD)) != 0)
		return (outage ? STR_LIT("") : STR_NONE); /* an empty reference is the page itself, with its query */
	if (q->authorizer)
		return (STR_NONE);
	next = next_asked(app->conf, q);
	if (strcmp(q->path, "/password") == 0 || next_is_account(app->conf, next))
		return (page_address(p->again, app->conf->mount, "/account", STR_NONE));
	return (is_one_of(q->path, forms) ? page_address(p->again, app->conf->mount, q->path, next) : STR_NONE);
}

/*
 * Where somebody who is refused may sign in. Over plain http the link is made of the configured address, never of the Host
 * header, which anybody can send.
 */
static void
set_login(struct page *p, struct app *app, const struct request *q, const char *code)
{
	static const char *const sign_in[] = { "invalid_token", "missing_token", NULL };
	bool check = q->authorizer || strcmp(q->path, "/check") == 0;
	struct str next = check ? next_of_request(app->conf, q) : next_asked(app->conf, q);
	const char *text = NULL, *place = check ? next_login_place(app->conf) : app->conf->mount;

	if (is_one_of(code, sign_in)) {
		text = "sign_in";
	} else if (strcmp(code, "forbidden") == 0) {
		text = "sign_in_as_other";
	} else if (strcmp(code, "insecure_transport") == 0) {
		text = "sign_in_securely";
		place = app->conf->issuer;
	}
	page_set(p, "login_url", text != NULL ? page_address(p->login, place, "/login", next) : STR_NONE);
	page_set(p, "login_text", text != NULL ? page_text(p, text) : STR_NONE);
}

/* The text of the code; and, where it says more than that, the sentence that programs get. */
static void
set_error(struct page *p, const struct response *r, const char *code)
{
	static const char *const detailed[] = { "invalid_request", "method_not_allowed", NULL };
	struct str title = texts_of(p->language, "title.", code), text = texts_of(p->language, "text.", code);
	struct str said = str_of(r->error.description);

	page_set(p, "title", title.p != NULL ? title : page_text(p, "title.error"));
	page_set(p, "text", text);
	page_set(p, "detail", text.p == NULL || is_one_of(code, detailed) ? said : STR_NONE);
}

void
page_error(struct app *app, const struct request *q, struct response *r)
{
	static const char *const outages[] = { "store_unavailable", "userdb_unavailable", NULL };
	const char *code = r->error.code;
	bool outage = is_one_of(code, outages);
	static struct page p;

	page_begin(&p, app, q);
	set_error(&p, r, code);
	page_set_message(&p, STR_NONE, false);
	page_set(&p, "trace_id", str_of(q->trace_id));
	page_set_flag(&p, "outage", outage);
	page_set(&p, "again_url", again(&p, app, q, r->status == 503));
	set_login(&p, app, q, code);
	page_set_flag(&p, "home", strcmp(code, "insecure_transport") != 0);
	page_finish(&p, r, r->status, template_error);
}

static struct str
operators_words(unsigned language, struct arena *arena, const char *text)
{
	struct str before = texts_of(language, "ended.", "kick_because");
	size_t room = before.len + 1 + strlen(text) + 1;
	char *p = arena_alloc(arena, room);

	if (p != NULL)
		snprintf(p, room, "%s %s", before.p, text);
	return (str_of(p));
}

struct str
page_logout_record(unsigned language, struct arena *arena, enum end_cause cause, const char *reason)
{

	if (cause == END_NONE)
		return (STR_NONE);
	if (cause == END_KICK && strcmp(reason, end_cause_reason(END_KICK)) != 0)
		return (operators_words(language, arena, reason));
	if (cause == END_MISMATCH && strcmp(reason, "client_mismatch") == 0)
		return (texts_of(language, "ended.", reason));
	return (texts_of(language, "ended.", end_cause_reason(cause)));
}
