/* SPDX-License-Identifier: ISC */
/* Logout: ends sessions, each with its one record. */
#ifndef AUTH_LOGOUT_H
#define AUTH_LOGOUT_H

#include "auth/credential.h"
#include "doorward/store.h"

struct app;

/*
 * Ends, on behalf of the bearer of ${cred} (any kind, genuine; expired or used up is fine), the sessions of ${scope}. DW_OK:
 * done, now or before, ${out} tells; DW_PENDING: promised, and honoured here from now on; DW_REFUSED: it is a token that was
 * revoked, which may not end other sessions than its own; otherwise DW_UNAVAILABLE or DW_FAULT: nothing may be promised.
 */
enum dw_result logout(
    struct app *app, const struct credential *cred, enum end_scope scope, const struct actor *actor, struct end_reply *out);

/*
 * Ends the session ${session_key} of the user ${user_key}, on behalf of that user; ${claim} says whether it is still to be
 * judged that it is on his behalf. The same results.
 */
enum dw_result logout_session(struct app *app, const uint8_t user_key[USER_KEY_LEN], const uint8_t session_key[SESSION_KEY_LEN],
    const struct claim *claim, const struct actor *actor, struct end_reply *out);

/* What the bearer of ${cred} claims while it cannot be asked whether his session lives. ${known}: it was seen alive lately. */
struct claim logout_claim(const struct credential *cred, bool known);

#endif
