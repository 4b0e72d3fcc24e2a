/* SPDX-License-Identifier: ISC */
/*
 * POST /login: reads the request, decides whether a browser may do this in its user's name, lets auth/login.c do it, and
 * answers as JSON or, to a person, as a page.
 *
 * A wrong user name, a wrong password and a disabled account are one outcome here, so the three answers cannot differ. After a
 * form the way on is 303, so that the browser does not send the password to the next address.
 */
#include <string.h>

#include "auth/device.h"
#include "auth/login.h"
#include "auth/view.h"
#include "crypto/keyring.h"
#include "handle/credential.h"
#include "handle/input.h"
#include "handle/next.h"
#include "handle/page.h"
#include "handle/texts.h"
#include "handle/tokens.h"

#include "handle/handlers.h"

#define USERNAME_INPUT_MAX 1024 /* as typed; a canonical name is far shorter, and a longer one is just wrong */

/* What was asked for, beside what the rules need. */
struct login_request {
	struct login_input in;
	struct str next;
	struct presented presented;
	bool html; /* a person's form: answered with pages */
};

static bool
read_mode(const struct request *q, struct response *r, struct login_request *w)
{
	struct str mode;

	if (!input_string(q, r, "mode", false, 16, &mode))
		return (false);
	if (mode.p == NULL)
		mode = q->is_form ? STR_LIT("cookie") : STR_LIT("token");
	w->in.want_cookie = str_is(mode, "cookie") || str_is(mode, "both");
	w->in.want_tokens = str_is(mode, "token") || str_is(mode, "both");
	if (w->in.want_cookie || w->in.want_tokens)
		return (true);
	input_refuse(q, r, "mode", "must be token, cookie or both");
	return (false);
}

static bool
read_device(const struct request *q, struct response *r, struct login_request *w)
{

	if (!input_string(q, r, "device_id", false, BODY_MAX, &w->in.device_id) ||
	    !input_string(q, r, "device_name", false, BODY_MAX, &w->in.device_name))
		return (false);
	if (w->in.device_id.p != NULL && !device_id_valid(w->in.device_id)) {
		input_refuse(q, r, "device_id", "must be 1 to 128 of A-Z a-z 0-9 . _ : -");
		return (false);
	}
	if (w->in.device_name.len > DEVICE_NAME_MAX || str_has_control(w->in.device_name)) {
		input_refuse(q, r, "device_name", "must be at most 64 bytes without control characters");
		return (false);
	}
	return (true);
}

static bool
read_client(const struct app *app, const struct request *q, struct response *r, struct login_request *w)
{
	struct str id;
	char text[CLIENT_ID_MAX + 1];

	if (!input_string(q, r, "client_id", false, BODY_MAX, &id))
		return (false);
	w->in.client = str_copy(text, sizeof(text), id) ? config_client(app->conf, id.p == NULL ? NULL : text) : NULL;
	if (w->in.client == NULL)
		input_refuse(q, r, "client_id", "names no client of this server");
	return (w->in.client != NULL);
}

/* The device of a form login is the browser, known by its form cookie: two posts of one form are one device and leave one
 * session. */
static void
find_browser(const struct app *app, const struct request *q, struct login_request *w)
{

	if (q->is_form && w->in.want_cookie)
		w->in.browser = credential_form_cookie(app, q);
	w->in.is_form = q->is_form && w->in.want_cookie;
	w->in.device_cookie = credential_device_cookie(app, q);
}

/* Everything is read and checked before anything is done: a request that is half right changes nothing. */
static bool
read_login_request(const struct app *app, const struct request *q, struct response *r, struct login_request *w)
{
	struct str next;

	memset(w, 0, sizeof(*w));
	w->html = q->is_form && (request_is_navigation(q) || request_wants_html(q));
	w->in.ip = q->ip;
	w->in.trace_id = q->trace_id;
	w->in.user_agent = q->user_agent;
	if (!input_string(q, r, "username", true, USERNAME_INPUT_MAX, &w->in.username) ||
	    !input_string(q, r, "password", true, BODY_MAX, &w->in.password) || !read_mode(q, r, w) || !read_device(q, r, w) ||
	    !read_client(app, q, r, w) || !input_bool(q, r, "remember", &w->in.remember))
		return (false);
	if (!input_string(q, r, "next", false, BODY_MAX, &next))
		return (false);
	w->next = next_safe(app->conf, next);
	find_browser(app, q, w);
	return (true);
}

/* A stale or forged cookie is no reason to refuse a login; a genuine one is ended by it. False: answered, they are of different
 * sessions. */
static bool
find_presented(const struct app *app, const struct request *q, struct response *r, struct login_request *w)
{

	if (credential_find(app, q, &w->presented) == DW_REFUSED) {
		credential_refuse_mixed(q, r);
		return (false);
	}
	if (w->presented.has_cookie)
		w->in.presented = &w->presented.cookie;
	return (true);
}

struct failure {
	const char *code;
	int64_t retry;
	const char *reason; /* NULL = none */
};

/* One row an outcome; the sentence is in the table of texts. */
static struct failure
failure_of(enum login_outcome outcome, int64_t wait)
{

	switch (outcome) {
	case SIGN_IN_REFUSED:
		return ((struct failure){ "invalid_credentials", 0, NULL });
	case SIGN_IN_THROTTLED:
		return ((struct failure){ "too_many_attempts", wait, NULL });
	case SIGN_IN_TOO_MANY:
		return ((struct failure){ "too_many_sessions", 0, NULL });
	case SIGN_IN_TOO_MANY_GROUPS:
		return ((struct failure){ "forbidden", 0, "too_many_groups" });
	case SIGN_IN_RISK:
		return ((struct failure){ "forbidden", 0, "risk" });
	case SIGN_IN_OVERLOADED:
		return ((struct failure){ "overloaded", RESPONSE_RETRY, NULL });
	case SIGN_IN_NO_STORE:
		return ((struct failure){ "store_unavailable", RESPONSE_RETRY, NULL });
	case SIGN_IN_NO_USERDB:
		return ((struct failure){ "userdb_unavailable", RESPONSE_RETRY, NULL });
	default:
		return ((struct failure){ "server_error", 0, NULL });
	}
}

static struct str
sentence(unsigned language, enum login_outcome outcome, const struct failure *f, char room[TEXTS_NUMBER_MAX])
{

	if (outcome == SIGN_IN_THROTTLED)
		return (str_of(texts_wait(language, f->retry, room)));
	return (texts_of(language, "login.", f->reason != NULL ? f->reason : f->code));
}

/* The error as JSON sets status and headers; a person then gets the form again, under the same status. */
static void
refuse(struct app *app, const struct request *q, struct response *r, const struct login_request *w, enum login_outcome outcome,
    int64_t wait)
{
	struct failure f = failure_of(outcome, wait);
	unsigned language = texts_language(q->accept_language);
	bool outage = outcome == SIGN_IN_NO_STORE || outcome == SIGN_IN_NO_USERDB;
	char english[TEXTS_NUMBER_MAX], said[TEXTS_NUMBER_MAX];
	struct login_form form = { .username = w->in.username,
		.next = w->next,
		.message = outage ? texts_find(language, STR_LIT("outage")) : sentence(language, outcome, &f, said),
		.alarm = true,
		.remember = w->in.remember,
		.wrong = outcome == SIGN_IN_REFUSED,
		.outage = outage };

	response_error(r, q, f.code, sentence(TEXTS_ENGLISH, outcome, &f, english).p, f.reason, f.retry);
	if (w->html)
		page_login(app, q, r, r->status, &form);
}

static void
put_session(struct app *app, struct response *r, const struct login_output *out)
{

	buf_puts(&r->body, "\"session\":");
	view_session(&r->body, keyring_user(app->keys), out->user_key, &out->session, out->account.id, out->account.name,
	    view_client_id(app->conf, out->session.client_hash), &out->device, true);
}

/* A session cookie has no Max-Age unless the person asked to be remembered: it goes with the browser. */
static void
welcome(
    struct app *app, const struct request *q, struct response *r, const struct login_request *w, const struct login_output *out)
{

	if (w->in.want_cookie)
		credential_set_cookie(app, q, r, out->cookie, w->in.remember ? out->cookie_in : -1);
	else if (w->presented.has_cookie || w->presented.bad_cookie)
		credential_clear_cookie(app, q, r); /* it is over, and would contradict the tokens ever after */
	if (out->known[0] != '\0')
		credential_set_device_cookie(app, q, r, out->known);
	if (w->html && !w->in.want_tokens) {
		response_redirect(r, 303, w->next);
		return;
	}
	response_json(r, 200);
	buf_putc(&r->body, '{');
	if (w->in.want_tokens) {
		tokens_put(&r->body, &out->tokens);
		buf_putc(&r->body, ',');
	}
	put_session(app, r, out);
	buf_putc(&r->body, '}');
}

void
handle_login(struct app *app, struct request *q, struct response *r)
{
	static struct login_output out; /* large, and one request is served at a time */
	enum login_outcome outcome;
	struct login_request w;

	if (!read_login_request(app, q, r, &w) || !find_presented(app, q, r, &w))
		return;
	/*
	 * A login sets a cookie and may end the session of the cookie that came along: both are writes in the name of the
	 * browser's user.
	 */
	if (!credential_write_allowed(app, q, r, w.in.want_cookie || w.presented.has_cookie))
		return;
	if ((outcome = login(app, &w.in, &out)) == SIGNED_IN)
		welcome(app, q, r, &w, &out);
	else
		refuse(app, q, r, &w, outcome, out.wait);
	explicit_bzero(&out, sizeof(out));
}
