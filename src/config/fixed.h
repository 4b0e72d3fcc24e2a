/* SPDX-License-Identifier: ISC */
/* What was mapped or started with the master, and so cannot become another by a reload. */
#ifndef CONFIG_FIXED_H
#define CONFIG_FIXED_H

#include <stdbool.h>
#include <stddef.h>

#include "doorward/config.h"

/* Puts what ${running} says in the place of what ${next} says of these options, with a line in the log for each that differs:
 * the processes of the next generation must not believe in another file or size than there is. False: no memory, says ${err}.
 */
bool fixed_keep(const struct config *running, struct config *next, char *err, size_t errlen);

#endif
