/* SPDX-License-Identifier: ISC */
/*
 * The short way of a check: the cache of store/cache.c by the hash of the whole credential as it was sent. A hit stands for a
 * check that passed a moment ago; a refusal is never kept. The text in full is the key, so another secret of the same session
 * is another entry.
 *
 * An ending that waits in the spool has changed nothing that the cache could hear of: what it is about is no hit
 * (doorward/deny.h), nor is what was found before such an ending left the table. Where that cannot be told from shared memory
 * there are no hits.
 */
#include <string.h>

#include "crypto/jws.h"
#include "crypto/keyring.h"
#include "crypto/mac.h"
#include "crypto/sid.h"
#include "doorward/app.h"

#include "auth/cached_check.h"

#define GOOD_FOR INT64_C(3600000) /* ms: how far back "lately" goes while the store cannot be asked */

/* A credential counts only in its own place: a cookie's text sent as bearer, or the other way round, must not find the other's
 * entry. */
static bool
belongs(enum credential_kind kind, struct str text)
{

	return (
	    text.p != NULL && text.len > 0 && text.len <= JWS_MAX && str_starts(text, "dws_") == (kind == CREDENTIAL_COOKIE));
}

/* 128 bits of the hash: a collision would have to be found among credentials that are good now. */
static void
key_of(struct str text, uint8_t key[CACHE_KEY_LEN])
{
	uint8_t digest[MAC_LEN];

	mac_sha256(text.p, text.len, digest);
	memcpy(key, digest, CACHE_KEY_LEN);
}

bool
cached_check_recall(struct app *app, enum credential_kind kind, struct str text, struct cached_check *out)
{
	uint64_t removals = deny_removals(app->deny);
	uint8_t key[CACHE_KEY_LEN];
	bool hit;

	if (app->cache == NULL || (app->spool != NULL && app->deny == NULL) || !belongs(kind, text))
		return (false);
	key_of(text, key);
	hit = cache_recall(app->cache, key, app->store->now(app->store_ctx), out) &&
	      !deny_suspects(app->deny, out->user_key, out->session_key, kind != CREDENTIAL_COOKIE) &&
	      removals == deny_removals(app->deny);
	board_count(app->slot, hit ? COUNT_CACHE_HITS : COUNT_CACHE_MISSES, 1);
	return (hit);
}

bool
cached_check_recall_stale(struct app *app, enum credential_kind kind, struct str text, struct cached_check *out)
{
	uint8_t key[CACHE_KEY_LEN];

	if (app->conf->stale_if_error == 0 || !belongs(kind, text))
		return (false);
	key_of(text, key);
	return (cache_recall_stale(app->cache, key, app->store->now(app->store_ctx), app->conf->stale_if_error, out));
}

bool
cached_check_was_good(struct app *app, enum credential_kind kind, struct str text)
{
	struct cached_check found;
	uint8_t key[CACHE_KEY_LEN];

	if (app->cache == NULL || !belongs(kind, text))
		return (false);
	key_of(text, key);
	return (cache_recall_stale(app->cache, key, app->store->now(app->store_ctx), GOOD_FOR, &found));
}

void
cached_check_of(const struct app *app, const struct credential *c, const struct identity *id, struct cached_check *out)
{
	const struct session *s = &id->found.session;

	memcpy(out->user_key, c->user_key, USER_KEY_LEN);
	memcpy(out->session_key, c->session_key, SESSION_KEY_LEN);
	sid_public(keyring_user(app->keys), c->user_key, c->session_key, out->sid);
	memcpy(out->user_id, id->found.user_id, sizeof(out->user_id));
	memcpy(out->username, id->found.username, sizeof(out->username));
	strcpy(out->groups, id->found.groups); /* both have room for GROUPS_MAX */
	memcpy(out->device_id, s->device_id, sizeof(out->device_id));
	out->expires = id->expires;
	out->touch_at = check_touch_time(s);
}

void
cached_check_remember(
    struct app *app, enum credential_kind kind, struct str text, const struct identity *id, const struct cached_check *p)
{
	uint8_t key[CACHE_KEY_LEN];

	if (app->cache == NULL || !belongs(kind, text))
		return;
	key_of(text, key);
	board_count(app->slot, cache_fill(app->cache, key, id->epoch, p) ? COUNT_CACHE_FILLS : COUNT_CACHE_REFUSED, 1);
}
