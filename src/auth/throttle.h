/* SPDX-License-Identifier: ISC */
/* How often a password may be guessed: by account, known or not, and by address. Every guess is reserved before it is
 * evaluated. */
#ifndef AUTH_THROTTLE_H
#define AUTH_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "doorward/store.h"

struct app;
struct user_keys;

/* Who guesses, and whose password. */
struct throttle_who {
	struct str name;          /* canonical, or as typed where it can be nobody's name */
	bool is_name;             /* it is canonical */
	const char *ip;           /* "" = not known: not counted by address */
	struct str device_id;     /* a client says that it is this device; p NULL = nothing is said */
	struct str device_cookie; /* likewise a browser */
};

enum throttle_verdict {
	THROTTLE_GO,
	THROTTLE_WAIT,      /* too many failures: not before ${wait_ms} have passed */
	THROTTLE_UNDECIDED, /* as many are being evaluated as may still fail: again in a moment */
	THROTTLE_NO_STORE,  /* could not be asked */
	THROTTLE_NO_USERDB  /* could not be asked whether the device is known, on which it depends */
};

/* One guess, from its reservation to what came of it. */
struct throttle {
	struct guess_limits account_limits, address_limits;
	struct guess guesses[2]; /* of the account; of the address, where that is counted */
	size_t n;
	uint8_t device[DEVICE_KEY_LEN];
	int64_t wait_ms;
	bool report; /* THROTTLE_WAIT: nobody was told of it lately */
};

/*
 * Reserves one guess. It is what a login asks the store first, so that THROTTLE_NO_STORE also says that no session could be
 * kept. Whatever else than THROTTLE_GO is returned, nothing is reserved.
 */
enum throttle_verdict throttle_reserve(struct app *app, const struct throttle_who *who, struct throttle *t);

/*
 * Says what came of the guess: GUESS_FAILED, GUESS_SUCCEEDED or GUESS_UNJUDGED. False: the account's counter could not be told,
 * so the guess is not counted, and its result must not be given away.
 */
bool throttle_settle(struct app *app, struct throttle *t, enum guess_step what);

/* The counter of the account ${name}, as above. */
void throttle_account_key(const struct user_keys *k, struct str name, bool is_name, uint8_t key[USER_KEY_LEN]);

#endif
