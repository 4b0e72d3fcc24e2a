/* SPDX-License-Identifier: ISC */
/*
 * Ending sessions. The credential need not be alive: a session that is over already is answered from its record, as it was the
 * first time, which makes logging out repeatable.
 *
 * While the store cannot be asked, an ending may be promised instead (DW_PENDING, doorward/spool.h). Who asks for more than his
 * own session is then judged later.
 *
 * A token that was revoked has most likely been stolen. It may end the session that it is of, which keeps nobody from repeating
 * a logout, but not the user's others: else its thief, who can do nothing else any more, could still sign him out everywhere.
 */
#include <string.h>

#include "doorward/app.h"

#include "auth/logout.h"

/* Without the records of other sessions: there may be a thousand, and only the caller's own is shown. */
static enum dw_result
end(struct app *app, const struct end_write *w, struct end_reply *out)
{

	return (app->store->end(app->store_ctx, w, NULL, out));
}

enum dw_result
logout_session(struct app *app, const uint8_t user_key[USER_KEY_LEN], const uint8_t session_key[SESSION_KEY_LEN],
    const struct claim *claim, const struct actor *actor, struct end_reply *out)
{
	struct end_write w = { .cause = END_USER, .scope = SCOPE_SESSION, .has_sid = true, .actor = *actor };

	memcpy(w.user_key, user_key, USER_KEY_LEN);
	memcpy(w.session_key, session_key, SESSION_KEY_LEN);
	w.claim = *claim;
	return (end(app, &w, out));
}

struct claim
logout_claim(const struct credential *cred, bool known)
{
	struct claim c = { .unjudged = true, .known = known };

	c.by = cred->kind == CREDENTIAL_ACCESS ? CLAIM_ACCESS : cred->kind == CREDENTIAL_REFRESH ? CLAIM_REFRESH : CLAIM_COOKIE;
	memcpy(c.session_key, cred->session_key, SESSION_KEY_LEN);
	if (cred->kind == CREDENTIAL_ACCESS)
		memcpy(c.jti, cred->access.jti, JTI_LEN);
	return (c);
}

/* Is the session, if it lives, one that this token still belongs to? DW_REFUSED: the token was revoked. */
static enum dw_result
token_stands(struct app *app, const struct credential *cred)
{
	struct lookup q = { .jti = cred->kind == CREDENTIAL_ACCESS ? cred->access.jti : NULL, .family = true };
	struct lookup_reply found;
	enum dw_result rc;

	memcpy(q.user_key, cred->user_key, USER_KEY_LEN);
	memcpy(q.session_key, cred->session_key, SESSION_KEY_LEN);
	if ((rc = app->store->lookup(app->store_ctx, &q, &found)) != DW_OK || !found.live)
		return (rc);
	return (found.blacklisted || (found.session.flags & SESSION_TOKENS_REVOKED) != 0 ? DW_REFUSED : DW_OK);
}

enum dw_result
logout(struct app *app, const struct credential *cred, enum end_scope scope, const struct actor *actor, struct end_reply *out)
{
	struct end_write w = { .cause = END_USER, .has_sid = true, .actor = *actor };
	enum dw_result rc;

	if ((scope == SCOPE_OTHERS || scope == SCOPE_ALL) && cred->kind != CREDENTIAL_COOKIE) {
		rc = token_stands(app, cred);
		if (rc == DW_UNAVAILABLE)
			w.claim = logout_claim(cred, false);
		else if (rc != DW_OK)
			return (rc);
	}
	memcpy(w.user_key, cred->user_key, USER_KEY_LEN);
	memcpy(w.session_key, cred->session_key, SESSION_KEY_LEN);
	/* A device has at most one live session, so its scope is that session. */
	w.scope = scope == SCOPE_DEVICE ? SCOPE_SESSION : scope;
	w.said_scope = scope;
	return (end(app, &w, out));
}
