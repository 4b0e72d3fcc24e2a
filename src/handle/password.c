/* SPDX-License-Identifier: ISC */
/* A change of the own password: whose it is says the session, and the current password comes along all the same. */
#include <stdio.h>
#include <string.h>

#include "auth/password_change.h"
#include "handle/credential.h"
#include "handle/input.h"
#include "handle/texts.h"

#include "handle/handlers.h"

#define RETRY 1 /* seconds: a hash takes a fraction of that, and the breaker probes about as often */

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
	char said[TEXTS_WAIT_MAX];

	switch (outcome) {
	case PASSWORD_REFUSED:
		refuse_rule(app, q, r, result->fault);
		break;
	case PASSWORD_THROTTLED:
		response_error(r, q, "too_many_attempts", texts_wait(result->wait, said), NULL, result->wait);
		break;
	case PASSWORD_WRONG:
		response_error(r, q, "invalid_credentials", "The current password is wrong.", NULL, 0);
		break;
	case PASSWORD_ELSEWHERE:
		response_error(
		    r, q, "forbidden", "Passwords are changed where the accounts are kept, not here.", "accounts_elsewhere", 0);
		break;
	case PASSWORD_OVERLOADED:
		response_error(
		    r, q, "overloaded", "Too many passwords are looked at just now. Try again in a moment.", NULL, RETRY);
		break;
	case PASSWORD_NO_STORE:
		response_error(r, q, "store_unavailable",
		    "Sessions cannot be ended just now, so the password stays. Try again in a moment.", NULL, RETRY);
		break;
	case PASSWORD_NO_USERDB:
		response_error(
		    r, q, "userdb_unavailable", "Accounts cannot be looked up just now. Try again in a moment.", NULL, RETRY);
		break;
	default:
		response_error(r, q, "server_error", "The change failed for a reason of ours.", NULL, 0);
	}
}

static void
answer(const struct app *app, const struct request *q, struct response *r, uint32_t ended)
{
	char account[256];

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

void
handle_password(struct app *app, struct request *q, struct response *r)
{
	struct password_change in = { .actor = { .ip = q->ip, .trace_id = q->trace_id } };
	struct password_result result;
	enum password_outcome outcome;
	struct presented p;
	struct identity id;

	if (!credential_require(app, q, r, false, &p, &id))
		return;
	if (!credential_write_allowed(app, q, r, p.cred.kind == CREDENTIAL_COOKIE) || !read_passwords(q, r, &in))
		return;
	in.user_id = id.found.user_id;
	in.username = id.found.username;
	in.device_cookie = credential_device_cookie(app, q);
	if ((id.found.session.flags & SESSION_DEVICE_CHOSEN) != 0)
		in.device_id = str_of(id.found.session.device_id);
	memcpy(in.user_key, p.cred.user_key, USER_KEY_LEN);
	memcpy(in.session_key, p.cred.session_key, SESSION_KEY_LEN);
	if ((outcome = password_change(app, &in, &result)) == PASSWORD_CHANGED)
		answer(app, q, r, result.ended);
	else
		refuse(app, q, r, outcome, &result);
}
