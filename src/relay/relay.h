/* SPDX-License-Identifier: ISC */
/* The relay: the child that carries what happened out of Redis, and does what is nobody's request. */
#ifndef RELAY_RELAY_H
#define RELAY_RELAY_H

#include "doorward/board.h"
#include "doorward/config.h"

/* A child's function, as src/README describes it. Returns the exit code. */
int relay_run(struct child *c, const struct config *conf);

#endif
