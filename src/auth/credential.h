/* SPDX-License-Identifier: ISC */
/* Something that claims to stand for a session: genuine in itself, whatever has become of the session. */
#ifndef AUTH_CREDENTIAL_H
#define AUTH_CREDENTIAL_H

#include <stdbool.h>

#include "auth/access.h"
#include "auth/token.h"
#include "base/str.h"

struct app;

enum credential_kind { CREDENTIAL_NONE = 0, CREDENTIAL_COOKIE, CREDENTIAL_ACCESS, CREDENTIAL_REFRESH };

struct credential {
	enum credential_kind kind;
	uint8_t user_key[USER_KEY_LEN];
	uint8_t session_key[SESSION_KEY_LEN];
	union {
		struct token token;   /* COOKIE, REFRESH */
		struct access access; /* ACCESS */
	};
};

/* Reads ${text} as a credential of ${kind}. DW_OK or DW_INVALID (malformed or forged); nothing is asked. */
enum dw_result credential_read(const struct app *app, enum credential_kind kind, struct str text, struct credential *out);

/* The same for a token of whatever kind: its form tells. A session cookie's is one, too. */
enum dw_result credential_read_any(const struct app *app, struct str text, struct credential *out);

/* True if both stand for the same session. */
bool credential_same_session(const struct credential *a, const struct credential *b);

#endif
