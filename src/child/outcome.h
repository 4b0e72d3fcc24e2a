/* SPDX-License-Identifier: ISC */
/* What a failure to get ready means to the master: the one place where it becomes an exit code. */
#ifndef CHILD_OUTCOME_H
#define CHILD_OUTCOME_H

/*
 * EXIT_RESOURCE for an errno that may be another one in a moment (no memory, no descriptors, a disk that fails): the process is
 * started again, later and later. EXIT_CONFIG for all others and for 0, which only a change of files or rights will mend.
 */
int outcome_code(int why);

#endif
