/* SPDX-License-Identifier: ISC */
/*
 * Ending sessions. The credential need not be alive: a session that is over already is answered from its record, as it was the
 * first time, which makes logging out repeatable.
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
    const struct actor *actor, struct end_reply *out)
{
	struct end_write w = { .cause = END_USER, .scope = SCOPE_SESSION, .has_sid = true, .actor = *actor };

	memcpy(w.user_key, user_key, USER_KEY_LEN);
	memcpy(w.session_key, session_key, SESSION_KEY_LEN);
	return (end(app, &w, out));
}

enum dw_result
logout(struct app *app, const struct credential *cred, enum end_scope scope, const struct actor *actor, struct end_reply *out)
{
	struct end_write w = { .cause = END_USER, .has_sid = true, .actor = *actor };

	memcpy(w.user_key, cred->user_key, USER_KEY_LEN);
	memcpy(w.session_key, cred->session_key, SESSION_KEY_LEN);
	/* A device has at most one live session, so its scope is that session. */
	w.scope = scope == SCOPE_DEVICE ? SCOPE_SESSION : scope;
	w.said_scope = scope;
	return (end(app, &w, out));
}
