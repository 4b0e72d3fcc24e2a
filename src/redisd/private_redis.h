/* SPDX-License-Identifier: ISC */
/*
 * A redis-server of our own, for installations that have none: started, watched, stopped. Nobody here speaks to it;
 * workers connect when it answers. It dies with the master, or with the last of those that took over from one another.
 */
#ifndef REDISD_PRIVATE_REDIS_H
#define REDISD_PRIVATE_REDIS_H

#include <sys/types.h>

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doorward/board.h"
#include "doorward/config.h"

#include "master/backoff.h"
#include "master/inherit.h"
#include "master/pool.h"
#include "master/privs.h"

#define REDIS_STOP_TIMEOUT 10000 /* ms from TERM to KILL: it writes its log out first */
#define REDIS_LAST_TIMEOUT                                                                                                     \
	(REDIS_STOP_TIMEOUT + 2000)            /* then its supervisor, who should have killed it, is killed: both go           \
						*/
#define REDIS_LEFTOVER_WAIT REDIS_LAST_TIMEOUT /* ms that the server of a killed master has to leave; a hung one takes that */
#define REDIS_START_WAIT 2000                  /* ms that the first workers wait for it to answer */

struct private_redis {
	bool wanted;
	char program[PATH_MAX];
	char dir[PATH_MAX];
	struct privs privs;
	pid_t pid;  /* 0 = not running; the process that guards it */
	int pidfd;  /* of one that another master started; else -1 */
	int life;   /* it is told to stop when all write ends of this pipe are closed; -1 */
	bool leave; /* another master sees to it */
	int64_t at; /* mono ms: of the next start; when stopping, of the KILL */
	int64_t born;
	int64_t hung_after; /* ms without an answer after which it is replaced */
	bool stopping;
	bool met; /* it has answered once, or is waited for no longer */
	struct backoff backoff;
};

/*
 * Makes the directory state_dir/redis and the server's configuration in it, and sees to it that no other server is
 * there but that of ${from}, which is taken over as it runs. To be called once, before anything is started. Does nothing
 * if ${conf} wants none. Returns 0; or an exit code, with a sentence in ${err}.
 */
int private_redis_prepare(struct private_redis *r, const struct config *conf, const struct privs *privs,
    const struct inherit_redis *from, char *err, size_t errlen);

/* Fills ${out} for a master that takes over; ${out}->pid is 0 if nothing runs. */
void private_redis_hand_over(const struct private_redis *r, struct inherit_redis *out);

/* Whether another master sees to it from now on: then it is neither started nor stopped here. */
void private_redis_leave(struct private_redis *r, bool leave, int64_t now);

/* Starts it if it is due, kills it if it does not stop in time. */
void private_redis_tick(struct private_redis *r, struct board *b, int64_t now);

/* When private_redis_tick() has something to do next; NEVER. */
int64_t private_redis_next(const struct private_redis *r);

/*
 * True while the one just started does not answer yet: who would ask it had better wait. Never for longer than
 * REDIS_START_WAIT, and not for one that is started again: then there are requests to answer.
 */
bool private_redis_is_awaited(struct private_redis *r, int64_t now);

/* Enters the end of process ${pid}; false if it is another one's. */
bool private_redis_reap(struct private_redis *r, struct board *b, pid_t pid, int status, int64_t now);

/* Tells it to stop. True if there is nothing (left) to stop. */
bool private_redis_stop(struct private_redis *r, int64_t now);

/* Writes where the program ${name} is, by its path or along PATH, to ${out}. False with errno set if it is nowhere. */
bool private_redis_find(const char *name, char out[PATH_MAX]);

#endif
