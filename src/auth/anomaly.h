/* SPDX-License-Identifier: ISC */
/* Unusual logins and refreshes: what is looked up for them, and what is done about them. The rules are auth/risk.h's. */
#ifndef AUTH_ANOMALY_H
#define AUTH_ANOMALY_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/risk.h"
#include "base/str.h"
#include "doorward/store.h"

struct app;

/* A login whose password was right, or a refresh whose token was. */
struct anomaly {
	uint8_t user_key[USER_KEY_LEN];
	const char *user_id, *username;
	struct actor actor;
	/* found */
	struct history history;
	struct risk_visit visit;
	unsigned signals;
	enum risk_verdict verdict;
	bool promised; /* the endings are (doorward/spool.h), and not written yet */
	bool told;     /* the endings have told it */
};

/*
 * Weighs a login from the device ${device_id} (p NULL = none was chosen), or from a browser that is ${device_known}, after
 * ${failures}; ends all sessions of the user where that is due. DW_OK: it may go on. DW_REFUSED: it may not. DW_UNAVAILABLE:
 * what had to be done could not be.
 */
enum dw_result anomaly_login(struct app *app, struct anomaly *a, struct str device_id, bool device_known, int64_t failures);

/* Reports it, where that is due, as about the session ${s} that came of it, and remembers it. */
void anomaly_signed_in(struct app *app, struct anomaly *a, const struct session *s);

/*
 * The same of a refresh, after the token was exchanged and before its successor is given away: costs nothing where the address
 * is that of the login. DW_REFUSED: all sessions were ended, this one too.
 */
enum dw_result anomaly_refresh(
    struct app *app, const uint8_t user_key[USER_KEY_LEN], const struct rotate_reply *r, const struct actor *actor);

#endif
