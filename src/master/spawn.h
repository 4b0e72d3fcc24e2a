/* SPDX-License-Identifier: ISC */
/* From fork to the first instruction of a role. */
#ifndef MASTER_SPAWN_H
#define MASTER_SPAWN_H

#include "master/pool.h"

/*
 * Forks the process of the due slot ${pl}: it is then starting, with a deadline. If there is no process to be had, the
 * slot is due again later, which is in the log.
 */
void spawn_slot(struct pool *p, struct slot *pl, int64_t now);

#endif
