/* SPDX-License-Identifier: ISC */
/* What `doorward -t` looks at beyond the file: whether this machine, as it is now, would let the daemon start. */
#ifndef MASTER_PREFLIGHT_H
#define MASTER_PREFLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "doorward/config.h"

/*
 * Writes a line "option: what would stop the start" to ${to} for each obstacle, and returns their number. Nothing is changed; a
 * port is tried by binding it for a moment. What a running daemon of this configuration holds is no obstacle, and neither is a
 * directory that the start, or the service manager before it, makes.
 */
size_t preflight_check(const struct config *conf, FILE *to);

/*
 * The same for what the processes of the daemon read and write, looked at by a process that has become their user, where that
 * is another one. ${more}, called there too, tells what else it finds, and returns how much; ${was_root}: it is
 * another one.
 */
typedef size_t preflight_more(const struct config *conf, bool was_root);
size_t preflight_check_as_user(const struct config *conf, FILE *to, preflight_more *more);

#endif
