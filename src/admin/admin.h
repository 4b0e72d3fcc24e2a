/* SPDX-License-Identifier: ISC */
/*
 * The operators' process: health, status, metrics and kicks over plain HTTP, on a socket of its own that no front
 * server reaches.
 */
#ifndef ADMIN_ADMIN_H
#define ADMIN_ADMIN_H

#include "doorward/board.h"
#include "doorward/config.h"

/* Serves the sockets of ${c} until told to leave, or until its master is gone. Returns the exit code of board.h. */
int admin_run(struct child *c, const struct config *conf);

#endif
