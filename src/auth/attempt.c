/* SPDX-License-Identifier: ISC */
/*
 * A try is reserved, evaluated, settled and then answered, in that order (auth/throttle.c says why). What is not known to be
 * counted is not answered: a guess whose result could be told without its being counted would be free.
 *
 * A failure is an event, for whoever watches. Of refusals that evaluate nothing there may be thousands a second, so of these
 * one a minute and account is told, by the counter itself, which all hosts share.
 */
#include <string.h>

#include "auth/name.h"
#include "auth/password.h"
#include "auth/pseudonym.h"
#include "auth/throttle.h"
#include "base/log.h"
#include "crypto/keyring.h"
#include "doorward/app.h"

#include "auth/attempt.h"

#define MS 1000

/* If it cannot be told, the answer stays the same. ${name} "" is nobody's. */
static void
report(struct app *app, const struct attempt *in, const char *name, const char *user_id, const char *reason)
{
	struct notice n = {
		.type = "login_failed", .reason = reason, .username = name, .user_id = user_id, .actor = in->actor
	};

	if (name[0] == '\0')
		return;
	/* A name nobody has gets a pseudonym of its own, so that guesses do not all land in one outbox. */
	pseudonym_of(keyring_user(app->keys), str_of(user_id[0] != '\0' ? user_id : name), n.user_key);
	if (app->store->notify(app->store_ctx, &n) != DW_OK)
		log_warn("failed login could not be reported");
	log_info("login refused user=%s ip=%s reason=%s", log_text(str_of(name)), in->actor.ip, reason);
}

static enum attempt_outcome
throttled(struct app *app, const struct attempt *in, const char *name, const struct throttle *t, int64_t *wait)
{

	board_count(app->slot, COUNT_THROTTLED, 1);
	*wait = (t->wait_ms + MS - 1) / MS;
	if (t->report)
		report(app, in, name, "", "throttled");
	return (ATTEMPT_THROTTLED);
}

/* May it be evaluated at all? ATTEMPT_RIGHT: yes. */
static enum attempt_outcome
reserve(struct app *app, const struct attempt *in, const char *name, struct throttle *t, int64_t *wait)
{
	struct throttle_who who = { .name = name[0] != '\0' ? str_of(name) : in->username,
		.is_name = name[0] != '\0',
		.ip = in->actor.ip,
		.device_id = in->device_id,
		.device_cookie = in->device_cookie };

	switch (throttle_reserve(app, &who, t)) {
	case THROTTLE_GO:
		return (ATTEMPT_RIGHT);
	case THROTTLE_WAIT:
		return (throttled(app, in, name, t, wait));
	case THROTTLE_UNDECIDED:
		return (ATTEMPT_OVERLOADED);
	case THROTTLE_NO_USERDB:
		board_count(app->slot, COUNT_USERDB_ERRORS, 1);
		return (ATTEMPT_NO_USERDB);
	default:
		return (ATTEMPT_NO_STORE);
	}
}

/* What was found, unless it could not be counted. */
static enum attempt_outcome
settle(struct app *app, struct throttle *t, enum guess_step what, enum attempt_outcome found)
{

	if (what != GUESS_UNJUDGED)
		board_count(app->slot, COUNT_PASSWORDS, 1);
	return (throttle_settle(app, t, what) || what == GUESS_UNJUDGED ? found : ATTEMPT_NO_STORE);
}

static enum attempt_outcome
evaluate(struct app *app, const struct attempt *in, struct throttle *t, struct account *out)
{

	switch (password_verify(app, in->username, in->password, in->actor.ip, out)) {
	case DW_OK:
		return (settle(app, t, GUESS_SUCCEEDED, ATTEMPT_RIGHT));
	case DW_REFUSED:
		return (settle(app, t, GUESS_FAILED, ATTEMPT_WRONG));
	case DW_BUSY:
		return (settle(app, t, GUESS_UNJUDGED, ATTEMPT_OVERLOADED));
	case DW_UNAVAILABLE:
		board_count(app->slot, COUNT_USERDB_ERRORS, 1);
		return (settle(app, t, GUESS_UNJUDGED, ATTEMPT_NO_USERDB));
	default:
		return (settle(app, t, GUESS_UNJUDGED, ATTEMPT_FAULT));
	}
}

enum attempt_outcome
attempt_password(struct app *app, const struct attempt *in, struct account *out, int64_t *wait, int64_t *failures)
{
	char name[USERNAME_MAX + 1];
	enum attempt_outcome rc;
	struct throttle t;

	memset(out, 0, sizeof(*out));
	*wait = 0;
	(void)name_canonical(in->username, name); /* "" if it is none */
	if ((rc = reserve(app, in, name, &t, wait)) != ATTEMPT_RIGHT)
		return (rc);
	if ((rc = evaluate(app, in, &t, out)) == ATTEMPT_WRONG)
		report(app, in, name, out->id, "invalid_credentials");
	if (failures != NULL)
		*failures = t.n > 0 ? t.guesses[0].failures : 0;
	return (rc);
}
