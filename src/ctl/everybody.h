/* Goes through all users of whom the store has a record. */
#ifndef CTL_EVERYBODY_H
#define CTL_EVERYBODY_H

#include <stdint.h>

#include "doorward/session.h"

struct ctl;

/* Bytes for the answers about one user: an older version allowed 10 000 sessions. */
#define EVERYBODY_ARENA (10001 * sizeof(struct session))
#define EVERYBODY_ENOUGH 1        /* returned by the function: stop here, all is well */

/*
 * Calls ${f} for each user, in no order; one who comes or goes meanwhile may be missed. Stops when ${f} returns something other than 0, and
 * returns that: 0, EVERYBODY_ENOUGH, or -1 after saying why it could not go on.
 */
int everybody_each(struct ctl *c, int (*f)(struct ctl *c, const uint8_t up[UP_LEN], void *ctx), void *ctx);

#endif
