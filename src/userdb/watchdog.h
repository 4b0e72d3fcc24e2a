/* SPDX-License-Identifier: ISC */
/* A point in time for libraries that keep to none. */
#ifndef USERDB_WATCHDOG_H
#define USERDB_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

/*
 * From now to watchdog_end(): at ${deadline} (clock_mono_ms()) the connection ${fd} is shut down, so that whoever waits for its
 * peer finds that it has ended. Returns false, watching nothing, if there is no timer to be had.
 */
bool watchdog_begin(int fd, int64_t deadline);

/* Returns true if it came to that. */
bool watchdog_end(void);

#endif
