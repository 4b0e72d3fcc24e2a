/* SPDX-License-Identifier: ISC */
/* Which processes there are to be. */
#ifndef PLAN_H
#define PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "master/master.h"

/* The socket to serve is ${fd}, which an outside manager gave us, and no other. Called before anything is planned. */
void plan_inherit(int fd);

/*
 * Makes the memory that all processes share, before the first fork: it cannot change its size afterwards. False, with a
 * sentence in ${err}: without that nobody may be served.
 */
bool plan_share(const struct config *conf, char *err, size_t errlen);

/* Sets ${p} to what ${conf} asks for. */
void plan_make(const struct config *conf, struct plan *p);

/* The two ends of the helpers' socket, as master_setup wants them. */
const int *plan_helpers(void);

#endif
