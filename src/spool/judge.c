/* SPDX-License-Identifier: ISC */
/*
 * Who asked for an ending while it could not be asked who he is: was he allowed to, at the moment he asked? By the same rules
 * as while Redis answers (auth/check.c, auth/logout.c, auth/revoke.c), but as of then: a session that has ended since was
 * alive, and one that had ended before was not.
 *
 * A token that was revoked may end its own session and no other, so what it asked for "all" or "others" comes down to that.
 */
#include <string.h>

#include "crypto/mac.h"
#include "doorward/config.h"
#include "session/liveness.h"

#include "spool/judge.h"

static const struct client *
client_of(const struct config *c, const uint8_t hash[CLIENT_HASH_LEN])
{
	uint8_t digest[MAC_LEN];

	for (size_t i = 0; i < c->n_clients; i++) {
		mac_sha256(c->clients[i].id, strlen(c->clients[i].id), digest);
		if (memcmp(digest, hash, CLIENT_HASH_LEN) == 0)
			return (&c->clients[i]);
	}
	return (NULL);
}

/* Whose token it is decides who may take it back; a session that is over has none. */
static enum verdict
judge_client(const struct config *c, const struct claim *claim, const struct lookup_reply *found)
{
	static const uint8_t nobody[CLIENT_HASH_LEN];
	const struct client *owner;

	if (!found->live || (owner = client_of(c, found->session.client_hash)) == NULL)
		return (VERDICT_ALLOWED);
	if (memcmp(claim->client_hash, nobody, CLIENT_HASH_LEN) != 0)
		return (memcmp(claim->client_hash, found->session.client_hash, CLIENT_HASH_LEN) == 0 ? VERDICT_ALLOWED
												     : VERDICT_REFUSED);
	return (owner->secret_file[0] != '\0' ? VERDICT_REFUSED : VERDICT_ALLOWED);
}

static bool
was_alive(const struct lookup_reply *found, int64_t at)
{

	if (found->ended && found->logout_record.at > at)
		return (true);
	return (found->live && session_is_alive(&found->session, found->not_before, at));
}

static enum verdict
judge_caller(const struct claim *claim, const struct lookup_reply *found, int64_t at)
{
	bool revoked = found->blacklisted || (found->live && (found->session.flags & SESSION_TOKENS_REVOKED) != 0);

	if (!was_alive(found, at))
		return (VERDICT_REFUSED);
	return (claim->by != CLAIM_COOKIE && revoked ? VERDICT_REVOKED : VERDICT_ALLOWED);
}

enum dw_result
judge_entry(const struct spool *s, const struct entry *e, enum verdict *out)
{
	const struct claim *claim = entry_claim(e);
	struct lookup q = { .jti = claim->by == CLAIM_ACCESS ? claim->jti : NULL, .family = true };
	struct lookup_reply found;
	enum dw_result rc;

	*out = VERDICT_ALLOWED;
	if (!claim->unjudged)
		return (DW_OK);
	memcpy(q.user_key, entry_user(e), USER_KEY_LEN);
	memcpy(q.session_key, claim->by == CLAIM_CLIENT ? e->revocation.session_key : claim->session_key, SESSION_KEY_LEN);
	if ((rc = s->inner->lookup(s->store, &q, &found)) != DW_OK)
		return (rc);
	*out = claim->by == CLAIM_CLIENT ? judge_client(s->conf, claim, &found) : judge_caller(claim, &found, entry_act(e)->at);
	return (DW_OK);
}
