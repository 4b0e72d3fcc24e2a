/* SPDX-License-Identifier: ISC */
/* One try at a password, whichever way it came: what every path that takes one calls. */
#ifndef AUTH_ATTEMPT_H
#define AUTH_ATTEMPT_H

#include <stdint.h>

#include "base/str.h"
#include "doorward/store.h"
#include "doorward/userdb.h"

struct app;

enum attempt_outcome {
	ATTEMPT_RIGHT,
	ATTEMPT_WRONG,      /* unknown user, wrong password, disabled: the same */
	ATTEMPT_THROTTLED,  /* too many failures: nothing was evaluated */
	ATTEMPT_OVERLOADED, /* no place to hash in, or too many other tries that are not decided: nothing was evaluated */
	ATTEMPT_NO_STORE,   /* it could not be counted: the same, or what was found must not be told */
	ATTEMPT_NO_USERDB,
	ATTEMPT_FAULT
};

struct attempt {
	struct str username, password; /* as typed */
	struct str device_id;          /* that the client chose; p NULL = none */
	struct str device_cookie;      /* that the browser sent; p NULL = none */
	struct actor actor;
};

/*
 * Counts the try, verifies the password, and reports a failure. ATTEMPT_RIGHT: ${out} is the account, its hash wiped.
 * ATTEMPT_THROTTLED:
 * ${*wait} is how many seconds are left until another try is evaluated, at least 1. ATTEMPT_RIGHT: ${*failures}, if that is not
 * NULL, is how many wrong ones there were in a row before it, as far as they are counted.
 */
enum attempt_outcome attempt_password(
    struct app *app, const struct attempt *in, struct account *out, int64_t *wait, int64_t *failures);

#endif
