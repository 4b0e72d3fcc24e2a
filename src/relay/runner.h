/* SPDX-License-Identifier: ISC */
/*
 * A process that does nothing but run one program, for a relay that may not: it gave up starting programs, since it speaks with
 * receivers. What to run was settled before; only what goes to the program's standard input is sent.
 */
#ifndef RELAY_RUNNER_H
#define RELAY_RUNNER_H

#include <stdint.h>

#define RUNNER_INPUT_MAX 60000 /* bytes of standard input: what a pipe takes at once */

/* A run that has ended: its number, and what wait(2) said; -1: it could not be started. RUNNER_TIMEOUT: it took too long. */
struct runner_result {
	uint64_t number;
	int32_t status;
};
#define RUNNER_TIMEOUT (-2)

/*
 * Starts the process, for ${command} (NULL-terminated); each run may take ${ms}. Returns a socket of messages, or -1 with
 * errno. A message to it is a number (uint64_t) and the input; those that come back are struct runner_result. When it is
 * closed, programs that still run are killed, and the process ends.
 */
int runner_start(char *const *command, int64_t ms);

#endif
