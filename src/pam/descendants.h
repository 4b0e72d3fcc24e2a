/* SPDX-License-Identifier: ISC */
/* Processes that were started by what this process runs, and their end. */
#ifndef PAM_DESCENDANTS_H
#define PAM_DESCENDANTS_H

/* From now on orphans below this process become its children. Returns 0, or -1 with errno set. */
int descendants_adopt(void);

/*
 * Kills and reaps all children, and theirs, as they become ours. For some milliseconds at most: what is left then, because the
 * kernel holds it, is for the next time.
 */
void descendants_end(void);

#endif
