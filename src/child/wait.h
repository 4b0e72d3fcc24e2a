/* SPDX-License-Identifier: ISC */
/*
 * The wait of a child process: the only place where it sleeps, and the only one where signals get through, so that no read,
 * write or rule is ever interrupted. See src/README for what else a new kind of child needs.
 */
#ifndef CHILD_WAIT_H
#define CHILD_WAIT_H

#include <sys/epoll.h>

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "doorward/board.h"

enum child_word {
	CHILD_GO_ON,
	CHILD_LEAVE, /* told to by a signal, or the master is gone: finish what has begun, then return EXIT_RETIRED */
	CHILD_FAILED /* cannot wait, which is in the log: return EXIT_RUNTIME */
};

/*
 * Installs the handlers of QUIT, TERM, INT (leave) and USR1 (the log was opened again) and blocks all four; ignores HUP, USR2
 * and PIPE. To be called first, but after FCGX_Init(), which installs handlers of its own.
 */
void child_signals(void);

/* True once QUIT, TERM or INT was received: finish and leave. */
bool child_leaving(void);

/*
 * Waits until one of ${fds} has an event, at most ${ms} milliseconds (negative = without end), or until a signal comes or the
 * master goes; then opens the log again if that was asked for. fds[0] is filled in by this function: the caller's begin at
 * fds[1], and ${n} counts it. A descriptor of -1 is left out. After anything but an event all revents are 0. Waits also when
 * CHILD_LEAVE was returned before: for a caller that drains, who sets ${c->master_fd} to -1.
 */
enum child_word child_poll(const struct child *c, struct pollfd *fds, nfds_t n, int64_t ms);

/*
 * The same on an epoll set, in which the caller watches ${c->master_fd} itself. Returns the number of ${events} (0 after a
 * signal or ${ms}), or -1 after an error, logged. child_leaving() says whether to leave.
 */
int child_epoll(const struct child *c, int ep, struct epoll_event *events, int most, int ms);

#endif
