/* SPDX-License-Identifier: ISC */
/* Processes that were started by what this process runs, and their end. */
#ifndef PAM_DESCENDANTS_H
#define PAM_DESCENDANTS_H

#include <stdbool.h>

/* From now on orphans below this process become its children. Returns 0, or -1 with errno set. */
int descendants_adopt(void);

/*
 * Kills and reaps all children, and theirs, as they become ours. For some milliseconds at most. False: some are left, since the
 * kernel holds them or had no time for them, and whom they leave must be killed too: call it again in a moment.
 */
bool descendants_end(void);

#endif
