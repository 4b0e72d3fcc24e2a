/* SPDX-License-Identifier: ISC */
/* Login: a password becomes a session, and what was asked for to hold it by. */
#ifndef AUTH_LOGIN_H
#define AUTH_LOGIN_H

#include <stdbool.h>

#include "auth/access.h"
#include "auth/credential.h"
#include "auth/known_device.h"
#include "auth/token.h"
#include "base/str.h"
#include "doorward/config.h"
#include "doorward/userdb.h"

struct app;

enum login_outcome {
	SIGNED_IN,
	SIGN_IN_REFUSED,         /* unknown user, wrong password, disabled: the same */
	SIGN_IN_THROTTLED,       /* too many failures: nothing was evaluated */
	SIGN_IN_TOO_MANY,        /* session limit, policy "reject" */
	SIGN_IN_RISK,            /* the password was right, but the login is too unusual (risk.at_login) */
	SIGN_IN_TOO_MANY_GROUPS, /* the password was right, but the list of groups is longer than GROUPS_MAX */
	SIGN_IN_OVERLOADED,      /* no place for hashing; nothing was evaluated */
	SIGN_IN_NO_STORE,
	SIGN_IN_NO_USERDB,
	SIGN_IN_FAULT
};

struct login_input {
	struct str username, password;
	struct str device_id;   /* p NULL = the server makes one */
	struct str device_name; /* p NULL = none */
	struct str browser; /* without ${device_id}: a random text that this browser keeps, and is known by; p NULL = none */
	struct str device_cookie; /* that the browser sent, of an earlier login; p NULL = none */
	bool is_form;             /* what signs in is a browser: its device is what ${device_cookie}, else ${browser} say */
	struct str user_agent;
	const struct client *client;
	bool remember;
	bool want_cookie;
	bool want_tokens;
	const struct credential *presented; /* the cookie that came along, ended once the password is right; NULL = none */
	const char *ip;
	const char *trace_id;
};

/* Tokens handed out: wipe with tokens_wipe() after they have been written. */
struct tokens {
	char access[ACCESS_TEXT_MAX];
	char refresh[TOKEN_TEXT_MAX + 1];
	int64_t access_in, refresh_in; /* seconds */
};

struct login_output {
	struct account account;
	struct session session;
	struct device device;
	uint8_t user_key[USER_KEY_LEN];
	char cookie[TOKEN_TEXT_MAX + 1];   /* "" = none wanted */
	int64_t cookie_in;                 /* seconds to its absolute end */
	struct tokens tokens;              /* filled if wanted */
	char known[KNOWN_DEVICE_TEXT + 1]; /* with is_form: what this browser is to be known by the next time */
	int64_t wait;                      /* SIGN_IN_THROTTLED: seconds until another try is evaluated */
};

enum login_outcome login(struct app *app, const struct login_input *in, struct login_output *out);

void tokens_wipe(struct tokens *t);

/* Issues the access token of ${s} into ${t}, living for ${client}'s time but not beyond ${limit}. DW_OK or DW_FAULT. */
enum dw_result tokens_issue_access(
    struct app *app, const struct client *client, const struct access_claims *about, int64_t limit, struct tokens *t);

#endif
