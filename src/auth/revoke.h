/* SPDX-License-Identifier: ISC */
/* Revocation (RFC 7009): a token is taken back by the client that it was issued to. */
#ifndef AUTH_REVOKE_H
#define AUTH_REVOKE_H

#include "base/str.h"
#include "doorward/config.h"
#include "doorward/store.h"

struct app;

enum revocation {
	REVOKED,            /* now or before; or there was nothing to revoke */
	REVOKE_UNSUPPORTED, /* a session cookie: that is for logout to end */
	REVOKE_FOREIGN,     /* it was issued to another client */
	REVOKE_UNPROVED,    /* it was issued to a confidential client, and nobody has proved to be that */
	REVOKE_FULL,        /* too many access tokens of this user are revoked already; nothing was done */
	REVOKE_PENDING,     /* promised, and honoured on this host from now on */
	REVOKE_NO_STORE     /* could not be asked, or failed: nothing may be promised */
};

/*
 * Revokes ${text}, whatever it is, for ${client}, NULL = it named none. An access token: that one, and its session goes on. A
 * refresh token, of whatever age: its family, the access tokens that came of it, and the session if it has no cookie.
 * ${*wait}: with REVOKE_FULL, seconds until there is room.
 */
enum revocation revoke(struct app *app, struct str text, const struct client *client, const struct actor *actor, int64_t *wait);

#endif
