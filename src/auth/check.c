/* SPDX-License-Identifier: ISC */
/*
 * Is this credential good now, and whose is it? One question to the store brings everything; the rules follow:
 *
 * 1. There is such a user, the session is in the record, and it is not older than the user's not-before mark.
 * 2. The secret matches (cookie), or the token is of this user and not revoked (access token).
 * 3. Its end is not past. Before somebody is refused for that, the store's clock is asked again: it may have been set back.
 * 4. Use is recorded, in steps of a quarter of the idle time.
 *
 * The epoch of the cache is read before the question is sent: an answer that a logout overtook is not kept.
 */
#include <string.h>

#include "session/liveness.h"
#include "base/groups.h"
#include "base/log.h"
#include "crypto/mac.h"
#include "doorward/app.h"

#include "auth/check.h"

/* Use is recorded in steps of this part of the idle time: a write on every check would evict every cache every time. */
#define TOUCH_STEP 4

static enum dw_result
refuse(struct identity *id, const char *reason)
{

	id->cause = END_NONE;
	id->reason = reason;
	return (DW_REFUSED);
}

static enum dw_result
refuse_expired(struct identity *id)
{

	id->cause = END_EXPIRED;
	id->reason = end_cause_reason(END_EXPIRED);
	return (DW_REFUSED);
}

/* By its record, if there is one. */
static enum dw_result
refuse_ended(const struct lookup_reply *r, struct identity *id)
{

	id->cause = r->ended ? r->logout_record.cause : END_NONE;
	id->reason = r->ended ? r->logout_record.reason : NULL;
	return (DW_REFUSED);
}

/* Rules that do not depend on the kind of credential. */
static enum dw_result
judge_session(const struct lookup_reply *r, struct identity *id)
{

	if (r->user_id[0] == '\0' && (r->live || !r->ended)) /* what is over may be known without its user: doorward/deny.h */
		return (refuse(id, NULL));
	if (!r->live || session_is_void(&r->session, r->not_before))
		return (refuse_ended(r, id));
	return (DW_OK);
}

/* Is the end of something past? Before anybody is refused for it the store's clock is asked again: it may have stepped back. */
static bool
is_past(struct app *app, int64_t end)
{

	if (app->store->now(app->store_ctx) < end)
		return (false);
	app->store->look_at_clock(app->store_ctx);
	return (app->store->now(app->store_ctx) >= end);
}

static enum dw_result
judge_cookie(struct app *app, const struct credential *c, struct identity *id)
{
	const struct session *s = &id->found.session;

	if (!s->has_cookie || !mac_equal(s->secret_hash, c->token.hash, HASH_LEN))
		return (refuse(id, NULL));
	id->expires = session_cookie_end(s);
	return (is_past(app, id->expires) ? refuse_expired(id) : DW_OK);
}

static enum dw_result
judge_access(struct app *app, const struct credential *c, struct identity *id)
{

	if (strcmp(c->access.user_id, id->found.user_id) != 0)
		return (refuse(id, NULL)); /* a pseudonym collision, or a record that was made anew */
	if (id->found.blacklisted || (id->found.session.flags & SESSION_TOKENS_REVOKED) != 0)
		return (refuse(id, "revoked"));
	id->expires = c->access.exp;
	return (is_past(app, id->expires) ? refuse_expired(id) : DW_OK);
}

/* Of a family only the token that was handed out last is good; an older one at best gets its successor once more. */
static enum dw_result
judge_refresh(struct app *app, const struct credential *c, struct identity *id)
{
	const struct session *s = &id->found.session;

	if (!s->has_family || !mac_equal(id->found.refresh_hash, c->token.hash, HASH_LEN))
		return (refuse(id, NULL));
	id->expires = session_family_end(s);
	return (is_past(app, id->expires) ? refuse_expired(id) : DW_OK);
}

int64_t
check_touch_time(const struct session *s)
{

	if (s->policy != POLICY_SLIDING || s->idle <= 0)
		return (INT64_MAX);
	return (s->last_seen + (s->idle + TOUCH_STEP - 1) / TOUCH_STEP);
}

/* Failing to record use is not failing the check: the session only ends a little earlier than it might. */
static void
record_use(struct app *app, const struct credential *c, struct identity *id)
{
	int64_t now = app->store->now(app->store_ctx);
	struct session *s = &id->found.session;

	if (now < check_touch_time(s))
		return;
	if (app->store->touch(app->store_ctx, c->user_key, c->session_key) != DW_OK) {
		log_debug("use of a session could not be recorded");
		return;
	}
	s->last_seen = now;
	if (c->kind == CREDENTIAL_COOKIE)
		id->expires = session_cookie_end(s);
}

static enum dw_result
ask(struct app *app, const struct credential *c, bool family, struct identity *id)
{
	struct lookup q = { .jti = c->kind == CREDENTIAL_ACCESS ? c->access.jti : NULL,
		.family = family,
		.refresh = c->kind == CREDENTIAL_REFRESH };

	memcpy(q.user_key, c->user_key, USER_KEY_LEN);
	memcpy(q.session_key, c->session_key, SESSION_KEY_LEN);
	id->epoch = cache_read_epoch(app->cache, c->user_key);
	return (app->store->lookup(app->store_ctx, &q, &id->found));
}

/* Asks, and judges by everything but use. */
static enum dw_result
judge(struct app *app, const struct credential *c, bool family, struct identity *id)
{
	enum dw_result rc;

	id->cause = END_NONE;
	id->reason = NULL;
	if (c->kind == CREDENTIAL_ACCESS && c->access.expired && is_past(app, c->access.exp))
		return (refuse_expired(id)); /* no need to ask */
	if ((rc = ask(app, c, family, id)) != DW_OK || (rc = judge_session(&id->found, id)) != DW_OK)
		return (rc);
	switch (c->kind) {
	case CREDENTIAL_COOKIE:
		return (judge_cookie(app, c, id));
	case CREDENTIAL_ACCESS:
		return (judge_access(app, c, id));
	case CREDENTIAL_REFRESH:
		return (judge_refresh(app, c, id));
	default:
		return (refuse(id, NULL));
	}
}

enum dw_result
check_session(struct app *app, const struct credential *c, bool family, struct identity *id)
{
	enum dw_result rc;

	if (c->kind == CREDENTIAL_REFRESH) {
		id->cause = END_NONE;
		id->reason = NULL;
		return (DW_REFUSED);
	}
	if ((rc = judge(app, c, family, id)) == DW_OK)
		record_use(app, c, id);
	return (rc);
}

enum dw_result
check_token(struct app *app, const struct credential *c, struct identity *id)
{

	return (judge(app, c, true, id));
}

bool
check_has_any_group(const char *groups, struct str asked)
{

	while (asked.p != NULL)
		if (groups_has(groups, str_cut(&asked, ',')))
			return (true);
	return (false);
}
