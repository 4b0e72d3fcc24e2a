/* SPDX-License-Identifier: ISC */
/* What is on the disk before anything can run: for both programs, whichever comes first on a new machine. */
#ifndef STATE_H
#define STATE_H

#include <sys/types.h>

#include <stddef.h>

struct config;
struct deny;

/*
 * Makes what is missing of the state directory, the keys and the user database, owned by the user that the daemon of ${conf}
 * runs as. What is there is left as it is. Returns 0, or -1 with a sentence in ${err}; a database that only cannot be asked now
 * is no failure, and logged.
 */
int state_make(const struct config *conf, char *err, size_t errlen);

/* spool_fill(), as the user that the daemon of ${conf} runs as. */
int state_fill(const struct config *conf, struct deny *deny, char *err, size_t errlen);

/* Who shall own what is made later; (uid_t)-1 and (gid_t)-1 = stay who we are. Returns 0, or -1 with a sentence in ${err}. */
int state_owner(const struct config *conf, uid_t *uid, gid_t *gid, char *err, size_t errlen);

#endif
