/* SPDX-License-Identifier: ISC */
/* The child that asks, for accounts that are kept elsewhere, whether those who are signed in still have one. */
#ifndef RECONCILE_RECONCILE_H
#define RECONCILE_RECONCILE_H

#include "doorward/board.h"
#include "doorward/config.h"

/* A child's function, as src/README describes it. Returns the exit code. */
int reconcile_run(struct child *c, const struct config *conf);

#endif
