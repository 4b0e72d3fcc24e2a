/* SPDX-License-Identifier: ISC */
/*
 * A login is weighed when its password was right, and before anything is written: so one that is refused leaves nothing, and
 * where all sessions of the user end, the new one is opened after that. What came of it is remembered last, when the login has
 * succeeded: an attacker who was denied does not become what the user did before.
 *
 * A refresh is weighed when its token was exchanged, since only the record knows where the login came from; the successor has
 * not been given away yet. If the sessions cannot be ended, the client gets a 503 and comes again with the same token within
 * the grace time, which is weighed again.
 *
 * A history that cannot be read stops a login like a session that cannot be written; one that cannot be written stops nobody.
 */
#include <string.h>

#include "auth/device.h"
#include "base/address.h"
#include "base/log.h"
#include "doorward/app.h"

#include "auth/anomaly.h"

static void
find_place(const struct app *app, const char *ip, struct location *out)
{

	*out = (struct location){ .as = 0 };
	if (app->place != NULL && ip != NULL)
		(void)app->place(app->geo, ip, out);
}

/* Known is what the records have of this user; what they cannot be asked for makes nobody suspicious. */
static bool
is_known_device(struct app *app, const struct anomaly *a, struct str device_id)
{
	char id[DEVICE_ID_MAX + 1];
	struct device device;
	enum dw_result rc;

	if (device_id.p == NULL || !str_copy(id, sizeof(id), device_id))
		return (false);
	board_stage(app->slot, STAGE_USERDB);
	rc = app->records->get_device(app->records_ctx, a->user_id, id, &device);
	board_stage(app->slot, STAGE_RULES);
	if (rc != DW_OK && rc != DW_ABSENT) {
		board_count(app->slot, COUNT_USERDB_ERRORS, 1);
		log_warn("whether a device is known could not be asked user=%s", a->user_id);
	}
	return (rc != DW_ABSENT);
}

/* Ends all there is of the user; the event of each ending says why. What is promised is over on this host. */
static enum dw_result
revoke(struct app *app, struct anomaly *a, const char *reason)
{
	struct end_write w = {
		.cause = END_ANOMALY, .scope = SCOPE_ALL, .said_scope = SCOPE_ALL, .reason = reason, .actor = a->actor
	};
	struct end_reply reply;
	enum dw_result rc;

	memcpy(w.user_key, a->user_key, USER_KEY_LEN);
	if ((rc = app->store->end(app->store_ctx, &w, NULL, &reply)) != DW_OK && rc != DW_PENDING)
		return (DW_UNAVAILABLE);
	a->promised = rc == DW_PENDING;
	a->told = a->promised || reply.ended > 0;
	return (DW_OK);
}

static void
tell(struct app *app, struct anomaly *a, const char *device_id, const uint8_t *session_key)
{
	struct notice n = { .type = "anomaly",
		.user_id = a->user_id,
		.username = a->username,
		.device_id = device_id,
		.session_key = session_key,
		.actor = a->actor };
	char reason[RISK_REASON_MAX];

	risk_reason(a->signals, reason);
	n.reason = reason;
	memcpy(n.user_key, a->user_key, USER_KEY_LEN);
	if (app->store->notify(app->store_ctx, &n) != DW_OK)
		log_warn("an unusual login or refresh could not be reported user=%s", a->user_id);
	a->told = true;
}

/* Weighs what was found, and ends what has to end. */
static enum dw_result
weigh(struct app *app, struct anomaly *a)
{
	int64_t sum = risk_sum(app->conf, a->signals = risk_signals(app->conf, &a->history, &a->visit));
	char reason[RISK_REASON_MAX];

	a->verdict = risk_judge(app->conf, sum);
	a->told = a->verdict != RISK_REVOKE && risk_was_told(&a->history, &a->visit, a->signals);
	if (a->verdict == RISK_NOTHING || a->told)
		return (DW_OK);
	risk_reason(a->signals, reason);
	board_count(app->slot, COUNT_ANOMALIES, 1);
	log_warn("%s user=%s ip=%s reason=%s sum=%lld revoked=%s", a->visit.is_refresh ? "unusual refresh" : "unusual login",
	    a->user_id, a->actor.ip, reason, (long long)sum, a->verdict == RISK_REVOKE ? "all" : "none");
	return (a->verdict == RISK_REVOKE ? revoke(app, a, reason) : DW_OK);
}

enum dw_result
anomaly_login(struct app *app, struct anomaly *a, struct str device_id, bool device_known, int64_t failures)
{
	enum dw_result rc;

	if (!app->conf->risk_enabled)
		return (DW_OK);
	if ((rc = app->store->history(app->store_ctx, a->user_key, &a->history)) != DW_OK)
		return (DW_UNAVAILABLE);
	a->visit = (struct risk_visit){ .at = app->store->now(app->store_ctx), .failures = failures };
	a->visit.device_known = device_known || is_known_device(app, a, device_id);
	find_place(app, a->actor.ip, &a->visit.here);
	if ((rc = weigh(app, a)) != DW_OK || a->verdict != RISK_REVOKE)
		return (rc);
	if (!app->conf->risk_deny)
		return (
		    a->promised ? DW_UNAVAILABLE : DW_OK); /* the promise, once it is kept, could take the new session too */
	if (!a->told)
		tell(app, a, NULL, NULL);
	return (DW_REFUSED);
}

static void
remember(struct app *app, struct anomaly *a, bool told)
{

	risk_remember(&a->history, &a->visit, told);
	if (app->store->remember(app->store_ctx, a->user_key, &a->history) != DW_OK)
		log_warn("where and when a user signed in could not be remembered user=%s", a->user_id);
}

void
anomaly_signed_in(struct app *app, struct anomaly *a, const struct session *s)
{

	if (!app->conf->risk_enabled)
		return;
	if (a->verdict != RISK_NOTHING && !a->told)
		tell(app, a, s->device_id, s->session_key);
	remember(app, a, false);
}

/* By their bytes: one address has many spellings. */
static bool
is_same_address(const char *ip, const char *other)
{
	struct address a, b;

	return (address_parse(str_of(ip), &a) && address_parse(str_of(other), &b) && a.bits == b.bits &&
		memcmp(a.bytes, b.bytes, a.bits / 8) == 0);
}

/* The successor's session, once it is known to have moved. */
static enum dw_result
weigh_refresh(struct app *app, struct anomaly *a, const struct rotate_reply *r)
{
	enum dw_result rc;
	bool was_told;

	if (app->store->history(app->store_ctx, a->user_key, &a->history) != DW_OK)
		return (DW_UNAVAILABLE);
	a->visit = (struct risk_visit){ .is_refresh = true, .at = r->now, .login_until = r->before };
	memcpy(a->visit.session_key, r->session.session_key, SESSION_KEY_LEN);
	find_place(app, a->actor.ip, &a->visit.here);
	find_place(app, r->session.ip, &a->visit.login);
	if ((rc = weigh(app, a)) != DW_OK || a->verdict == RISK_REVOKE)
		return (rc == DW_OK ? DW_REFUSED : rc);
	was_told = a->told;
	if (a->verdict == RISK_ALERT && !a->told)
		tell(app, a, r->session.device_id, r->session.session_key);
	remember(app, a, a->verdict == RISK_ALERT && !was_told);
	return (DW_OK);
}

enum dw_result
anomaly_refresh(struct app *app, const uint8_t user_key[USER_KEY_LEN], const struct rotate_reply *r, const struct actor *actor)
{
	struct anomaly a = { .user_id = r->user_id, .username = r->username, .actor = *actor };

	if (!app->conf->risk_enabled || is_same_address(actor->ip, r->session.ip))
		return (DW_OK);
	memcpy(a.user_key, user_key, USER_KEY_LEN);
	return (weigh_refresh(app, &a, r));
}
