/* SPDX-License-Identifier: ISC */
/* How many connections wait in the kernel for a worker. */
#ifndef MASTER_QUEUE_H
#define MASTER_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "master/pool.h"

#define QUEUE_PERIOD 1000 /* ms between two looks */

/*
 * Asks for the queue of the listening socket ${fd}: ${*len} connections wait, at most ${*max} may. False if it cannot
 * be asked.
 */
bool queue_ask(int fd, uint32_t *len, uint32_t *max);

/* Writes the sums of every role of ${g} to the board. */
void queue_look(struct board *b, const struct generation *g);

#endif
