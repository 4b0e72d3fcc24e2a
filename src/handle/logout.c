/* SPDX-License-Identifier: ISC */
/*
 * POST /logout, and the page that asks. The credential may be a cookie, an access token or a refresh token in the body, dead or
 * alive. Logging out twice is a success both times; a token that is not ours at all is refused; only an outage is an error,
 * since then it is not known whether the session still lives.
 */
#include "auth/logout.h"
#include "handle/credential.h"
#include "handle/ended.h"
#include "handle/input.h"
#include "handle/next.h"
#include "handle/page.h"

#include "handle/handlers.h"

static bool
read_scope(const struct request *q, struct response *r, enum end_scope *scope)
{
	struct str word;

	*scope = SCOPE_SESSION;
	if (!input_string(q, r, "scope", false, 16, &word))
		return (false);
	if (word.p == NULL)
		return (true);
	for (int s = SCOPE_SESSION; s <= SCOPE_ALL; s++) {
		if (str_is(word, end_scope_word((enum end_scope)s))) {
			*scope = (enum end_scope)s;
			return (true);
		}
	}
	input_refuse(q, r, "scope", "must be session, device, others or all");
	return (false);
}

/* The member counts as a credential like any other; all that came must be of one session. */
static enum dw_result
add_member(struct app *app, struct str text, struct presented *p, enum dw_result so_far)
{
	struct credential c;
	enum dw_result rc;

	if (text.p == NULL || so_far == DW_REFUSED || so_far == DW_INVALID)
		return (so_far);
	if ((rc = credential_read(app, CREDENTIAL_REFRESH, text, &c)) != DW_OK)
		return (rc);
	if (so_far == DW_OK)
		return (credential_same_session(&c, &p->cred) ? DW_OK : DW_REFUSED);
	p->cred = c;
	return (DW_OK);
}

/*
 * Whoever asked to be signed out keeps no cookie, except where the answer says that nothing is known. A page of another site
 * cannot send the cookie (SameSite), but it could have it cleared: where a browser tells of an origin, "null" included, it has
 * to be ours.
 */
static void
clear_cookie(struct app *app, const struct request *q, struct response *r)
{

	if ((q->sec_fetch_site.p != NULL || q->origin.p != NULL) && !credential_from_own_page(app, q))
		return;
	credential_clear_cookie(app, q, r);
	if (app->conf->clear_site_data && q->tls)
		response_header(r, "Clear-Site-Data", STR_LIT("\"cache\", \"cookies\", \"storage\""));
}

static void
answer(struct app *app, const struct request *q, struct response *r, const struct credential *cred, enum end_scope scope,
    const struct end_reply *reply)
{

	if (request_is_navigation(q))
		page_signed_out(app, q, r, next_asked(app->conf, q), scope == SCOPE_OTHERS ? PAGE_OUT_OTHERS : PAGE_OUT_HERE);
	else
		ended_answer(app, r, cred->user_key, scope == SCOPE_OTHERS ? NULL : reply, reply->ended);
	if (scope != SCOPE_OTHERS)
		clear_cookie(app, q, r);
}

/* Redis cannot be told now, but it is on the disk, and this host refuses the session already. */
static void
answer_pending(struct app *app, const struct request *q, struct response *r, enum end_scope scope)
{

	if (request_is_navigation(q))
		page_signed_out(
		    app, q, r, next_asked(app->conf, q), scope == SCOPE_OTHERS ? PAGE_OUT_OTHERS_PENDING : PAGE_OUT_PENDING);
	else
		ended_pending(r);
	if (scope != SCOPE_OTHERS)
		clear_cookie(app, q, r);
}

/* No credential at all: there was nothing to end, and that is success. */
static void
answer_nothing(struct app *app, const struct request *q, struct response *r)
{
	static const struct end_reply nothing;
	struct credential nobody = { .kind = CREDENTIAL_NONE };

	answer(app, q, r, &nobody, SCOPE_SESSION, &nothing);
}

/* An error here is an outage, in which it is not known whether the session lives, or another credential than the cookie was
 * refused: either way the cookie stays. */
static void
sign_out(struct app *app, const struct request *q, struct response *r, const struct presented *p, enum end_scope scope)
{
	struct actor actor = { .ip = q->ip, .trace_id = q->trace_id };
	struct end_reply reply;
	enum dw_result rc = logout(app, &p->cred, scope, &actor, &reply);

	/* Whose own session is over has no others: he gets the answer of every repeated logout. */
	if (rc == DW_OK)
		answer(app, q, r, &p->cred, reply.has_own ? SCOPE_SESSION : scope, &reply);
	else if (rc == DW_PENDING)
		answer_pending(app, q, r, scope);
	else
		credential_refuse(q, r, rc, rc == DW_REFUSED ? "revoked" : NULL);
}

void
handle_logout(struct app *app, struct request *q, struct response *r)
{
	struct presented p;
	struct str member;
	enum end_scope scope;
	enum dw_result rc;

	if (!read_scope(q, r, &scope) || !input_string(q, r, "refresh_token", false, BODY_MAX, &member))
		return;
	rc = add_member(app, member, &p, credential_find(app, q, &p));
	if (rc == DW_REFUSED) {
		credential_refuse_mixed(q, r);
	} else if (rc == DW_INVALID) {
		credential_refuse(q, r, rc, NULL);
		if (p.bad_cookie) /* a good one is not to blame for what else came along */
			clear_cookie(app, q, r);
	} else if (!credential_write_allowed(app, q, r, rc == DW_OK && p.cred.kind == CREDENTIAL_COOKIE)) {
		return;
	} else if (rc == DW_ABSENT) {
		answer_nothing(app, q, r);
	} else {
		sign_out(app, q, r, &p, scope);
	}
}

void
handle_logout_page(struct app *app, struct request *q, struct response *r)
{

	page_sign_out(app, q, r, next_asked(app->conf, q));
}
