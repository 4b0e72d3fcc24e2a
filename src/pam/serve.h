/* SPDX-License-Identifier: ISC */
/* The role "pam": processes that keep the rights of the master, and ask PAM for those that gave theirs up. */
#ifndef PAM_SERVE_H
#define PAM_SERVE_H

#include "doorward/board.h"
#include "doorward/config.h"

/* A child's function, as src/README describes it. Returns the exit code. */
int pam_run(struct child *c, const struct config *conf);

#endif
