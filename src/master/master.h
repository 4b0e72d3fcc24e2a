/* SPDX-License-Identifier: ISC */
/*
 * The master: makes the sockets, starts the processes, replaces those that die, reloads, stops. It knows processes,
 * sockets and time, and of requests nothing; what a role does is a function it is given.
 */
#ifndef MASTER_MASTER_H
#define MASTER_MASTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doorward/board.h"
#include "doorward/config.h"

#include "master/listen.h"

#define MASTER_ERROR_MAX 512 /* bytes that hold any sentence of a failed start or reload */

/* One kind of process. */
struct role {
	const char *name;                                       /* at most ROLE_NAME_MAX characters */
	int (*run)(struct child *c, const struct config *conf); /* its life; returns its exit code */
	size_t count;                                           /* of a dynamic role: the least */
	size_t start;                                           /* to begin with; 0 = count */
	size_t most;                                            /* more than count: the role is dynamic */
	size_t spare_least, spare_most;                         /* idle processes a dynamic role keeps */
	int nice;                                               /* nice value; 0 = that of the master */
	bool resizable;                                         /* TTIN and TTOU mean this one */
	bool front;                                  /* it serves the front server: without one of these there is no service */
	bool yields;                                 /* leaves as soon as another master has taken over */
	bool keeps_rights;                           /* does not become the user to run as */
	const int *helper;                           /* the end of the helpers' socket that it has; NULL = none */
	struct listen_spec listen[CHILD_LISTEN_MAX]; /* uid and gid (uid_t)-1: those of the user to run as */
	size_t n_listen;
};

/* What a configuration asks for. */
struct plan {
	struct role roles[BOARD_ROLES];
	size_t n_roles;
	uint32_t max_hashing; /* for the board */
};

/* What main tells the master. */
struct master_setup {
	void (*plan)(const struct config *conf, struct plan *out);
	/*
	 * Reads and checks the file of ${running} again, keeps what only a restart can change, and makes what it needs (keys,
	 * directories). NULL with a sentence in ${err}.
	 */
	struct config *(*load)(const struct config *running, char *err, size_t errlen);
	void (*release)(struct config *conf);
	const int *helpers; /* the two ends of that socket, -1 until there are any: a child has only that of its role. NULL:
			       never any */
	bool foreground;    /* else the caller's process returns when the service is up, or has failed */
};

/*
 * Runs the service until it is told to stop; takes ${conf} over. Returns the exit code of the program. With
 * ${setup}->foreground false it returns in the daemon only: the process that called leaves by itself, with an honest
 * code.
 */
int master_run(struct config *conf, const struct master_setup *setup);

#endif
