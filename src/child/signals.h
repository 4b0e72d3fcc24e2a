/* SPDX-License-Identifier: ISC */
/* A worker's signals: open only inside the one wait, so that no read, write or rule is ever interrupted. */
#ifndef CHILD_SIGNALS_H
#define CHILD_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* Installs the handlers and blocks the signals; ${*open} is the mask for the wait. Call after FCGX_Init, which installs its
 * own. */
void signals_install(sigset_t *open);

/* True once after QUIT, TERM or INT was received: finish and leave. */
bool signals_leave(void);

/* True once after every USR1: open the log again. */
bool signals_reopen(void);

#endif
