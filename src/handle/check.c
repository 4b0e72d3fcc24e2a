/* SPDX-License-Identifier: ISC */
/*
 * /check, and every request to an Authorizer: may this request pass, and as whom? A yes is a handful of headers and no body; a
 * refusal tells where to sign in. It stands before every picture of an application, so the cache is asked first.
 *
 * An Authorizer's query belongs to the application and is not read. Where the store cannot be asked the answer is 503 and not
 * 401: a front must not take an outage for a logout. Only an operator's stale_if_error allows an earlier answer for a while.
 */
#include "auth/cached_check.h"
#include "handle/credential.h"
#include "handle/next.h"

#include "handle/handlers.h"

/* A header for the front, and as Authorizer the same thing as a variable for the application behind it. */
static void
tell(struct response *r, const struct request *q, const char *header, const char *variable, struct str value)
{

	response_header(r, q->authorizer ? variable : header, value);
}

/* Allows the request without saying who it is from. */
static void
allow_anybody(struct response *r)
{

	r->status = 200;
	r->allowed = true;
}

static void
allow(const struct request *q, struct response *r, const struct cached_check *p)
{
	char expires[24];
	struct buf b;

	allow_anybody(r);
	buf_init(&b, expires, sizeof(expires));
	buf_int(&b, p->expires);
	tell(r, q, "Remote-User", "Variable-REMOTE_USER", str_of(p->username));
	tell(r, q, "Remote-Groups", "Variable-REMOTE_GROUPS", str_of(p->groups));
	tell(r, q, "X-Doorward-User-Id", "Variable-DOORWARD_USER_ID", str_of(p->user_id));
	tell(r, q, "X-Doorward-Session", "Variable-DOORWARD_SESSION", str_of(p->sid));
	tell(r, q, "X-Doorward-Device", "Variable-DOORWARD_DEVICE", str_of(p->device_id));
	tell(r, q, "X-Doorward-Expires", "Variable-DOORWARD_EXPIRES", buf_str(&b));
	if (q->authorizer)
		response_header(r, "Variable-AUTH_TYPE", STR_LIT("doorward"));
}

/*
 * Before a script's request to another origin a browser asks with OPTIONS, and by the Fetch standard sends no credential with
 * the question: where the application is to answer it, it has to pass. What does come with a credential is no such question,
 * and is checked.
 */
static bool
is_open_question(const struct app *app, const struct request *q)
{
	struct str cookie;

	if (!app->conf->check_preflight || !q->preflight || q->authorization.p != NULL)
		return (false);
	return (request_cookies(q, credential_cookie_name(app, q, app->conf->cookie_name), &cookie, 1) == 0);
}

/* In front of an application the query is the application's: only a check asked for by its own address reads it. */
static bool
query_is_ours(const struct request *q)
{

	return (!q->authorizer && q->mounted_path);
}

static bool
wants_redirect(const struct request *q, struct str asked)
{

	if (!q->authorizer)
		return (str_is(asked, "1"));
	return (request_is_navigation(q));
}

/* A refusal tells where to sign in, in the form the front can use. */
static void
point_to_login(const struct app *app, const struct request *q, struct response *r, struct str redirect)
{
	char text[NEXT_ADDRESS_MAX];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	next_login_address(app->conf, q, &b);
	if (r->status == 401 && wants_redirect(q, redirect))
		response_redirect(r, 302, buf_str(&b));
	else
		response_header(r, "X-Doorward-Login", buf_str(&b));
}

static void
refuse_group(const struct request *q, struct response *r)
{

	response_error(r, q, "forbidden", "You are signed in, but not in the group this needs.", NULL, 0);
}

/* Finds who this is: from the cache if this very credential passed a moment ago, else by asking the store. False: answered. */
static bool
find_cached_check(struct app *app, const struct request *q, struct response *r, struct cached_check *out)
{
	enum credential_kind kind;
	struct str text = credential_single(app, q, &kind);
	struct presented p;
	struct identity id;

	if (cached_check_recall(app, kind, text, out))
		return (true);
	if (credential_require(app, q, r, false, &p, &id)) {
		cached_check_of(app, &p.cred, &id, out);
		cached_check_remember(app, kind, text, &id, out);
		return (true);
	}
	if (r->status != 503 || !cached_check_recall_stale(app, kind, text, out))
		return (false);
	response_init(r); /* the operator prefers an old answer to none */
	response_header(r, "X-Doorward-Stale", STR_LIT("1"));
	return (true);
}

/*
 * Order: transport, preflight, the query where it is ours, the session, the group. Whatever is refused says where to sign in.
 */
void
handle_check(struct app *app, struct request *q, struct response *r)
{
	struct str group = q->group, redirect = STR_NONE;
	struct cached_check cached_check;
	bool bad = false;

	if (!q->tls && app->conf->require_tls) {
		credential_refuse_transport(q, r);
		point_to_login(app, q, r, redirect);
		return;
	}
	if (is_open_question(app, q)) {
		allow_anybody(r);
		return;
	}
	if (query_is_ours(q)) {
		redirect = request_query(q, "redirect", &bad);
		if (group.p == NULL)
			group = request_query(q, "group", &bad);
	}
	if (bad) {
		response_error(r, q, "invalid_request", "The query is malformed.", NULL, 0);
		return;
	}
	if (find_cached_check(app, q, r, &cached_check)) {
		if (group.p == NULL || check_has_any_group(cached_check.groups, group)) {
			allow(q, r, &cached_check);
			return;
		}
		refuse_group(q, r);
	}
	if (r->status == 401 || r->status == 403)
		point_to_login(app, q, r, redirect);
}
