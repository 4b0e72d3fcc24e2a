/* SPDX-License-Identifier: ISC */
/* The master's state, shared by its loop and by the reload. */
#ifndef MASTER_STATE_H
#define MASTER_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "master/generation.h"
#include "master/inherit.h"
#include "master/notify.h"
#include "master/pool.h"
#include "redisd/private_redis.h"
#include "master/upgrade.h"
#include "master/watch.h"

enum phase {
	PHASE_FIRST, /* the first generation is not ready yet: what goes wrong is told to who started us */
	PHASE_SERVING,
	PHASE_STOPPING, /* children are told to finish */
	PHASE_LAST      /* they have; the private Redis is told to */
};

struct master {
	const struct master_setup *setup;
	struct board *board;
	struct listeners sockets;
	struct pool pool;
	struct generation *now;
	struct generation *next; /* NULL unless a reload is under way */
	struct private_redis redis;
	struct watch watch;
	struct notify notify;
	struct inherited inherited; /* what the master before us gave */
	struct upgrade upgrade;     /* the master that comes after us */
	char *program;              /* the file we were started from: what stands there at USR2 is the next one */
	bool retired;               /* told to have no processes */
	int64_t queues_at;          /* mono ms: when the queues are looked at again */
	enum phase phase;
	bool reload_wanted;         /* a HUP that came during a reload */
	int hurried;                /* TERM and INT that came */
	char why[MASTER_ERROR_MAX]; /* what made us leave, when it was not an order */
	int report_fd;              /* to who started us in the background; -1 */
	int pid_fd;
	char *pid_file;    /* of the first configuration */
	bool logs_to_file; /* so who started us at a terminal would not see why we leave */
	int code;          /* to leave with */
};

#endif
