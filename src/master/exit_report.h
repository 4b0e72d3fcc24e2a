/* SPDX-License-Identifier: ISC */
/* What the log says when a process has ended: the meaning of its code, not the number. */
#ifndef MASTER_EXIT_REPORT_H
#define MASTER_EXIT_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "doorward/board.h"

#include "master/pool.h"

/* One line about the process of ${pl} that ended with ${status} after ${lived} ms. ${s}: its slot, not cleared yet. */
void exit_report_write(const struct slot *pl, const struct board_slot *s, int status, int64_t lived);

/* What an exit code, or a signal (${status} as waitpid(2) gives it), means, in words. */
void exit_report_words(int status, char *out, size_t cap);

#endif
