/* SPDX-License-Identifier: ISC */
/*
 * A child of a master, for tests of what children do: a configuration on a disk of its own, with keys, a board, a life pipe and
 * a channel; and the function of a role run in a process. There is no Redis.
 */
#ifndef TESTS_UNIT_CHILD_PROCESS_H
#define TESTS_UNIT_CHILD_PROCESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "doorward/board.h"
#include "doorward/config.h"

struct process {
	char dir[64];    /* the current directory, and the state directory */
	char socket[96]; /* a unix socket that the process listens on */
	struct config *conf;
	struct child child; /* as the process gets it: ready to be changed before process_start() */
	int life;           /* closed: the master is gone */
	int channel;        /* the master's end */
	int pid;            /* 0 = none */
};

extern struct process process;

/* Set-up and tear-down of each test. */
int process_setup(void **state);
int process_teardown(void **state);

/* Starts the process, whose life is ${run}. */
void process_start(int (*run)(struct child *, const struct config *));

/* Waits until it says that it is ready, or ends: false. */
bool process_is_ready(void);

/* Sends ${sig} (0 = none) and waits for its end; returns its exit code, or minus the signal that ended it. */
int process_end(int sig);

/* Closes the life pipe, as a master's death does. */
void process_orphan(void);

/* The tests of one that listens nowhere: it is ready, leaves when it is told to, and with its master. Returns what main() does.
 */
int process_leaves(void (*start)(void));

/* Connects to the socket that it listens on. */
int process_connect(void);

#endif
