/* SPDX-License-Identifier: ISC */
/* How much work a failing login is: as much as the dearest hash in use, whoever it was about, so that time tells nothing. */
#ifndef AUTH_EFFORT_H
#define AUTH_EFFORT_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct app;

/* Finds out which hash is the dearest, once in a while. Before any password is evaluated. */
void effort_refresh(struct app *app);

/* Spends what the dearest hash costs on ${password}, in the place of a hash that nobody has. */
void effort_spend(struct str password);

/*
 * Ends a failure: ${done} verifications against ${hash} since the processor time ${started} (clock_cpu_us()) become what
 * ${wanted} against the dearest take.
 */
void effort_top_up(const char *hash, int64_t started, size_t done, size_t wanted, struct str password);

#endif
