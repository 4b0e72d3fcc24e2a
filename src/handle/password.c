/* SPDX-License-Identifier: ISC */
/*
 * A change of the own password: whose it is says the session, and the current password comes along all the same. What goes
 * wrong is told a person on the account page, where the form stands.
 */
#include <stdio.h>
#include <string.h>

#include "auth/password_change.h"
#include "handle/account.h"
#include "handle/ended.h"
#include "handle/input.h"
#include "handle/page.h"
#include "handle/texts.h"

#include "handle/handlers.h"

static const char *
code_of(enum password_outcome outcome)
{

	switch (outcome) {
	case PASSWORD_REFUSED:
		return ("invalid_request");
	case PASSWORD_THROTTLED:
		return ("too_many_attempts");
	case PASSWORD_WRONG:
		return ("invalid_credentials");
	case PASSWORD_ELSEWHERE:
		return ("forbidden");
	case PASSWORD_OVERLOADED:
		return ("overloaded");
	case PASSWORD_NO_STORE:
		return ("store_unavailable");
	case PASSWORD_NO_USERDB:
		return ("userdb_unavailable");
	default:
		return ("server_error");
	}
}

static void
refuse_rule(const struct app *app, const struct request *q, struct response *r, enum password_fault fault)
{
	char text[128];

	password_fault_text(app->conf, fault, text, sizeof(text));
	response_error(r, q, "invalid_request", text, password_fault_reason(fault), 0);
}

static void
refuse(const struct app *app, const struct request *q, struct response *r, enum password_outcome outcome,
    const struct password_result *result)
{
	const char *code = code_of(outcome), *reason = outcome == PASSWORD_ELSEWHERE ? "accounts_elsewhere" : NULL;
	char said[TEXTS_NUMBER_MAX];

	if (outcome == PASSWORD_REFUSED)
		refuse_rule(app, q, r, result->fault);
	else if (outcome == PASSWORD_THROTTLED)
		response_error(r, q, code, texts_wait(TEXTS_ENGLISH, result->wait, said), NULL, result->wait);
	else
		response_error(r, q, code, texts_of(TEXTS_ENGLISH, "password.", code).p, reason,
		    strcmp(code, "overloaded") == 0 || strstr(code, "_unavailable") != NULL ? RESPONSE_RETRY : 0);
}

/* The sentence for a person. */
static struct str
sentence(const struct app *app, unsigned language, enum password_outcome outcome, const struct password_result *result,
    char room[TEXTS_NUMBER_MAX])
{
	const char *reason = password_fault_reason(result->fault);

	if (outcome == PASSWORD_THROTTLED)
		return (str_of(texts_wait(language, result->wait, room)));
	if (outcome != PASSWORD_REFUSED)
		return (texts_of(language, "password.", code_of(outcome)));
	return (texts_number(
	    texts_of(language, "password.", reason == NULL ? "unusable" : reason), app->conf->password_min_length, room));
}

/* The account page under the status that was answered. Where it cannot be made either, the error stays. */
static void
show_account(struct app *app, struct request *q, struct response *r, const struct presented *p, const struct identity *id,
    const struct account_alarm *alarm)
{
	enum dw_result rc;

	if (q->is_form && (request_is_navigation(q) || request_wants_html(q)))
		(void)account_show(app, q, r, p, id, r->status, alarm, &rc);
}

static void
answer(struct app *app, const struct request *q, struct response *r, enum password_outcome outcome, uint32_t ended)
{
	char account[256];

	if (outcome == PASSWORD_PENDING) {
		if (request_is_navigation(q))
			page_signed_out(app, q, r, STR_LIT("/"), PAGE_OUT_OTHERS_PENDING);
		else
			ended_pending(r);
		return;
	}
	if (q->is_form) {
		snprintf(account, sizeof(account), "%s/account", app->conf->mount);
		response_redirect(r, 303, str_of(account));
		return;
	}
	response_json(r, 200);
	buf_printf(&r->body, "{\"status\":\"password_changed\",\"ended\":%u}", ended);
}

static bool
read_passwords(const struct request *q, struct response *r, struct password_change *in)
{

	return (input_string(q, r, "current_password", true, BODY_MAX, &in->current) &&
		input_string(q, r, "new_password", true, BODY_MAX, &in->new));
}

/* Where the form lacks a member it is no form of ours: no field of it is marked. */
static bool
take_passwords(struct app *app, struct request *q, struct response *r, const struct presented *p, const struct identity *id,
    struct password_change *in)
{
	unsigned language = texts_language(q->accept_language);
	struct account_alarm alarm = { .text = texts_of(language, "password.", "invalid_request") };

	if (read_passwords(q, r, in))
		return (true);
	show_account(app, q, r, p, id, &alarm);
	return (false);
}

static void
identify(const struct app *app, const struct request *q, const struct presented *p, const struct identity *id,
    struct password_change *in)
{

	in->user_id = id->found.user_id;
	in->username = id->found.username;
	in->device_cookie = credential_device_cookie(app, q);
	if ((id->found.session.flags & SESSION_DEVICE_CHOSEN) != 0)
		in->device_id = str_of(id->found.session.device_id);
	memcpy(in->user_key, p->cred.user_key, USER_KEY_LEN);
	memcpy(in->session_key, p->cred.session_key, SESSION_KEY_LEN);
}

void
handle_password(struct app *app, struct request *q, struct response *r)
{
	struct password_change in = { .actor = { .ip = q->ip, .trace_id = q->trace_id } };
	struct account_alarm alarm = { .text = STR_NONE };
	struct password_result result;
	enum password_outcome outcome;
	char said[TEXTS_NUMBER_MAX];
	struct presented p;
	struct identity id;

	if (!credential_require(app, q, r, false, &p, &id) ||
	    !credential_write_allowed(app, q, r, p.cred.kind == CREDENTIAL_COOKIE) || !take_passwords(app, q, r, &p, &id, &in))
		return;
	identify(app, q, &p, &id, &in);
	if ((outcome = password_change(app, &in, &result)) == PASSWORD_CHANGED || outcome == PASSWORD_PENDING) {
		answer(app, q, r, outcome, result.ended);
		return;
	}
	refuse(app, q, r, outcome, &result);
	alarm.text = sentence(app, texts_language(q->accept_language), outcome, &result, said);
	alarm.current = outcome == PASSWORD_WRONG;
	alarm.new = outcome == PASSWORD_REFUSED;
	show_account(app, q, r, &p, &id, &alarm);
}
