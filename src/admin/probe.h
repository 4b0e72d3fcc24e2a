/* SPDX-License-Identifier: ISC */
/*
 * The daemon asks itself, the way a front server does: by connecting to its own sockets. What nobody takes out of the queue,
 * what refuses and what is not there any more is noticed, whatever the processes say of themselves.
 */
#ifndef ADMIN_PROBE_H
#define ADMIN_PROBE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doorward/board.h"

#define PROBE_PERIOD 2000   /* ms between two looks at a socket */
#define PROBE_PATIENCE 8000 /* ms that a connection may wait for a process to take it; with the period less than 15 s */
#define PROBE_FAILURES 2    /* looks in a row that must fail: a reload may be changing the address just now */
#define PROBES_MAX (BOARD_ROLES * CHILD_LISTEN_MAX)

enum probe_verdict {
	PROBE_FINE,       /* or not to be asked by us: the front servers may have rights that we have not */
	PROBE_STALLED,    /* connections are not taken */
	PROBE_UNREACHABLE /* nobody listens there, or there is something else */
};

/* Begins the looks that are due at ${now} (mono, ms). */
void probe_tick(const struct board *b, int64_t now);

/* Fills ${fds} with what is waited for, at most PROBES_MAX of them; returns how many. */
size_t probe_poll(struct pollfd *fds);

/* Takes what has come for the ${n} descriptors that probe_poll() gave. */
void probe_hear(const struct pollfd *fds, size_t n, int64_t now);

/* When probe_tick() has something to do next; mono, ms. */
int64_t probe_next(void);

/* The worst that is known of the sockets of ${role}. Fine until the contrary is known. */
enum probe_verdict probe_of_role(uint32_t role, int64_t now);

/* Closes what is open. */
void probe_close(void);

#endif
