/* SPDX-License-Identifier: ISC */
/* A command of the operator's that is given an event. */
#ifndef CTL_EXEC_H
#define CTL_EXEC_H

#include <stdbool.h>

#include "base/str.h"

#define EXEC_WHY_MAX 96

/*
 * Has the shell run ${command} with ${json} and a newline on its standard input, and waits until it ends. False, with a
 * sentence in ${why}: it could not be started, did not exit with 0, or took longer than half a minute and was killed with all
 * it had started.
 */
bool exec_event(const char *command, struct str json, char why[EXEC_WHY_MAX]);

#endif
