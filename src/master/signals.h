/* SPDX-License-Identifier: ISC */
/* Signals become flags, and only while the master waits. */
#ifndef MASTER_SIGNALS_H
#define MASTER_SIGNALS_H

#include <signal.h>

/*
 * Blocks the signals of the master and installs their handlers; ignores PIPE. ${wait} is the mask under which the master waits:
 * the only time they arrive.
 */
void signals_master(sigset_t *wait);

/* How often ${sig} came since this was asked last. */
int signals_take(int sig);

/* Makes the signals of a child as doorward/board.h promises them. Also for a single worker that has no master. */
void signals_child(void);

/*
 * Makes the signals of a foreign program as it expects them: default actions, nothing blocked. To be called before
 * exec.
 */
void signals_foreign(void);

#endif
