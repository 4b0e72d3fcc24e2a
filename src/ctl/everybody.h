/* SPDX-License-Identifier: ISC */
/* Goes through all users of whom the store has a record. */
#ifndef CTL_EVERYBODY_H
#define CTL_EVERYBODY_H

#include <stdint.h>

#include "doorward/session.h"

struct ctl;

/* Bytes for the answers about one user: an older version allowed 10 000 sessions. */
#define EVERYBODY_ARENA (10001 * sizeof(struct session))
/* What the function says of one user, besides 0 and -1. */
#define EVERYBODY_ENOUGH 1 /* stop here, all is well */
#define EVERYBODY_BROKEN 2 /* his record makes no sense; it said so */

/*
 * Calls ${f} for each user, in no order; one who comes or goes meanwhile may be missed. A record that makes no sense does not
 * hide the others: it is counted, and said at the end. Returns 0, EVERYBODY_ENOUGH, EVERYBODY_BROKEN if there was such a
 * record, or -1 after saying why it could not go on.
 */
int everybody_each(struct ctl *c, int (*f)(struct ctl *c, const uint8_t user_key[USER_KEY_LEN], void *ctx), void *ctx);

#endif
