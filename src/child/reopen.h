/* SPDX-License-Identifier: ISC */
/* The log after a rotation, in a process that may have no right to open it. */
#ifndef CHILD_REOPEN_H
#define CHILD_REOPEN_H

#include "doorward/board.h"

/*
 * If USR1 has come: goes on in the descriptors that the master sent over the channel before it; where there is no master, and
 * for syslog, opens the log again by itself.
 */
void reopen_log(const struct child *c);

#endif
