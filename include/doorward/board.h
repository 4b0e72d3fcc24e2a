/* SPDX-License-Identifier: ISC */
/*
 * The contract between the master and its children: shared memory with one slot a process, written only by its owner, and three
 * descriptors. Nothing else passes between them; the master reads fixed-size records only.
 *
 * A child finds in struct child: the listening sockets of its role; ${master_fd}, the read end of a pipe whose other end only
 * the master holds: at end of file the master is dead, finish and leave; and its slot. It says READY by child_ready(). Signals:
 * QUIT, TERM and INT = finish what has begun and exit 0 (QUIT also comes from the kernel when the master dies); USR1 = the log
 * was opened again: its descriptor is in ${channel}, or is to be opened where there is none. These are blocked when the child
 * starts, with the default action, so that it can install its handlers and open them in its wait alone (ppoll or epoll_pwait
 * with an empty set). HUP, PIPE, USR2, TTIN, TTOU and WINCH are ignored. Exit codes: 0 retired; 1 run-time error; 2
 * configuration or permission, not to be started again; 75 lack of a resource, start again later.
 */
#ifndef DOORWARD_BOARD_H
#define DOORWARD_BOARD_H

#include <sys/socket.h>
#include <sys/types.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doorward/node.h"

struct cache;
struct deny;
struct trace_rings;

#define EXIT_RETIRED 0
#define EXIT_RUNTIME 1
#define EXIT_CONFIG 2
#define EXIT_RESOURCE 75

/* What comes down a child's channel with a descriptor, before the signal USR1. */
#define CHANNEL_LOG 'L'    /* the log, opened again */
#define CHANNEL_STDERR 'E' /* standard error, where that is the log too */

#define BOARD_SLOTS 256 /* processes a master can have: 2 pools, their next generations, and the helpers */
#define ROUTE_SLOTS 32  /* counted routes; route ids are the index into the worker's route table */
#define CHILD_LISTEN_MAX 4
#define BOARD_ROLES 8 /* "check", "login" or "all", "keeper", "relay", "reconcile", "pam", "admin" */
#define ROLE_NAME_MAX 15
#define BOARD_QUEUE_UNKNOWN (-1)

enum board_state { BOARD_FREE = 0, BOARD_STARTING, BOARD_READY, BOARD_BUSY, BOARD_LEAVING };

/* What a busy worker is doing: named in slow-request and stuck-worker notices. */
enum board_stage { STAGE_NONE = 0, STAGE_READ, STAGE_RULES, STAGE_REDIS, STAGE_USERDB, STAGE_HASH, STAGE_WRITE, BOARD_STAGES };

/* What processes count. A further counter is a line here, one in board_counters[] of src/child/board.c, and board_count() where
 * it happens. */
enum board_counter {
	COUNT_REQUESTS = 0,
	COUNT_ACCEPTED, /* connections */
	COUNT_STORE_ERRORS,
	COUNT_USERDB_ERRORS,
	COUNT_REFUSED_OVERLOAD, /* no place to hash a password in */
	COUNT_THROTTLED,        /* tries that were refused after too many failures */
	COUNT_ANOMALIES,        /* logins and refreshes whose weight reached risk.alert_at */
	COUNT_PASSWORDS,        /* that were evaluated */
	COUNT_HASH_MS,
	COUNT_CLIENT_REFUSALS, /* OAuth clients that did not prove who they are */
	COUNT_SLOW,            /* requests that took longer than workers.slow_after */
	COUNT_CACHE_HITS,
	COUNT_CACHE_MISSES,
	COUNT_CACHE_FILLS,
	COUNT_CACHE_REFUSED, /* fills that raced with a change */
	COUNT_EVENTS_LOST,   /* displaced from a full outbox, or without room in it */
	COUNT_LOG_LOST,      /* lines that could not be written to the log: a full disk */
	BOARD_COUNTERS
};

#define BOARD_CLASSES 6        /* of status codes; 1 to 5, by their first digit */
#define ROUTE_NONE ROUTE_SLOTS /* requests that matched no route: 404, 405, malformed; and those of the admin listener */
/*
 * Times of stages, in classes that double: the first ends at 16 us, the last but one at 4.2 s, and the last has no end. Coarse,
 * so that counting costs nothing; fine enough to tell 40 us from 80.
 */
#define BOARD_BUCKETS 20
#define BOARD_BUCKET_FIRST_NS 16000

/* Everything counted, of a process, a role or both. Only numbers of one kind, so that they can be added up as an array. */
struct board_numbers {
	_Atomic uint64_t counters[BOARD_COUNTERS];
	_Atomic uint64_t answers[ROUTE_SLOTS + 1][BOARD_CLASSES]; /* by route and class of status */
	_Atomic uint64_t
	    spans[BOARD_STAGES][BOARD_BUCKETS]; /* requests by the time of a stage; STAGE_NONE is all of a request */
	_Atomic uint64_t span_ns[BOARD_STAGES]; /* the sum of those times */
};

/* One process. Cache-line aligned; the owner writes, everybody may read. Counters only grow within one life. */
struct board_slot {
	_Alignas(64) _Atomic int32_t pid;
	_Atomic uint32_t state;   /* enum board_state */
	_Atomic uint32_t stage;   /* enum board_stage */
	_Atomic uint32_t hashing; /* 1 while this process hashes a password: see board_hash_begin */
	_Atomic uint32_t generation;
	_Atomic uint32_t role;    /* index into the master's role table */
	_Atomic uint32_t route;   /* of the request in hand */
	_Atomic uint32_t breaker; /* 0 closed, 1 open, 2 half-open */
	_Atomic uint32_t connections;
	_Atomic uint32_t recycle;   /* 1: the owner wants to be replaced, and serves until it is told to finish */
	_Atomic int64_t started;    /* wall, ms */
	_Atomic int64_t busy_since; /* mono, ms */
	struct board_numbers numbers;
	bool leaving; /* the owner takes nothing new: an answered request does not make it READY again; of the owner alone */
	int64_t begun, stage_begun;  /* mono, ns; of the owner alone */
	int64_t spent[BOARD_STAGES]; /* ns of the request in hand or just answered; likewise */
	char trace[33];              /* of the request in hand; torn reads are harmless */
};

/* Where the front servers find a role, as the master made it: by this the daemon asks itself. A length of 0: it has no address.
 */
struct board_socket {
	struct sockaddr_storage address;
	socklen_t length;
	uint64_t dev, ino; /* of a path; ino 0 = it is none */
};

/* One role: its name, and what its ended processes had counted, so that no total ever goes down. Written by the master only. */
struct board_role {
	char name[ROLE_NAME_MAX + 1]; /* "" = not used; never changes once set */
	_Atomic uint32_t wanted;      /* processes there should be */
	_Atomic uint64_t deaths;      /* processes that ended without being told to */
	_Atomic int32_t queue_len;    /* connections that wait in its sockets; BOARD_QUEUE_UNKNOWN: cannot be asked */
	_Atomic int32_t queue_max;    /* that may wait; the same */
	_Atomic uint32_t n_sockets;   /* set last, and to 0 while they change: a reader may still see one half, and asks twice
					 before it says so */
	struct board_socket sockets[CHILD_LISTEN_MAX];
	struct board_numbers numbers; /* of processes that have ended */
};

enum board_reload { RELOAD_NONE = 0, RELOAD_DONE, RELOAD_FAILED };

struct board {
	_Atomic int64_t started;     /* of the master, wall ms */
	_Atomic uint32_t generation; /* the current one */
	_Atomic uint32_t redis_pid;  /* the process that guards the private Redis, its parent; 0 = none */
	_Atomic uint64_t respawns;
	_Atomic uint64_t retired_requests; /* of slots that have been freed */
	_Atomic uint32_t max_hashing;
	_Atomic int32_t master_pid;
	_Atomic uint32_t last_reload; /* enum board_reload */
	_Atomic int64_t reloaded_at;  /* of the last reload, wall ms; 0 = none */
	_Atomic uint64_t slow;        /* requests noticed as slow */
	_Atomic uint64_t killed;      /* workers killed because their request was stuck */
	_Atomic uint64_t redis_respawns;
	_Atomic uint64_t log_lost;      /* lines of the master's that could not be written */
	_Atomic uint32_t audit_failing; /* 1: the audit file could not be written at the last try */
	_Atomic bool company;           /* another master serves on the same sockets and files: an upgrade */
	_Atomic uint32_t moves;         /* odd while counts move from a slot to its role: see board_totals */
	struct node nodes[NODES_MAX];
	struct board_role roles[BOARD_ROLES];
	struct board_slot slots[BOARD_SLOTS];
};

/* Makes the shared memory (MAP_SHARED | MAP_ANONYMOUS), before any fork. NULL with errno set on failure. */
struct board *board_new(void);

/* The number of the role ${name}, given to it at its first use; -1 if all BOARD_ROLES are taken. Master only. */
int board_role(struct board *b, const char *name);

/* Gives the cleared slot ${i} to a process about to be forked. Master only. */
struct board_slot *board_assign(struct board *b, size_t i, uint32_t role, uint32_t generation);

/* Moves the counts of a reaped process to its role and to retired_requests, and clears its slot. Master only. */
void board_release(struct board *b, struct board_slot *s);

/* Adds up the living and the ended processes of ${role}. Consistent while the master moves counts, so never smaller than
 * before. */
void board_totals(const struct board *b, uint32_t role, struct board_numbers *out);

/*
 * Of all Redis servers together: the faults of any of them (enum look_fault of src/store/look.h), whether one is broken, how
 * often one was replaced by another, how often a cluster's map was another one.
 */
uint32_t board_redis_faults(const struct board *b);
bool board_redis_broken(const struct board *b);
uint64_t board_redis_failovers(const struct board *b);
uint64_t board_redis_map_changes(const struct board *b);

/* From now on only what is broken is logged of them. */
void board_redis_hush(struct board *b);

/* Copies the trace id of the request in hand: ends always, and holds nothing but hexadecimal digits whatever the owner wrote.
 */
void board_trace(const struct board_slot *s, char out[sizeof(s->trace)]);

/* Words for people and metrics; "unknown" for a number that is none. */
const char *board_state_word(uint32_t state);
const char *board_stage_word(uint32_t stage);

/*
 * The word of a route, as the log names it; "none" for ROUTE_NONE and for what is no route. The names are those of the function
 * that board_name_routes() was given, before any fork: the master knows no routes itself, but reports the requests it watches
 * over.
 */
void board_name_routes(const char *(*name)(uint32_t route));
const char *board_route_word(uint32_t route);

/* What is counted, as a metric is called; its sentence for people. NULL beyond the last. */
const char *board_counter_name(enum board_counter c);
const char *board_counter_help(enum board_counter c);

/* The upper end of a class of times in ns; 0 = the last, which has none. */
uint64_t board_bucket_end(size_t bucket);

/*
 * One request: begin when its first byte is looked at (left out where nobody knows: then it begins with busy), busy with
 * ${route} once that is known, idle when it is answered: then it is counted, with the time of every stage. All by the owner of
 * the slot, whose numbers nobody else writes: a load and a store, no locked instruction. The clock is read only where the stage
 * changes.
 */
void board_begin(struct board_slot *s);
void board_busy(struct board_slot *s, uint32_t route, const char *trace);
void board_stage(struct board_slot *s, enum board_stage stage);
void board_idle(struct board_slot *s, int status);

/* From now on the owner only finishes what it has begun: between requests it is LEAVING, never READY. */
void board_leave(struct board_slot *s);

/* What began was no request: nothing is counted. */
void board_forget(struct board_slot *s);

/* Adds ${n} to a counter of the owner's slot. */
void board_count(struct board_slot *s, enum board_counter c, uint64_t n);

/* One counter; the answers of one class, over all routes. */
uint64_t board_counted(const struct board_numbers *n, enum board_counter c);
uint64_t board_answered(const struct board_numbers *n, int status_class);

/*
 * Takes one of the ${max_hashing} places for password hashing, counted over all slots; false if all are taken. A place is a
 * flag in the owner's slot, so that it is free again when a killed worker's slot is cleared. Two that race for the last place
 * may both be refused.
 */
bool board_hash_begin(struct board *b, struct board_slot *s);
void board_hash_end(struct board_slot *s);

/* What a child is given after the fork. */
struct child {
	const char *role;                 /* "check", "login", "admin" …, or "all" where one pool serves everything */
	int listen_fds[CHILD_LISTEN_MAX]; /* non-blocking, shared with the siblings; not closed by the child before it drains */
	size_t n_listen;
	int master_fd; /* readable (EOF) = the master is gone; -1 = there is no master */
	int channel;   /* to the master: READY goes up, descriptors of the log come down (fd_send); -1 = there is none */
	struct board *board;
	struct board_slot *slot;
	struct cache *cache;       /* L1, NULL = none */
	struct deny *deny;         /* of the spool, NULL = none */
	struct trace_rings *trace; /* NULL = none */
	int helper;                /* to the helpers, or of one (doorward/helper.h); -1 = none */
};

/* Tells the master that this child can serve: the first byte it ever reads from it. */
void child_ready(struct child *c);

#endif
