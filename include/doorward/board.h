/*
 * The contract between the master and its children: shared memory with one slot a process, written only by its owner, and three
 * descriptors. Nothing else passes between them; the master reads fixed-size records only.
 *
 * A child finds in struct child: the listening sockets of its role; ${master_fd}, the read end of a pipe whose other end only the
 * master holds: at end of file the master is dead, finish and leave; and its slot. It says READY by child_ready(). Signals: QUIT and
 * TERM = finish what has begun and exit 0; USR1 = open the log again. Exit codes: 0 retired; 1 run-time error; 2 configuration or
 * permission, not to be started again; 75 lack of a resource, start again later.
 */
#ifndef DOORWARD_BOARD_H
#define DOORWARD_BOARD_H

#include <sys/types.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXIT_RETIRED 0
#define EXIT_RUNTIME 1
#define EXIT_CONFIG 2
#define EXIT_RESOURCE 75

#define BOARD_SLOTS 256 /* processes a master can have: 2 pools, their next generations, and the helpers */
#define ROUTE_SLOTS 32  /* counted routes; route ids are the index into the worker's route table */
#define CHILD_LISTEN_MAX 4

enum board_state { BOARD_FREE = 0, BOARD_STARTING, BOARD_READY, BOARD_BUSY, BOARD_LEAVING };

/* What a busy worker is doing: named in slow-request and stuck-worker notices. */
enum board_stage { STAGE_NONE = 0, STAGE_READ, STAGE_RULES, STAGE_REDIS, STAGE_USERDB, STAGE_HASH, STAGE_WRITE };

/* One process. Cache-line aligned; the owner writes, everybody may read. Counters only grow within one life. */
struct board_slot {
	_Alignas(64) _Atomic int32_t pid;
	_Atomic uint32_t state;      /* enum board_state */
	_Atomic uint32_t stage;      /* enum board_stage */
	_Atomic uint32_t hashing;    /* 1 while this process hashes a password: see board_hash_begin */
	_Atomic uint32_t generation;
	_Atomic uint32_t role;       /* index into the master's role table */
	_Atomic uint32_t route;      /* of the request in hand */
	_Atomic uint32_t breaker;    /* 0 closed, 1 open, 2 half-open */
	_Atomic uint32_t connections;
	_Atomic int64_t started;     /* wall, ms */
	_Atomic int64_t busy_since;  /* mono, ms */
	_Atomic uint64_t requests, accepted, store_errors, userdb_errors, refused_overload, hash_ms;
	_Atomic uint64_t status[6];  /* answers by class, index 1…5 */
	char trace[33];              /* of the request in hand; torn reads are harmless */
};

struct board {
	_Atomic int64_t started;        /* of the master, wall ms */
	_Atomic uint32_t generation;    /* the current one */
	_Atomic uint32_t redis_pid;     /* private Redis, 0 = none */
	_Atomic uint64_t respawns;
	_Atomic uint64_t retired_requests; /* of slots that have been freed */
	_Atomic uint32_t max_hashing;
	struct board_slot slots[BOARD_SLOTS];
};

/* Makes the shared memory (MAP_SHARED | MAP_ANONYMOUS), before any fork. NULL with errno set on failure. */
struct board *board_new(void);

/* Marks the slot busy with ${route} from now on, or ready again. */
void board_busy(struct board_slot *s, uint32_t route, const char *trace);
void board_idle(struct board_slot *s, int status);
void board_stage(struct board_slot *s, enum board_stage stage);

/*
 * Takes one of the ${max_hashing} places for password hashing, counted over all slots; false if all are taken. A place is a flag in the
 * owner's slot, so that it is free again when a killed worker's slot is cleared. Two that race for the last place may both be refused.
 */
bool board_hash_begin(struct board *b, struct board_slot *s);
void board_hash_end(struct board_slot *s);

/* What a child is given after the fork. */
struct child {
	const char *role;     /* "check", "login", "admin" …, or "all" where one pool serves everything */
	int listen_fds[CHILD_LISTEN_MAX]; /* non-blocking, shared with the siblings; not closed by the child before it drains */
	size_t n_listen;
	int master_fd;        /* readable (EOF) = the master is gone; -1 = there is no master */
	int ready_fd;         /* -1 = nobody waits */
	struct board *board;
	struct board_slot *slot;
};

/* Tells the master that this child can serve: the first byte it ever reads from it. */
void child_ready(struct child *c);

#endif
