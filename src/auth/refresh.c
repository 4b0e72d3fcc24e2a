/* SPDX-License-Identifier: ISC */
/*
 * Exchanging a refresh token. The successor is derived here, from the presented token, a random salt and a key, and only
 * proposed; the script decides, and stores its hash in the same step in which it makes the old one invalid: of two exchanges at
 * once one is the first.
 *
 * The other one, within the grace time, gets the same successor: the salt that won is stored, and from it and the old token the
 * text is derived again. So a second tab or a lost answer is no theft, and no second living token is ever made. A token that
 * comes back later is theft, and ends its session; once, a client that names its device is forgiven, since its answer may have
 * been lost for longer.
 */
#include <string.h>

#include "auth/clients.h"
#include "auth/device.h"
#include "session/liveness.h"
#include "base/log.h"
#include "crypto/mac.h"
#include "crypto/random.h"
#include "doorward/app.h"

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

/* The successor is made before the script decides, since the key that makes it never leaves this process. */
static enum dw_result
propose(struct app *app, const struct refresh_input *in, struct rotate_write *w, struct tokens *out)
{
	struct token successor;

	memcpy(w->user_key, in->presented->user_key, USER_KEY_LEN);
	memcpy(w->session_key, in->presented->session_key, SESSION_KEY_LEN);
	memcpy(w->presented, in->presented->token.hash, HASH_LEN);
	if (random_bytes(w->salt, SALT_LEN) != 0)
		return (DW_FAULT);
	if (token_successor(app->keys, &in->presented->token, w->salt, 0, &successor, out->refresh) != DW_OK)
		return (DW_FAULT);
	memcpy(w->successor, successor.hash, HASH_LEN);
	w->key_version = successor.version;
	explicit_bzero(&successor, sizeof(successor));
	return (DW_OK);
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
 * The same successor again, byte for byte: derived, so that nothing secret need be kept for it. DW_INVALID: the key that made
 * it has been retired since, and with it the successor.
 */
static enum dw_result
repeat(struct app *app, const struct refresh_input *in, const struct rotate_reply *r, struct tokens *out)
{
	struct token t;
	enum dw_result rc = token_successor(app->keys, &in->presented->token, r->salt, r->key_version, &t, out->refresh);

	explicit_bzero(&t, sizeof(t));
	return (rc);
}

/* For a repeated exchange the successor that won is derived again; the one that was proposed is forgotten. */
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

/*
 * Everything up to rotate() changes nothing; after it only signing can fail, and the grace time covers a client that asks
 * again.
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
		*reason = reason_of(reply.outcome);
		return (DW_REFUSED);
	}
	if (reply.outcome == ROTATE_REPEATED && repeat(app, in, &reply, out) != DW_OK) {
		explicit_bzero(out, sizeof(*out));
		*reason = reason_of(ROTATE_REVOKED);
		return (DW_REFUSED);
	}
	return (issue(app, in, &reply, out));
}
