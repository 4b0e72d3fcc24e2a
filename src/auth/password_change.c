/* SPDX-License-Identifier: ISC */
/*
 * Step by step: the rules that cost nothing; the current password, which is a guess like any other; the blocklist; the new
 * hash; the account, whose version the change raises; then all other sessions of the user end. The order of the last two closes
 * the door on whoever knows the old password: a session written before the sessions end is ended, and a login that is written
 * later compares the version and is taken back (auth/login.c). The account is written only as it was when the password was
 * verified: an operator who has changed it meanwhile, or disabled it, wins.
 *
 * If the sessions cannot be ended, nor that be promised, the account gets its old hash back, so that an answer of 503 means
 * that the change can be repeated.
 */
#include <string.h>

#include "auth/attempt.h"
#include "auth/password.h"
#include "base/log.h"
#include "doorward/app.h"

#include "auth/password_change.h"

/* A try like any other: whoever sits before somebody's open session must not guess for ever. */
static enum password_outcome
verify_current(struct app *app, const struct password_change *in, struct account *a, int64_t *wait)
{
	static const enum password_outcome outcomes[] = {
		[ATTEMPT_RIGHT] = PASSWORD_CHANGED,
		[ATTEMPT_WRONG] = PASSWORD_WRONG,
		[ATTEMPT_THROTTLED] = PASSWORD_THROTTLED,
		[ATTEMPT_OVERLOADED] = PASSWORD_OVERLOADED,
		[ATTEMPT_NO_STORE] = PASSWORD_NO_STORE,
		[ATTEMPT_NO_USERDB] = PASSWORD_NO_USERDB,
		[ATTEMPT_FAULT] = PASSWORD_FAILED,
	};
	const struct attempt try = { .username = str_of(in->username),
		.password = in->current,
		.device_id = in->device_id,
		.device_cookie = in->device_cookie,
		.actor = in->actor };
	enum password_outcome rc = outcomes[attempt_password(app, &try, a, wait, NULL)];

	return (rc == PASSWORD_CHANGED && strcmp(a->id, in->user_id) != 0 ? PASSWORD_WRONG : rc);
}

/* What a look at, or a change of, the account came to. */
static enum password_outcome
outcome_of(struct app *app, enum dw_result rc)
{

	switch (rc) {
	case DW_OK:
		return (PASSWORD_CHANGED);
	case DW_ABSENT:
	case DW_REFUSED:
		return (PASSWORD_WRONG);
	default:
		board_count(app->slot, COUNT_USERDB_ERRORS, 1);
		return (PASSWORD_NO_USERDB);
	}
}

/* The account as it was verified, with its hash, which is put back if need be. */
static enum password_outcome
look_at_account(struct app *app, const struct account *verified, struct account *now)
{
	enum dw_result rc;

	board_stage(app->slot, STAGE_USERDB);
	rc = app->users->find_id(app->users_ctx, verified->id, now);
	board_stage(app->slot, STAGE_RULES);
	if (rc == DW_OK && (now->disabled || now->version != verified->version))
		rc = DW_REFUSED;
	return (outcome_of(app, rc));
}

static enum password_outcome
judge_by_list(struct app *app, const struct password_change *in, enum password_fault *fault)
{

	*fault = password_judge(app->conf, in->username, in->new, app->lookup);
	if (*fault == PASSWORD_UNJUDGED) {
		log_error("password.blocklist_file cannot be read: no password can be changed");
		return (PASSWORD_NO_USERDB);
	}
	return (*fault == PASSWORD_GOOD ? PASSWORD_CHANGED : PASSWORD_REFUSED);
}

static enum password_outcome
make_hash(struct app *app, struct str password, char hash[PWHASH_TEXT_MAX])
{

	switch (password_make_in_turn(app, password, hash)) {
	case DW_OK:
		return (PASSWORD_CHANGED);
	case DW_BUSY:
		return (PASSWORD_OVERLOADED);
	default:
		return (PASSWORD_FAILED);
	}
}

static enum password_outcome
write_hash(struct app *app, const struct account *expected, const char *hash)
{
	enum dw_result rc;

	board_stage(app->slot, STAGE_USERDB);
	rc = app->users->set_hash(app->users_ctx, expected->id, expected, hash);
	board_stage(app->slot, STAGE_RULES);
	return (outcome_of(app, rc));
}

/* The old hash, unless somebody has written since. */
static void
give_back(struct app *app, const struct account *before)
{
	struct account changed = { .version = before->version + 1 };

	memcpy(changed.id, before->id, sizeof(changed.id));
	if (write_hash(app, &changed, before->hash) != PASSWORD_CHANGED)
		log_error("the password was changed, but sessions could not be ended user=%s", before->id);
}

static enum password_outcome
end_others(struct app *app, const struct password_change *in, uint32_t *ended)
{
	struct end_write w = {
		.cause = END_PASSWORD, .scope = SCOPE_OTHERS, .said_scope = SCOPE_OTHERS, .has_sid = true, .actor = in->actor
	};
	struct end_reply reply;
	enum dw_result rc;

	memcpy(w.user_key, in->user_key, USER_KEY_LEN);
	memcpy(w.session_key, in->session_key, SESSION_KEY_LEN);
	if ((rc = app->store->end(app->store_ctx, &w, NULL, &reply)) != DW_OK)
		return (rc == DW_PENDING ? PASSWORD_PENDING : PASSWORD_NO_STORE);
	*ended = reply.ended;
	return (PASSWORD_CHANGED);
}

/* Each ending is an event; the change is one too, whether there was anything to end or not. */
static void
report(struct app *app, const struct password_change *in)
{
	struct notice n = { .lasting = true,
		.type = "password_changed",
		.user_id = in->user_id,
		.username = in->username,
		.actor = in->actor };
	enum dw_result rc;

	memcpy(n.user_key, in->user_key, USER_KEY_LEN);
	if ((rc = app->store->notify(app->store_ctx, &n)) != DW_OK && rc != DW_PENDING)
		log_warn("a change of password could not be reported");
	log_info("password changed user=%s ip=%s", in->user_id, in->actor.ip);
}

/* Everything from the hash on, with the account as it was before. */
static enum password_outcome
change(struct app *app, const struct password_change *in, const struct account *before, uint32_t *ended)
{
	char hash[PWHASH_TEXT_MAX];
	enum password_outcome rc;

	if ((rc = make_hash(app, in->new, hash)) == PASSWORD_CHANGED)
		rc = write_hash(app, before, hash);
	explicit_bzero(hash, sizeof(hash));
	if (rc != PASSWORD_CHANGED)
		return (rc);
	if ((rc = end_others(app, in, ended)) == PASSWORD_CHANGED || rc == PASSWORD_PENDING)
		report(app, in);
	else
		give_back(app, before);
	return (rc);
}

enum password_outcome
password_change(struct app *app, const struct password_change *in, struct password_result *out)
{
	struct account verified, before;
	enum password_outcome rc;

	memset(out, 0, sizeof(*out));
	if (!app->userdb->passwords)
		return (PASSWORD_ELSEWHERE);
	out->fault = password_judge(app->conf, in->username, in->new, NULL);
	if (out->fault == PASSWORD_GOOD && password_is_same(in->current, in->new))
		out->fault = PASSWORD_SAME;
	if (out->fault != PASSWORD_GOOD)
		return (PASSWORD_REFUSED);
	if ((rc = verify_current(app, in, &verified, &out->wait)) != PASSWORD_CHANGED ||
	    (rc = judge_by_list(app, in, &out->fault)) != PASSWORD_CHANGED)
		return (rc);
	if ((rc = look_at_account(app, &verified, &before)) == PASSWORD_CHANGED)
		rc = change(app, in, &before, &out->ended);
	explicit_bzero(before.hash, sizeof(before.hash));
	return (rc);
}
