/* SPDX-License-Identifier: ISC */
/*
 * The process between the masters and a private Redis. A Redis that were the child of one master would end with it, also
 * when another has taken over; this one waits for the end of all of them. It is also who sees to it that the server really
 * ends when it is told to, and that one that hangs is replaced: nobody else outlives all masters and knows its pid.
 */
#ifndef REDISD_SUPERVISOR_H
#define REDISD_SUPERVISOR_H

#include <sys/types.h>

#include <stdint.h>

#define SUPERVISOR_HUNG 76 /* exit code: it did not answer and was killed; between EXIT_RESOURCE and what shells use */

struct supervisor {
	const char *socket;                             /* path at which the server answers PING */
	int64_t hung_after;                             /* ms without any answer after which it is killed */
	int64_t stop_timeout;                           /* ms from TERM to KILL */
	void (*run)(const void *ctx, pid_t supervisor); /* becomes the server */
	const void *ctx;
};

/*
 * Starts ${g}->run as a child, asks it to end by TERM when ${life} is at end of file or when TERM comes, kills it if it
 * does not, and then ends as the child did; with SUPERVISOR_HUNG after it had to be killed because it did not answer. Must
 * be called in a process of its own, with default signals.
 */
_Noreturn void supervisor_run(int life, const struct supervisor *g);

#endif
