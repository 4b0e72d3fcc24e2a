/* SPDX-License-Identifier: ISC */
/* The cache keeper's life as a process: one a host. */
#ifndef KEEPER_KEEP_H
#define KEEPER_KEEP_H

#include "doorward/board.h"
#include "doorward/config.h"

/* Keeps the cache of ${c} true until it is told to leave or its master is gone. Returns the exit code of board.h. */
int keep_run(struct child *c, const struct config *conf);

#endif
