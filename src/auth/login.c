/* SPDX-License-Identifier: ISC */
/*
 * The steps of a login. Each one stands where it is because of a race or an attack:
 *
 * 1. Reserve the try (attempt.c): who failed too often waits. It asks the store, so it also tells whether a session could be
 *    kept at all: a password hashed for one that could not would be work for nothing, and a way to make us work.
 * 2. Verify the password (password.c): one hash is computed whoever was named, so time tells nobody apart. What came of it is
 *    counted before anything else happens.
 *    Then it is weighed whether the login is unusual (anomaly.c), and all others ended where it is very.
 * 3. End the session that came along, before the new one is written: no identifier lives through a login, so an attacker who
 *    planted one has nothing.
 * 4. Write the session in one script, device and session limit included: of two logins at once both see each other, and the
 *    limit holds.
 * 5. Look at the account again. The password may have been changed, and the account's sessions ended, between 2 and 4; a
 *    session written after that would survive the change. Whoever changes an account writes it first and ends the sessions
 *    then, so that a look after 4 sees every change whose ending missed this session. If anything changed, the session is
 *    taken back.
 * 6. Remember the device. It may fail: the login does not depend on it.
 * 7. Hand out the tokens. Until now they have not left this process, so a session taken back in 5 was never usable.
 */
#include <string.h>

#include "auth/anomaly.h"
#include "auth/attempt.h"
#include "auth/device.h"
#include "auth/known_device.h"
#include "auth/name.h"
#include "auth/pseudonym.h"
#include "session/liveness.h"
#include "base/base64url.h"
#include "base/groups.h"
#include "base/log.h"
#include "crypto/keyring.h"
#include "crypto/mac.h"
#include "doorward/app.h"

#include "auth/login.h"

#define LEVEL_PASSWORD 1
#define MS 1000
#define LOOKS_MAX 8 /* at an account whose groups change all the time */

void
tokens_wipe(struct tokens *t)
{

	explicit_bzero(t, sizeof(*t));
}

/* Never longer than the refresh family lives: what ends at a fixed time takes its access tokens along. */
enum dw_result
tokens_issue_access(
    struct app *app, const struct client *client, const struct access_claims *about, int64_t limit, struct tokens *t)
{
	struct access_claims claims = *about;
	struct buf b;

	claims.exp = about->now + client->access_ttl / MS;
	if (claims.exp > limit)
		claims.exp = limit;
	t->access_in = claims.exp - about->now;
	buf_init(&b, t->access, sizeof(t->access));
	return (access_issue(app->conf, app->keys, &claims, &b));
}

static enum login_outcome
authenticate(struct app *app, const struct login_input *in, struct login_output *out, int64_t *failures)
{
	static const enum login_outcome outcomes[] = { [ATTEMPT_RIGHT] = SIGNED_IN,
		[ATTEMPT_WRONG] = SIGN_IN_REFUSED,
		[ATTEMPT_THROTTLED] = SIGN_IN_THROTTLED,
		[ATTEMPT_OVERLOADED] = SIGN_IN_OVERLOADED,
		[ATTEMPT_NO_STORE] = SIGN_IN_NO_STORE,
		[ATTEMPT_NO_USERDB] = SIGN_IN_NO_USERDB,
		[ATTEMPT_FAULT] = SIGN_IN_FAULT };
	const struct attempt try = { .username = in->username,
		.password = in->password,
		.device_id = in->device_id,
		.device_cookie = in->device_cookie,
		.actor = { in->ip, in->trace_id, in->client->id } };

	return (outcomes[attempt_password(app, &try, &out->account, &out->wait, failures)]);
}

/*
 * Leaves of the groups those that userdb.groups lists. Whose list is too long for a record and for a header line is refused:
 * with a part of his groups he might be let in where a group keeps people out, and nobody would know why.
 */
static enum login_outcome
take_groups(const struct app *app, struct account *a)
{

	if (a->groups_len <= GROUPS_MAX)
		a->groups_len = groups_keep(str_of(a->groups), app->conf->userdb_groups, a->groups);
	if (a->groups_len <= GROUPS_MAX)
		return (SIGNED_IN);
	log_warn("login refused, the user is in too many groups (userdb.groups can list those that matter) user=%s bytes=%zu "
		 "most=%d",
	    log_text(str_of(a->name)), a->groups_len, GROUPS_MAX);
	return (SIGN_IN_TOO_MANY_GROUPS);
}

/* Weighs what is unusual about it: auth/anomaly.c. */
static enum login_outcome
weigh(struct app *app, const struct login_input *in, const struct login_output *out, int64_t failures, struct anomaly *a)
{
	uint8_t device_key[DEVICE_KEY_LEN];
	bool known;

	*a = (struct anomaly){
		.user_id = out->account.id, .username = out->account.name, .actor = { in->ip, in->trace_id, in->client->id }
	};
	memcpy(a->user_key, out->user_key, USER_KEY_LEN);
	known = app->conf->risk_enabled && known_device_read(app->keys, str_of(out->account.name), in->device_cookie,
					       app->store->now(app->store_ctx), device_key);
	switch (anomaly_login(app, a, in->device_id, known, failures)) {
	case DW_OK:
		return (SIGNED_IN);
	case DW_REFUSED:
		return (SIGN_IN_RISK);
	default:
		return (SIGN_IN_NO_STORE);
	}
}

/* No fixation: what the browser held before is dead before the new session is born. */
static enum login_outcome
end_presented(struct app *app, const struct login_input *in)
{
	struct end_write w = { .cause = END_RELOGIN, .scope = SCOPE_SESSION, .has_sid = true };
	struct end_reply reply;

	if (in->presented == NULL)
		return (SIGNED_IN);
	memcpy(w.user_key, in->presented->user_key, USER_KEY_LEN);
	memcpy(w.session_key, in->presented->session_key, SESSION_KEY_LEN);
	w.actor = (struct actor){ in->ip, in->trace_id, in->client->id };
	return (app->store->end(app->store_ctx, &w, NULL, &reply) == DW_OK ? SIGNED_IN : SIGN_IN_NO_STORE);
}

/*
 * The device of a browser: the one it was known by when this user signed in the last time, else a new one of the text that it
 * keeps for our forms. Two posts of one form are one device either way, and a browser stays the same device when that text is
 * renewed.
 */
static bool
set_browser(const struct app *app, const struct login_input *in, struct session *s)
{
	char name[USERNAME_MAX + 1];

	if (in->is_form && name_canonical(in->username, name) &&
	    known_device_read(app->keys, str_of(name), in->device_cookie, app->store->now(app->store_ctx), s->device_key)) {
		base64url_encode(s->device_key, DEVICE_KEY_LEN, s->device_id);
		return (true);
	}
	if (in->browser.p == NULL)
		return (device_generate(s->device_key, s->device_id) == 0);
	device_of_browser(keyring_user(app->keys), in->browser, s->device_key, s->device_id);
	return (true);
}

/* A chosen id first, then the browser's, else a new one at random. */
static bool
set_device(const struct app *app, const struct login_input *in, struct session *s)
{

	if (in->device_id.p == NULL)
		return (set_browser(app, in, s));
	device_handle(in->device_id, s->device_key);
	s->flags |= SESSION_DEVICE_CHOSEN;
	return (str_copy(s->device_id, sizeof(s->device_id), in->device_id));
}

/* What the browser is to keep, by the name that is typed into it. */
static void
know_device(const struct app *app, const struct login_input *in, struct login_output *out)
{
	char name[USERNAME_MAX + 1];

	if (in->is_form && name_canonical(in->username, name))
		known_device_make(app->keys, str_of(name), out->session.device_key, out->session.created, out->known);
}

static void
set_lifetimes(const struct login_input *in, struct login_write *w)
{
	const struct client *c = in->client;
	struct session *s = &w->session;
	bool remember = in->remember && in->want_cookie;

	s->policy = in->want_cookie ? c->policy : POLICY_SLIDING;
	s->idle = (!in->want_cookie ? c->refresh_idle : remember ? c->remember_idle : c->idle) / MS;
	w->absolute_in = (!in->want_cookie ? c->refresh_absolute : remember ? c->remember_absolute : c->absolute) / MS;
	if (s->policy != POLICY_SLIDING && in->want_cookie)
		s->idle = 0;
	if (remember)
		s->flags |= SESSION_REMEMBER;
	if (!in->want_tokens)
		return;
	s->has_family = true;
	s->family_idle = c->refresh_idle / MS;
	w->family_absolute_in = c->refresh_absolute / MS;
	w->access_in = c->access_ttl / MS;
}

/* The cookie's secret also gives the session its handle, wanted or not. */
static bool
make_secrets(struct app *app, const struct login_input *in, struct login_write *w, struct login_output *out)
{
	struct session *s = &w->session;
	struct token t;
	bool good = false;

	if (token_new_session(app->keys, w->user_key, &t, out->cookie) != DW_OK)
		return (false);
	memcpy(s->session_key, t.session_key, SESSION_KEY_LEN);
	s->has_cookie = in->want_cookie;
	if (in->want_cookie)
		memcpy(s->secret_hash, t.hash, HASH_LEN);
	else
		explicit_bzero(out->cookie, sizeof(out->cookie));
	w->key_version = t.version;
	if (!in->want_tokens) {
		good = true;
	} else if (token_new_refresh(app->keys, w->user_key, s->session_key, &t, out->tokens.refresh) == DW_OK) {
		memcpy(w->refresh_hash, t.hash, HASH_LEN);
		good = true;
	}
	explicit_bzero(&t, sizeof(t));
	return (good);
}

static void
describe(const struct login_input *in, const struct account *a, struct login_write *w)
{

	w->user_id = a->id;
	w->username = a->name;
	w->groups = a->groups;
	memcpy(w->session.client_hash, in->client->client_hash, CLIENT_HASH_LEN);
	w->session.level = LEVEL_PASSWORD;
	str_copy(w->session.ip, sizeof(w->session.ip), str_of(in->ip));
	w->actor = (struct actor){ in->ip, in->trace_id, in->client->id };
}

/* As much of ${s} as ${max} bytes hold, in whole characters. */
static struct str
beginning(struct str s, size_t max)
{

	if (s.len <= max)
		return (s);
	for (s.len = max; s.len > 0 && ((unsigned char)s.p[s.len] & 0xc0) == 0x80; s.len--)
		continue;
	return (s);
}

/* What people recognise the device by. The login does not hang on it. */
static void
remember_device(struct app *app, const struct login_input *in, struct login_output *out)
{
	struct device *d = &out->device;
	struct str agent = beginning(in->user_agent, AGENT_MAX);

	if (agent.p != NULL && str_is_utf8(agent) && !str_has_control(agent))
		str_copy(d->user_agent, sizeof(d->user_agent), agent);
	if (in->device_name.p != NULL)
		str_copy(d->name, sizeof(d->name), in->device_name);
	str_copy(d->device_id, sizeof(d->device_id), str_of(out->session.device_id));
	str_copy(d->ip, sizeof(d->ip), str_of(in->ip));
	d->first_seen = d->last_seen = out->session.created;
	board_stage(app->slot, STAGE_USERDB);
	if (app->records->put_device(app->records_ctx, out->account.id, d) != DW_OK) {
		board_count(app->slot, COUNT_USERDB_ERRORS, 1);
		log_warn("device could not be recorded, the user database is locked, full or away user=%s", out->account.id);
	}
	board_stage(app->slot, STAGE_RULES);
}

static enum login_outcome
hand_out_access(struct app *app, const struct login_input *in, struct login_output *out)
{
	struct access_claims about = { .user_key = out->user_key,
		.session_key = out->session.session_key,
		.user_id = out->account.id,
		.username = out->account.name,
		.groups = out->account.groups,
		.client_id = in->client->id,
		.now = out->session.created };

	out->tokens.refresh_in = session_family_end(&out->session) - out->session.created;
	if (tokens_issue_access(app, in->client, &about, out->session.family_absolute, &out->tokens) != DW_OK)
		return (SIGN_IN_FAULT);
	return (SIGNED_IN);
}

/* The script answers what was stored, in Redis' time. */
static enum login_outcome
write_session(struct app *app, const struct login_write *w, struct login_output *out, char recorded[GROUPS_MAX + 1])
{
	struct login_reply reply;

	if (app->store->login(app->store_ctx, w, &reply) != DW_OK)
		return (SIGN_IN_NO_STORE);
	if (reply.outcome == LOGIN_TOO_MANY)
		return (SIGN_IN_TOO_MANY);
	if (reply.outcome == LOGIN_COLLISION) {
		log_error("two users share a pseudonym, the login was refused user=%s", w->user_id);
		return (SIGN_IN_FAULT);
	}
	memcpy(recorded, reply.groups, sizeof(reply.groups));
	out->session = reply.session;
	out->cookie_in = out->session.absolute - out->session.created;
	return (SIGNED_IN);
}

/* For a session whose account changed under it: it was never handed out, and is ended like any other. */
static void
take_back(struct app *app, const struct login_input *in, const struct login_output *out, enum end_cause cause)
{
	struct end_write w = { .cause = cause, .scope = SCOPE_SESSION, .has_sid = true };
	struct end_reply reply;
	enum dw_result rc;

	memcpy(w.user_key, out->user_key, USER_KEY_LEN);
	memcpy(w.session_key, out->session.session_key, SESSION_KEY_LEN);
	w.actor = (struct actor){ in->ip, in->trace_id, in->client->id };
	if ((rc = app->store->end(app->store_ctx, &w, NULL, &reply)) != DW_OK && rc != DW_PENDING)
		log_error("a session whose account was just changed could not be ended user=%s", out->account.id);
}

/* What became of the account since its password was verified: may the session stay? END_NONE = yes. */
static enum end_cause
objection(enum dw_result rc, const struct account *now, const struct account *then)
{

	if (rc != DW_OK)
		return (rc == DW_ABSENT ? END_DELETED : END_UNCONFIRMED);
	if (now->disabled)
		return (END_DISABLED);
	return (now->version == then->version ? END_NONE : END_CHANGED);
}

static enum login_outcome
look(struct app *app, const struct login_input *in, const struct login_output *out, struct account *now)
{
	enum end_cause cause;
	enum dw_result rc;

	board_stage(app->slot, STAGE_USERDB);
	rc = userdb_again(app->userdb, app->users_ctx, out->account.id, out->account.name, now);
	board_stage(app->slot, STAGE_RULES);
	explicit_bzero(now->hash, sizeof(now->hash));
	if ((cause = objection(rc, now, &out->account)) == END_NONE) {
		if (take_groups(app, now) == SIGNED_IN)
			return (SIGNED_IN);
		take_back(app, in, out, END_CHANGED);
		return (SIGN_IN_TOO_MANY_GROUPS);
	}
	take_back(app, in, out, cause);
	return (cause == END_UNCONFIRMED ? SIGN_IN_NO_USERDB : SIGN_IN_REFUSED);
}

/*
 * The account may have been changed, and its sessions ended, between the look at it and the birth of this one: a password
 * verified a moment ago is the old one now. Whoever changes an account writes it first and ends the sessions then, so a look
 * after the birth misses nothing, and the tokens have not left this process yet. Not knowing is not allowing.
 *
 * Groups changed on the way are no reason to refuse. Where the user's record ${recorded} others than the account has, it is
 * this login that brings them there; but only in the place of those it knows of, since whoever changes groups writes them into
 * the record, too, and must not be undone.
 */
static enum login_outcome
look_again(struct app *app, const struct login_input *in, struct login_output *out, char recorded[GROUPS_MAX + 1])
{
	struct account *mine = &out->account, now;
	enum login_outcome rc;

	for (int i = 0; i < LOOKS_MAX; i++) {
		if ((rc = look(app, in, out, &now)) != SIGNED_IN)
			return (rc);
		memcpy(mine->groups, now.groups, sizeof(mine->groups));
		if (strcmp(mine->groups, recorded) == 0)
			return (SIGNED_IN);
		if (app->store->set_groups(app->store_ctx, out->user_key, mine->id, mine->name, recorded, mine->groups) !=
		    DW_OK)
			return (SIGN_IN_NO_STORE);
	}
	take_back(app, in, out, END_UNCONFIRMED);
	return (SIGN_IN_NO_USERDB);
}

static enum login_outcome
begin_session(struct app *app, const struct login_input *in, struct login_output *out)
{
	struct login_write w = { .limit = (uint32_t)app->conf->session_limit, .reject = app->conf->session_reject };
	char recorded[GROUPS_MAX + 1];
	enum login_outcome rc;

	describe(in, &out->account, &w);
	memcpy(w.user_key, out->user_key, USER_KEY_LEN);
	set_lifetimes(in, &w);
	if (!set_device(app, in, &w.session) || !make_secrets(app, in, &w, out))
		return (SIGN_IN_FAULT);
	if ((rc = write_session(app, &w, out, recorded)) != SIGNED_IN)
		return (rc);
	memcpy(out->session.device_id, w.session.device_id, sizeof(out->session.device_id));
	if ((rc = look_again(app, in, out, recorded)) != SIGNED_IN)
		return (rc);
	remember_device(app, in, out);
	know_device(app, in, out);
	return (in->want_tokens ? hand_out_access(app, in, out) : SIGNED_IN);
}

enum login_outcome
login(struct app *app, const struct login_input *in, struct login_output *out)
{
	struct anomaly anomaly;
	enum login_outcome rc;
	int64_t failures = 0;

	memset(out, 0, sizeof(*out));
	if ((rc = authenticate(app, in, out, &failures)) != SIGNED_IN || (rc = take_groups(app, &out->account)) != SIGNED_IN)
		return (rc);
	pseudonym_of(keyring_user(app->keys), str_of(out->account.id), out->user_key);
	if ((rc = weigh(app, in, out, failures, &anomaly)) != SIGNED_IN || (rc = end_presented(app, in)) != SIGNED_IN ||
	    (rc = begin_session(app, in, out)) != SIGNED_IN)
		return (rc);
	anomaly_signed_in(app, &anomaly, &out->session);
	return (SIGNED_IN);
}
