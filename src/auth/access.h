/* SPDX-License-Identifier: ISC */
/* Access tokens: signed JWTs of RFC 9068, bound to a session by its public id. */
#ifndef AUTH_ACCESS_H
#define AUTH_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "doorward/result.h"
#include "doorward/session.h"

struct config;
struct keyring;

#define ACCESS_TEXT_MAX 6144
#define ACCESS_GROUPS_MAX 1024 /* bytes of a list of groups: a longer one is left out, and /introspect has it */
#define ACCESS_SKEW 30         /* seconds a clock may be off (R125) */
#define JTI_TEXT 22

/* What a genuine access token says. */
struct access {
	uint8_t user_key[USER_KEY_LEN]; /* from sid; the record's user must equal ${user_id} */
	uint8_t session_key[SESSION_KEY_LEN];
	uint8_t jti[JTI_LEN]; /* hash of the jti, as a blacklist entry */
	char user_id[USER_ID_MAX + 1];
	char client_id[CLIENT_ID_MAX + 1];
	char jti_text[JTI_TEXT + 1];
	int64_t iat, exp;
	bool expired;
};

/* Whom access tokens are for. */
const char *access_audience(const struct config *c);

/* What goes into a new one. */
struct access_claims {
	const uint8_t *user_key;
	const uint8_t *session_key;
	const char *user_id;
	const char *username;
	const char *groups; /* comma list; beyond ACCESS_GROUPS_MAX there is no claim */
	const char *client_id;
	int64_t now;
	int64_t exp;
};

/* Appends a signed access token. DW_OK or DW_FAULT. */
enum dw_result access_issue(
    const struct config *c, const struct keyring *keys, const struct access_claims *claims, struct buf *out);

/*
 * Reads and verifies ${text} at the time ${now}: signature, typ, iss, aud, sub, jti, client_id, sid, exp, nbf, iat (RFC 9068
 * section 4). DW_INVALID if anything but the expiry is wrong; an expired one is DW_OK with ${out}->expired.
 */
enum dw_result access_read(
    const struct config *c, const struct keyring *keys, struct str text, int64_t now, struct access *out);

/*
 * True if ${text} is an access token of ours in form: a JWT of our typ with the kid of a key we have. It may be forged or
 * expired all the same; but one that is not ours in form may be the application's own.
 */
bool access_is_ours(const struct keyring *keys, struct str text);

#endif
