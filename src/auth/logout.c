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
logout_session(struct app *app, const uint8_t up[UP_LEN], const uint8_t sid8[SID_LEN], const struct actor *actor,
    struct end_reply *out)
{
	struct end_write w = { .cause = END_USER, .scope = SCOPE_SESSION, .has_sid = true, .actor = *actor };

	memcpy(w.up, up, UP_LEN);
	memcpy(w.sid8, sid8, SID_LEN);
	return (end(app, &w, out));
}

enum dw_result
logout(struct app *app, const struct credential *cred, enum end_scope scope, const struct actor *actor,
    struct end_reply *out)
{
	struct end_write w = { .cause = END_USER, .has_sid = true, .actor = *actor };

	memcpy(w.up, cred->up, UP_LEN);
	memcpy(w.sid8, cred->sid8, SID_LEN);
	/* A device has at most one live session, so its scope is that session. */
	w.scope = scope == SCOPE_DEVICE ? SCOPE_SESSION : scope;
	w.said_scope = scope;
	return (end(app, &w, out));
}
