/* SPDX-License-Identifier: ISC */
/*
 * Exchanging a refresh token. The successor is derived here, from the presented token, its own generation and a key, and only
 * proposed; the script decides, and stores its hash in the same step in which it makes the old one invalid: of two exchanges at
 * once one is the first.
 *
 * The other one, within the grace time, gets the same successor, derived again. So a second tab or a lost answer is no theft,
 * and no second living token is ever made. A token that comes back later is theft, and ends its session; once, a client that
 * names its device is forgiven, since its answer may have been lost for longer: its successor is of the generation after that,
 * so that it is another one.
 *
 * A failover of Redis can lose an exchange whose answer has been given. The token of that answer is of a later generation than
 * the record knows, which only we can have written, and so counts as the current one (rotate.lua).
 */
#include <string.h>

#include "auth/anomaly.h"
#include "auth/clients.h"
#include "auth/device.h"
#include "session/liveness.h"
#include "base/log.h"
#include "crypto/mac.h"
#include "crypto/random.h"
#include "doorward/app.h"
#include "doorward/config.h"

#include "auth/refresh.h"

#define MS 1000

static const char *
reason_of(enum rotate_outcome outcome)
{

	switch (outcome) {
	case ROTATE_EXPIRED:
		return ("expired");
	case ROTATE_REVOKED:
		return ("revoked");
	case ROTATE_REUSED:
		return ("reused");
	case ROTATE_DEVICE_MISSING:
	case ROTATE_DEVICE_MISMATCH:
		return ("device_mismatch");
	case ROTATE_CLIENT_MISMATCH:
		return ("client_mismatch");
	default:
		return ("unknown");
	}
}

/* A client that is no longer configured falls back to the default's lifetimes. */
static const struct client *
client_of(const struct config *c, const struct session *s)
{
	const struct client *found = clients_find(c, s->client_hash);

	return (found != NULL ? found : config_client(c, NULL));
}

static enum dw_result
derive(struct app *app, const struct token *old, uint32_t generation, uint8_t hash[HASH_LEN], struct rotate_write *w,
    char text[TOKEN_TEXT_MAX + 1])
{
	struct token t;

	if (token_successor(app->keys, old, generation, 0, &t, text) != DW_OK)
		return (DW_FAULT);
	memcpy(hash, t.hash, HASH_LEN);
	w->key_version = t.version;
	explicit_bzero(&t, sizeof(t));
	return (DW_OK);
}

/* Successors are made before the script decides, since the key that makes them never leaves this process. */
static enum dw_result
propose(struct app *app, const struct refresh_input *in, struct rotate_write *w, struct tokens *out)
{
	const struct token *old = &in->presented->token;
	char ignored[TOKEN_TEXT_MAX + 1];
	enum dw_result rc;

	memcpy(w->user_key, in->presented->user_key, USER_KEY_LEN);
	memcpy(w->session_key, in->presented->session_key, SESSION_KEY_LEN);
	memcpy(w->presented, old->hash, HASH_LEN);
	w->generation = old->generation;
	if (random_bytes(w->nonce, NONCE_LEN) != 0)
		return (DW_FAULT);
	if ((rc = derive(app, old, old->generation + 1, w->successor, w, out->refresh)) == DW_OK)
		rc = derive(app, old, old->generation + 2, w->recovered, w, ignored);
	explicit_bzero(ignored, sizeof(ignored));
	return (rc);
}

static void
say_who(const struct app *app, const struct refresh_input *in, struct rotate_write *w)
{
	uint8_t digest[MAC_LEN];

	w->grace = app->conf->refresh_grace / MS;
	w->access_in = app->conf->access_ttl / MS;
	for (size_t i = 0; i < app->conf->n_clients; i++) /* which client it is, the store finds: allow for the longest */
		if (app->conf->clients[i].access_ttl / MS > w->access_in)
			w->access_in = app->conf->clients[i].access_ttl / MS;
	w->actor = (struct actor){ in->ip, in->trace_id, NULL };
	if ((w->has_device = in->device_id.p != NULL))
		device_handle(in->device_id, w->device_key);
	if ((w->has_client = in->client_id.p != NULL)) {
		mac_sha256(in->client_id.p, in->client_id.len, digest);
		memcpy(w->client_hash, digest, CLIENT_HASH_LEN);
	}
}

/*
 * The successor that the store has, byte for byte: derived, so that nothing secret need be kept for it. DW_INVALID: the key
 * that made it has been retired since, and with it the successor.
 */
static enum dw_result
repeat(struct app *app, const struct refresh_input *in, const struct rotate_reply *r, struct tokens *out)
{
	const struct token *old = &in->presented->token;
	enum dw_result rc;
	struct token t;

	if (r->generation == 0)
		rc = token_successor_salted(app->keys, old, r->salt, r->key_version, &t, out->refresh);
	else
		rc = token_successor(app->keys, old, r->generation, r->key_version, &t, out->refresh);
	explicit_bzero(&t, sizeof(t));
	return (rc);
}

/* In all but the usual case the successor that won is derived again; the one that was proposed is forgotten. */
static enum dw_result
issue(struct app *app, const struct refresh_input *in, const struct rotate_reply *r, struct tokens *out)
{
	const struct client *client = client_of(app->conf, &r->session);
	struct access_claims about = { .user_key = in->presented->user_key,
		.session_key = r->session.session_key,
		.user_id = r->user_id,
		.username = r->username,
		.groups = r->groups,
		.client_id = client->id,
		.now = r->now };

	out->refresh_in = session_family_end(&r->session) - r->now;
	return (tokens_issue_access(app, client, &about, r->session.family_absolute, out));
}

/* A successor that is not given away is forgotten. */
static enum dw_result
keep_back(struct tokens *out, enum dw_result rc, const char **reason)
{

	explicit_bzero(out, sizeof(*out));
	if (rc == DW_REFUSED)
		*reason = reason_of(ROTATE_REVOKED);
	return (rc);
}

/* Is it unusual that this token comes from here? auth/anomaly.c. */
static enum dw_result
weigh(struct app *app, const struct refresh_input *in, const struct rotate_reply *r)
{
	const struct actor actor = { in->ip, in->trace_id, client_of(app->conf, &r->session)->id };

	return (anomaly_refresh(app, in->presented->user_key, r, &actor));
}

/* Used before, or not its bearer's: the session has ended with this exchange. */
static bool
is_burnt(enum rotate_outcome outcome)
{

	return (outcome == ROTATE_REUSED || outcome == ROTATE_DEVICE_MISMATCH || outcome == ROTATE_CLIENT_MISMATCH);
}

/*
 * That is to last as a logout does (redis.durability), but which exchanges end something only the script knows. So the ending
 * is asked for once more: where it stands that changes nothing, and is answered when enough servers have it, or the spool.
 * DW_REFUSED when it lasts.
 */
static enum dw_result
keep_ended(struct app *app, const struct rotate_write *of, const struct rotate_reply *r)
{
	struct end_write w = { .cause = r->outcome == ROTATE_REUSED ? END_REUSE : END_MISMATCH,
		.scope = SCOPE_SESSION,
		.said_scope = SCOPE_SESSION,
		.has_sid = true,
		.reason = r->outcome == ROTATE_CLIENT_MISMATCH ? reason_of(r->outcome) : NULL,
		.actor = of->actor };
	struct end_reply reply;
	enum dw_result rc;

	if (app->conf->redis_durability == DURABILITY_MEMORY || !is_burnt(r->outcome))
		return (DW_REFUSED);
	memcpy(w.user_key, of->user_key, USER_KEY_LEN);
	memcpy(w.session_key, of->session_key, SESSION_KEY_LEN);
	memcpy(w.act.id, r->event_id, sizeof(w.act.id));
	rc = app->store->end(app->store_ctx, &w, NULL, &reply);
	return (rc == DW_OK || rc == DW_PENDING ? DW_REFUSED : rc);
}

/*
 * Everything up to rotate() changes nothing; after it only signing can fail, or that the user's sessions cannot be ended, and
 * the grace time covers a client that asks again.
 */
enum dw_result
refresh(struct app *app, const struct refresh_input *in, struct tokens *out, const char **reason)
{
	struct rotate_write w = { .grace = 0 };
	struct rotate_reply reply;
	enum dw_result rc;

	*reason = NULL;
	memset(out, 0, sizeof(*out));
	if ((rc = propose(app, in, &w, out)) != DW_OK)
		return (rc);
	say_who(app, in, &w);
	if ((rc = app->store->rotate(app->store_ctx, &w, &reply)) != DW_OK)
		return (rc);
	if (reply.outcome == ROTATE_REUSED)
		log_warn("a used refresh token came back, its session was ended user=%s ip=%s", reply.user_id, in->ip);
	if (reply.outcome > ROTATE_RECOVERED) {
		if ((rc = keep_ended(app, &w, &reply)) == DW_REFUSED)
			*reason = reason_of(reply.outcome);
		return (rc);
	}
	if (reply.outcome != ROTATE_DONE && repeat(app, in, &reply, out) != DW_OK)
		return (keep_back(out, DW_REFUSED, reason));
	if ((rc = weigh(app, in, &reply)) != DW_OK)
		return (keep_back(out, rc, reason));
	return (issue(app, in, &reply, out));
}
