/* SPDX-License-Identifier: ISC */
/*
 * Whom an operator means: a name, in any spelling, or an id. An id works without the user database, since the store's name of a
 * user is computed from it: somebody can be logged out while accounts cannot be asked.
 */
#include <string.h>

#include "admin/routes.h"
#include "auth/name.h"
#include "auth/pseudonym.h"
#include "base/base64url.h"
#include "crypto/keyring.h"

#include "admin/find.h"

/* Sessions may outlive their account in a database that was put back: then the id is all there is. */
static bool
is_user_id(struct str who)
{
	uint8_t raw[BASE64URL_BYTES(USER_ID_MAX)];
	size_t n;

	return (who.len == USER_ID_MAX && base64url_decode(who, raw, sizeof(raw), &n));
}

bool
find_user(struct app *app, const struct request *q, struct response *r, struct str who, uint8_t user_key[USER_KEY_LEN])
{
	struct account a = { 0 };
	char name[USERNAME_MAX + 1];
	enum dw_result rc = DW_ABSENT;

	board_stage(app->slot, STAGE_USERDB);
	if (name_canonical(who, name))
		rc = app->users->find(app->users_ctx, name, &a);
	explicit_bzero(a.hash, sizeof(a.hash));
	if (rc == DW_OK) {
		pseudonym_of(keyring_user(app->keys), str_of(a.id), user_key);
		return (true);
	}
	/* Where accounts cannot be asked an id still leads to sessions: nothing is looked up for it. */
	if (is_user_id(who)) {
		pseudonym_of(keyring_user(app->keys), who, user_key);
		return (true);
	}
	if (rc != DW_ABSENT) {
		health_refuse(q, r, rc, "userdb_unavailable");
		return (false);
	}
	response_error(r, q, "not_found", "There is no such user.", NULL, 0);
	return (false);
}
