/* SPDX-License-Identifier: ISC */
/*
 * GET /account: where the caller is signed in, with a way out of each, and a new password where accounts are kept here. Its
 * forms post to the endpoints that programs use, and come back here. Who is signed out is led to the login page and back.
 *
 * What other people chose is on it: names of devices, and what their programs say of themselves. It is put in as text, in an
 * element of its own (bdi), so that letters that are written from right to left do not rearrange what stands beside them.
 */
#include <stdio.h>
#include <string.h>

#include "auth/view.h"
#include "crypto/keyring.h"
#include "crypto/sid.h"
#include "handle/agent.h"
#include "handle/handlers.h"
#include "handle/own_sessions.h"
#include "handle/page_kit.h"
#include "handle/texts.h"

#include "handle/account.h"

#define ROWS_MAX 20 /* sessions of a page */
#define ROW_VALUES 8

/* One session as it is shown. */
struct row {
	struct template_value values[ROW_VALUES];
	struct device device;
	char sid[PUBLIC_SID_LEN + 1], number[4], seen_at[24];
	char browser[AGENT_WORDS_MAX], seen[TEXTS_NUMBER_MAX];
};

/* What the page is made of. Static where it is used: one request is served at a time. */
struct account_page {
	struct page page;
	struct row rows[ROWS_MAX];
	struct template_row shown[ROWS_MAX];
	char account[256], next[256 + OWN_CURSOR_TEXT], rule[TEXTS_NUMBER_MAX];
};

/* The time of last use: of the cookie, or of the tokens if that was later. */
static int64_t
seen_at(const struct session *s)
{

	return (s->has_family && s->rotated > s->last_seen ? s->rotated : s->last_seen);
}

/* The name is what the device was given, else what its program says. */
static void
name_row(struct row *w, const struct device *d, unsigned language, struct template_value *name, struct template_value *browser)
{
	struct str words = agent_words(language, d == NULL ? "" : d->user_agent, w->browser);
	bool named = d != NULL && d->name[0] != '\0';

	*name = (struct template_value){ .name = "name", .value = named ? str_of(d->name) : words };
	*browser = (struct template_value){ .name = "browser", .value = named ? words : STR_NONE };
}

static void
fill_row(struct app *app, struct account_page *a, size_t i, struct owner *o, const struct session *s, bool current)
{
	struct row *w = &a->rows[i];
	struct template_value *v = w->values;
	int64_t seen = seen_at(s);
	struct buf b;

	sid_public(keyring_user(app->keys), o->user_key, s->session_key, w->sid);
	snprintf(w->number, sizeof(w->number), "%u", (unsigned)(i % ROWS_MAX) + 1);
	buf_init(&b, w->seen_at, sizeof(w->seen_at));
	buf_time(&b, seen);
	name_row(w, own_sessions_device(app, o, s, &w->device), a->page.language, &v[0], &v[1]);
	v[2] = (struct template_value){ .name = "sid", .value = str_of(w->sid) };
	v[3] = (struct template_value){ .name = "number", .value = str_of(w->number) };
	v[4] = (struct template_value){ .name = "ip", .value = s->ip[0] != '\0' ? str_of(s->ip) : STR_NONE };
	v[5] = (struct template_value){ .name = "seen_at", .value = buf_str(&b) };
	v[6] = (struct template_value){ .name = "seen",
		.value = texts_ago(a->page.language, app->store->now(app->store_ctx) - seen, w->seen) };
	v[7] = (struct template_value){ .name = "current", .value = current ? STR_LIT("") : STR_NONE };
	a->shown[i] = (struct template_row){ v, ROW_VALUES };
}

static void
set_sessions(struct app *app, struct account_page *a, const struct presented *p, const struct session_list *list,
    const struct own_page *page)
{
	struct owner owner = { .user_key = p->cred.user_key, .user_id = list->user_id, .username = list->username };
	char cursor[OWN_CURSOR_TEXT + 1] = "";

	for (size_t i = 0; i < page->n; i++)
		fill_row(app, a, i, &owner, page->shown[i],
		    memcmp(page->shown[i]->session_key, p->cred.session_key, SESSION_KEY_LEN) == 0);
	a->page.values[a->page.n++] = (struct template_value){ .name = "sessions", .rows = a->shown, .n_rows = page->n };
	if (page->more)
		position_write(page->shown[page->n - 1], cursor);
	snprintf(a->next, sizeof(a->next), "%s?cursor=%s", a->account, cursor);
	page_set(&a->page, "next_page", page->more ? str_of(a->next) : STR_NONE);
}

static void
set_password(struct app *app, struct account_page *a, const struct account_alarm *alarm)
{
	struct page *p = &a->page;

	page_set_message(p, alarm->text, true);
	page_set_flag(p, "writable", app->userdb->passwords);
	page_set(p, "rule", texts_number(page_text(p, "account.rule"), app->conf->password_min_length, a->rule));
	page_set_flag(p, "wrong_current", alarm->current);
	page_set_flag(p, "wrong_new", alarm->new);
}

bool
account_show(struct app *app, struct request *q, struct response *r, const struct presented *p, const struct identity *id,
    int status, const struct account_alarm *alarm, enum dw_result *rc)
{
	static struct account_page a;
	struct position from;
	struct own_page page;
	struct session_list list;

	if (!position_read(q, &from))
		from = (struct position){ .created = INT64_MAX }; /* of a form's address: it is no page's */
	if ((*rc = app->store->list(app->store_ctx, p->cred.user_key, q->arena, &list)) != DW_OK)
		return (false);
	own_sessions_page(app, &list, &from, ROWS_MAX, &page);
	snprintf(a.account, sizeof(a.account), "%s/account", app->conf->mount);
	page_begin(&a.page, app, q);
	page_set_title(&a.page, "title.account");
	page_set_flag(&a.page, "wide", true);
	page_set(&a.page, "username", str_of(id->found.username));
	page_set(&a.page, "first_page", from.created != INT64_MAX ? str_of(a.account) : STR_NONE);
	set_sessions(app, &a, p, &list, &page);
	set_password(app, &a, alarm);
	page_set_form(&a.page, q, r, str_of(a.account));
	page_finish(&a.page, r, status, template_account);
	return (true);
}

/* A session that is over is told of at the login page, by its cookie. */
static void
lead_to_login(const struct app *app, struct response *r)
{
	char account[256], address[NEXT_ADDRESS_MAX];

	snprintf(account, sizeof(account), "%s/account", app->conf->mount);
	response_redirect(r, 302, page_address(address, app->conf->mount, "/login", str_of(account)));
}

void
handle_account(struct app *app, struct request *q, struct response *r)
{
	static const struct account_alarm none;
	struct presented p;
	struct identity id;
	struct position from;
	enum dw_result rc;

	if (!position_read(q, &from)) {
		response_error(r, q, "invalid_request", "The cursor is none that was handed out.", NULL, 0);
		return;
	}
	if (credential_require(app, q, r, false, &p, &id)) {
		if (!account_show(app, q, r, &p, &id, 200, &none, &rc))
			credential_refuse(q, r, rc, NULL);
	} else if (r->status == 401) {
		lead_to_login(app, r);
	}
}
