/* SPDX-License-Identifier: ISC */
/* A user changes his own password, from a session of his. */
#ifndef AUTH_PASSWORD_CHANGE_H
#define AUTH_PASSWORD_CHANGE_H

#include "auth/password_rules.h"
#include "base/str.h"
#include "doorward/session.h"
#include "doorward/store.h"

struct app;

struct password_change {
	const char *user_id, *username; /* of the session */
	uint8_t user_key[USER_KEY_LEN];
	uint8_t session_key[SESSION_KEY_LEN]; /* it stays, with its refresh family */
	struct str current, new;              /* as typed */
	struct str device_id;                 /* of the session, if the client chose it; p NULL = none */
	struct str device_cookie;             /* that the browser sent; p NULL = none */
	struct actor actor;
};

enum password_outcome {
	PASSWORD_CHANGED,
	PASSWORD_PENDING,   /* it is changed, and that the other sessions end is promised */
	PASSWORD_REFUSED,   /* the new one breaks a rule */
	PASSWORD_WRONG,     /* the current one is not that; or it was changed, or the account disabled, meanwhile */
	PASSWORD_THROTTLED, /* too many wrong ones: nothing was evaluated */
	PASSWORD_ELSEWHERE, /* accounts cannot be written here */
	PASSWORD_OVERLOADED,
	PASSWORD_NO_STORE, /* nothing has changed but that other sessions may have ended: again later */
	PASSWORD_NO_USERDB,
	PASSWORD_FAILED
};

struct password_result {
	enum password_fault fault; /* PASSWORD_REFUSED: which rule */
	uint32_t ended;            /* PASSWORD_CHANGED: other sessions that were ended */
	int64_t wait;              /* PASSWORD_THROTTLED: seconds */
};

/* Changes it. PASSWORD_CHANGED, PASSWORD_PENDING (as far as this host): nothing that was verified with the old one is alive but
 * this session. */
enum password_outcome password_change(struct app *app, const struct password_change *in, struct password_result *out);

#endif
