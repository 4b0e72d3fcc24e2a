/* SPDX-License-Identifier: ISC */
/*
 * A reload is a transaction: everything is made ready beside what serves, then they change places, or nothing has
 * happened.
 */
#ifndef MASTER_RELOAD_H
#define MASTER_RELOAD_H

#include "master/state.h"

/* Begins one; during another it is remembered (once) and begun after it. */
void reload_begin(struct master *m, int64_t now);

/* Goes on: commits when all of the next generation are ready. */
void reload_tick(struct master *m, int64_t now);

/* A process of the next generation died: it is not the better one. */
void reload_fail(struct master *m, const char *why);

#endif
