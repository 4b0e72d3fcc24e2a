/* SPDX-License-Identifier: ISC */
/* A directory of this run's own: group set-up and tear-down. */
#ifndef TESTS_TEMPDIR_H
#define TESTS_TEMPDIR_H

extern char tempdir[];

int tempdir_make(void **state);
int tempdir_remove(void **state);       /* with all that is in it */
int tempdir_remove_empty(void **state); /* fails if anything is left there */

#endif
