/* SPDX-License-Identifier: ISC */
/*
 * Another program file takes over without a pause (USR2): the new master is started beside the running one with its
 * sockets, and tells it when it serves. Until one of the two leaves both do.
 */
#ifndef MASTER_UPGRADE_H
#define MASTER_UPGRADE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

struct master;

#define UPGRADE_TIMEOUT 60000 /* ms a new master may take: five tries of its processes, and a slow disk */

/* What a master knows of its successor. */
struct upgrade {
	pid_t pid;     /* 0 = there is none */
	int report_fd; /* where it says how its start went; -1 */
	int64_t at;    /* it is killed then, if it has not; NEVER */
};

void upgrade_begin(struct master *m, int64_t now);

/* Hears how it went; notices that the master before us has left. */
void upgrade_tick(struct master *m, int64_t now);

/* Enters the end of process ${pid}; false if it is not the successor. */
bool upgrade_reap(struct master *m, pid_t pid, int status, int64_t now);

/* To be called when this master begins to leave: says of the sockets and of Redis who keeps them. */
void upgrade_part(struct master *m, int64_t now);

#endif
