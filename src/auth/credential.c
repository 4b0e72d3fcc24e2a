/* SPDX-License-Identifier: ISC */
/*
 * A credential in the text form a client sends, read into what the store is asked with. Nothing is asked here: malformed and
 * forged ones are refused by their MAC or signature, at no cost for anybody else.
 */
#include <string.h>

#include "doorward/app.h"

#include "auth/credential.h"

static enum dw_result
read_access(const struct app *app, struct str text, struct credential *out)
{
	enum dw_result rc = access_read(app->conf, app->keys, text, app->store->now(app->store_ctx), &out->access);

	if (rc == DW_OK) {
		memcpy(out->user_key, out->access.user_key, USER_KEY_LEN);
		memcpy(out->session_key, out->access.session_key, SESSION_KEY_LEN);
	}
	return (rc);
}

static enum dw_result
read_opaque(const struct app *app, enum credential_kind kind, struct str text, struct credential *out)
{
	enum dw_result rc;

	if (kind == CREDENTIAL_COOKIE)
		rc = token_read_session(app->keys, text, &out->token);
	else
		rc = token_read_refresh(app->keys, text, &out->token);
	if (rc == DW_OK) {
		memcpy(out->user_key, out->token.user_key, USER_KEY_LEN);
		memcpy(out->session_key, out->token.session_key, SESSION_KEY_LEN);
	}
	return (rc);
}

enum dw_result
credential_read(const struct app *app, enum credential_kind kind, struct str text, struct credential *out)
{

	out->kind = kind;
	return (kind == CREDENTIAL_ACCESS ? read_access(app, text, out) : read_opaque(app, kind, text, out));
}

enum dw_result
credential_read_any(const struct app *app, struct str text, struct credential *out)
{
	enum credential_kind kind = CREDENTIAL_ACCESS;

	if (str_starts(text, "dwr_"))
		kind = CREDENTIAL_REFRESH;
	else if (str_starts(text, "dws_"))
		kind = CREDENTIAL_COOKIE;
	return (credential_read(app, kind, text, out));
}

bool
credential_same_session(const struct credential *a, const struct credential *b)
{

	return (memcmp(a->user_key, b->user_key, USER_KEY_LEN) == 0 &&
		memcmp(a->session_key, b->session_key, SESSION_KEY_LEN) == 0);
}
