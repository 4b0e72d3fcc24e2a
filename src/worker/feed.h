/* SPDX-License-Identifier: ISC */
/* The memory file from which libfcgi reads a request that was checked whole. One a process. */
#ifndef WORKER_FEED_H
#define WORKER_FEED_H

#include "worker/incoming.h"

/* Makes the file, once per process. Returns 0, or -1 with errno set. */
int feed_open(void);

/* Puts ${in} into the file, as records of our own. Returns the descriptor, at the beginning of the request; -1 with errno set
 * on failure. */
int feed_load(const struct incoming *in);

/* Wipes what was put into it. */
void feed_wipe(void);

/* Its descriptor was closed by somebody else: makes a new file at the next load. */
void feed_lost(void);

#endif
