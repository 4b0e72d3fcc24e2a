/* SPDX-License-Identifier: ISC */
/*
 * The question before a kick, and what became of it; the kick itself is kick.c's. A form carries a token that only who can read
 * our pages has: a MAC of the hour. Nothing has to be kept for it, and a page left open for two hours has to be loaded again.
 */
#include <stdio.h>

#include "admin/find.h"
#include "admin/pages.h"
#include "admin/routes.h"
#include "admin/sessions.h"
#include "auth/csrf.h"
#include "base/clock.h"

#include "admin/explorer.h"

#define HOUR 3600 /* seconds */

/* No form cookie of the public pages can read like this: else their token for it would be one of ours. */
static void
token_of(const struct app *app, int64_t hours_ago, char out[CSRF_TOKEN_TEXT + 1])
{
	char text[48];

	snprintf(text, sizeof(text), "operators, hour %lld", (long long)(clock_wall_ms() / 1000 / HOUR - hours_ago));
	csrf_token(app->keys, str_of(text), out);
}

bool
explorer_token_valid(const struct app *app, const struct request *q)
{
	const struct field *sent = request_field(q, "csrf_token");
	char want[CSRF_TOKEN_TEXT + 1];

	for (int64_t ago = 0; ago <= 1 && sent != NULL && sent->type == FIELD_STRING; ago++) {
		token_of(app, ago, want);
		if (sent->value.len == CSRF_TOKEN_TEXT && csrf_same(sent->value.p, want))
			return (true);
	}
	return (false);
}

static void
set_form(struct operators_page *p, const struct app *app, char token[CSRF_TOKEN_TEXT + 1], const char *member, struct str value)
{

	token_of(app, 0, token);
	pages_set_text(p, "csrf_token", token);
	pages_set_text(p, "member", member);
	pages_set(p, "value", value);
	pages_set_text(p, "back", "/explorer");
}

/* Shows whose session it is; one that is over needs no kick. */
static void
ask_about_session(struct app *app, const struct request *q, struct response *r, struct str sid)
{
	char token[CSRF_TOKEN_TEXT + 1], device[AGENT_WORDS_MAX];
	uint8_t user_key[USER_KEY_LEN];
	struct lookup_reply found;
	struct operators_page p;
	enum dw_result rc = sessions_find(app, sid, user_key, &found);

	if (rc == DW_ABSENT || rc == DW_INVALID) {
		response_error(r, q, "not_found", "There is no such session alive.", NULL, 0);
		return;
	}
	if (rc != DW_OK) {
		health_refuse(q, r, rc, "store_unavailable");
		return;
	}
	(void)sessions_device(app, found.user_id, &found.session, device); /* its name is for recognition only */
	pages_begin(&p, "Sign out?");
	pages_set_text(&p, "question", "This session ends at once:");
	pages_set_text(&p, "name", found.username);
	pages_set_text(&p, "device", device);
	pages_set_text(&p, "address", found.session.ip);
	set_form(&p, app, token, "session", sid);
	pages_finish(&p, r, 200, template_kick);
}

static void
ask_about_user(struct app *app, const struct request *q, struct response *r, struct str user)
{
	char token[CSRF_TOKEN_TEXT + 1];
	uint8_t user_key[USER_KEY_LEN];
	struct operators_page p;

	if (!find_user(app, q, r, user, user_key))
		return;
	pages_begin(&p, "Sign out?");
	pages_set_text(&p, "question", "All sessions of this user end at once:");
	pages_set(&p, "name", user);
	set_form(&p, app, token, "user", user);
	pages_finish(&p, r, 200, template_kick);
}

void
explorer_kick(struct app *app, struct request *q, struct response *r)
{
	struct str sid = pages_asked(q, "session"), user = pages_asked(q, "user");

	if (sid.p == NULL && user.p != NULL)
		ask_about_user(app, q, r, user);
	else
		ask_about_session(app, q, r, sid);
}

static void
done(struct response *r, int status, const char *title, const char *role, struct str text, const char *trace_id)
{
	struct operators_page p;

	pages_begin(&p, title);
	pages_set_text(&p, "role", role);
	pages_set_text(&p, "alarm", trace_id);
	pages_set(&p, "text", text);
	pages_set_text(&p, "trace_id", trace_id);
	pages_set_text(&p, "back", "/explorer");
	pages_finish(&p, r, status, template_done);
}

void
explorer_kicked(struct response *r, uint32_t ended)
{
	char text[64];

	snprintf(text, sizeof(text), ended == 1 ? "One session has ended." : "%u sessions have ended.", ended);
	done(r, 200, "Signed out", "status", str_of(text), "");
}

void
explorer_pending(struct response *r)
{

	done(r, 202, "Signed out", "status",
	    STR_LIT("Redis cannot be told at the moment. It will be; on this host these sessions have ended already."), "");
}

void
explorer_error(struct app *app, struct request *q, struct response *r)
{
	char text[RESPONSE_SAID_MAX];

	(void)app;
	snprintf(text, sizeof(text), "%s", r->error.description);
	done(r, r->status, "That did not work", "alert", str_of(text), q->trace_id);
}
