/* SPDX-License-Identifier: ISC */
/*
 * The slots of processes. A slot belongs to one generation and one role and holds at most one process at a time; its number is
 * that of its slot on the board. What is due next, and when, is kept in the slot, so that one pass over all of them finds it.
 */
#ifndef MASTER_POOL_H
#define MASTER_POOL_H

#include <sys/types.h>

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doorward/board.h"

#include "master/backoff.h"
#include "master/generation.h"
#include "master/sizing.h"
#include "master/watch.h"

#define NEVER INT64_MAX
#define POOL_HIDDEN_MAX 10 /* descriptors of the master that no child may keep */

enum slot_state {
	SLOT_FREE = 0,
	SLOT_DUE,      /* nobody there; to be started at ${at} */
	SLOT_STARTING, /* to say READY by ${at} */
	SLOT_READY,
	SLOT_LEAVING, /* told to finish; killed at ${at} */
	SLOT_FAILED   /* left with EXIT_CONFIG: not started again in this generation */
};

struct slot {
	enum slot_state state;
	const struct generation *gen; /* NULL once it is leaving: the generation may be gone before its last process */
	uint32_t generation;
	uint32_t role; /* in gen->plan.roles */
	uint32_t board_role;
	unsigned ordinal;              /* within its role */
	char name[ROLE_NAME_MAX + 12]; /* "check/2", in the log */
	pid_t pid;                     /* 0 = nobody */
	int channel;                   /* where READY is heard, and the log's descriptor is handed down; -1 = closed */
	int64_t at;                    /* mono ms; see the states */
	int64_t born;
	struct slot *replacement; /* started to replace this one, which asked for it; NULL = none */
	struct backoff backoff;
	struct watch_seen seen;
};

struct pool {
	struct board *board;
	struct listeners *sockets;
	int life_read, life_write; /* the pipe by whose end of file children see the master die */
	const int *hidden[POOL_HIDDEN_MAX];
	size_t n_hidden;
	struct sizing sizing[BOARD_ROLES]; /* of the dynamic roles */
	int64_t balanced;                  /* mono ms: when they were looked at */
	struct slot slots[BOARD_SLOTS];
};

/* How a process ended that nobody had told to. */
struct death {
	struct slot *slot;
	bool was_ready;
	int code; /* exit code, or -1: by a signal */
};

/* Makes ${p} an empty pool over ${board}. Returns 0, or -1 with errno set. */
int pool_init(struct pool *p, struct board *board, struct listeners *sockets);

/* Makes every child close ${*fd}, as it is then; -1 is ignored. */
void pool_hide(struct pool *p, const int *fd);

/* Enters all slots of ${g}, due now. Returns 0, or -1 if there are not enough free ones: nothing has changed then. */
int pool_enter(struct pool *p, const struct generation *g, int64_t now);

/* Starts who is due, kills who is late in starting or leaving. */
void pool_tick(struct pool *p, int64_t now);

/* When pool_tick() has something to do next; NEVER. */
int64_t pool_next(const struct pool *p);

/* Fills ${fds} with what says READY, at most BOARD_SLOTS of them; returns how many. */
size_t pool_poll(const struct pool *p, struct pollfd fds[BOARD_SLOTS]);

/* Listens for READY, never waiting. */
void pool_hear(struct pool *p);

/*
 * Enters the end of process ${pid}. Returns true if it is one of ours and nobody had told it to leave: ${d} then says
 * how it ended, and its slot is due again (at once, later, or never).
 */
bool pool_reap(struct pool *p, pid_t pid, int status, int64_t now, struct death *d);

/* Tells the processes of ${g} (NULL: all) to finish, and kills them at ${deadline}. They are not replaced. */
void pool_retire(struct pool *p, const struct generation *g, int64_t deadline);

/* Kills those of ${g} (NULL: all) that are left, now. */
void pool_kill(struct pool *p, const struct generation *g);

/* Hands the present descriptors of the log, and of standard error if ${with_stderr}, to all processes, and tells them by USR1.
 */
void pool_reopen(struct pool *p, bool with_stderr);

/* A new slot, due now, for ${role} of ${g}; NULL if there is none free. */
struct slot *pool_add(struct pool *p, const struct generation *g, size_t role, unsigned ordinal, int64_t now);

/* Tells the process of ${pl} to finish by ${deadline}: from now on the slot only waits for its end. */
void pool_dismiss(struct slot *pl, int64_t deadline);

/* Tells the status page how many processes ${role} of ${g} should have. */
void pool_note_wanted(struct pool *p, const struct generation *g, size_t role);

/* Whether somebody is there, or about to be, to replace the process of ${pl}. */
bool pool_has_replacement(const struct slot *pl);

/* Places that nobody has. */
size_t pool_free(const struct pool *p);

/* Places of ${g} (NULL: of all), and of its role ${role} (-1: of all), in ${state}. */
size_t pool_count(const struct pool *p, const struct generation *g, int role, enum slot_state state);

/* Living processes. */
size_t pool_alive(const struct pool *p);

#endif
