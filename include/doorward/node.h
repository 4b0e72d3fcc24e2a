/* SPDX-License-Identifier: ISC */
/*
 * What the processes of one host know of one Redis server, in the board's shared memory: an array with one for each master,
 * those without a server are zero. By default there is one server; a cluster's nodes each have the place that the first process
 * to know of them has claimed (src/store/node.h). Everybody who asks it looks at it (src/store/look.h) and enters here what he
 * saw.
 *
 * ${epoch} is what makes one process's discovery everybody's: whoever finds that the server is no longer the one they were
 * all connected to (it has become a replica, or another process answers in its place) raises it, and every connection that
 * was made under an earlier epoch is closed before it is used again, the cache keeper's included.
 */
#ifndef DOORWARD_NODE_H
#define DOORWARD_NODE_H

#include <stdatomic.h>
#include <stdint.h>

#define NODES_MAX 32

struct node {
	_Atomic uint32_t epoch;
	_Atomic uint32_t faults;      /* a bit each: enum look_fault of src/store/look.h, as last seen by whoever looked last */
	_Atomic uint32_t said;        /* those of them that are in the log, and have not been called mended there */
	_Atomic uint32_t hushed;      /* 1: only what is broken is logged, where each request is a process of its own */
	_Atomic uint32_t broken;      /* 1: with one of those faults logins or logouts cannot work */
	_Atomic uint64_t run;         /* which process of Redis answered last: a part of its run id; 0 = nobody was told */
	_Atomic uint64_t failovers;   /* times another server answered as the master than the one before */
	_Atomic int64_t answered_at;  /* mono, ms: when it last answered a look; 0 = never */
	_Atomic uint32_t replicas;    /* the most it, or who was the master before it, was seen with */
	_Atomic uint64_t config;      /* highest configuration epoch of a master that sentinels have named, plus 1; 0 = none */
	_Atomic int64_t config_at;    /* mono, ms: when that was said last */
	_Atomic int64_t asked_at;     /* mono, ms: when somebody asked the sentinels last without a reason */
	_Atomic uint64_t map;         /* of the first only: raised when a cluster's map is another one (src/store/cluster.h) */
	_Atomic uint64_t map_changes; /* how often it was */
	_Atomic uint64_t map_said;    /* so many of these are in the log */
	_Atomic int64_t map_said_at;  /* mono, ms: since then */
	_Atomic uint64_t address;     /* which node of a cluster this is: a hash of its address; 0 = free */
	_Atomic int64_t claimed_at;   /* mono, ms: when somebody claimed it last */
	_Atomic int64_t short_until;  /* mono, ms: too few replicas answered just now; what is to be durable need not try */
};

#endif
