/* SPDX-License-Identifier: ISC */
/* The places of a worker for connections: who has one, what it waits for, and who has to go where there are too few. */
#ifndef WORKER_PLACES_H
#define WORKER_PLACES_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

#include "worker/incoming.h"

#define PLACES_MAX 1024 /* a front keeps some tens, the rest is for a burst */

TAILQ_HEAD(waiting, connection);

struct connection {
	TAILQ_ENTRY(connection) link;
	struct waiting *list;
	int fd;        /* -1 = free */
	bool watched;  /* in the epoll set */
	bool answered; /* at least once: a peer that does not read could have filled the socket */
	bool timed;    /* writing has an end */
	int64_t since; /* mono ms: when it came into its list */
	struct incoming in;
};

/* Times are mono ms, and ${now} is the same for all that one wait brought. Places are one array: an epoll event carries an
 * index into it and never a pointer that could be stale. */
struct places {
	bool single;  /* loop_options' */
	bool starved; /* accept has failed, mostly for want of descriptors, and no connection was closed since */
	int64_t rest; /* when that was */
	uint32_t open, limit;
	_Atomic uint32_t *shown; /* is kept equal to open */
	struct waiting unused, owing, kept;
	struct connection connections[PLACES_MAX];
};

/* All free, and as many of them as the process may have descriptors for. ${p} is zeroed memory; ${shown} is told how many are
 * taken. */
void places_init(struct places *p, bool single, _Atomic uint32_t *shown);

/* A place for ${fd}, which owes its first request. There is one: see places_make_room(). */
struct connection *places_take(struct places *p, int fd, int64_t now);

/* Frees the place of a connection that is closed already. */
void places_give(struct places *p, struct connection *c);

/* Closes the connection, and frees its place. */
void places_drop(struct places *p, struct connection *c);

/* It was answered, and is kept for a next request. */
void places_keep(struct places *p, struct connection *c, int64_t now);

/* A request has begun on it: it owes the rest, from now on if it was kept. */
void places_owe(struct places *p, struct connection *c, int64_t now);

/* Closes the connections that have owed the rest of a request for longest while all together take too much memory, not
 * ${spared}. */
void places_bound_memory(struct places *p, const struct connection *spared);

/* The connection that has owed a request for ${ms} or more, the oldest first, or NULL. */
struct connection *places_overdue(const struct places *p, int64_t ms, int64_t now);

/* Milliseconds until there is one that has owed a request for ${ms}, -1 if none owes one. */
int64_t places_due(const struct places *p, int64_t ms, int64_t now);

/* Milliseconds until one more connection should be taken; 0 = it may be. */
int64_t places_rest(const struct places *p, int64_t now);

/* True if all places are taken, or as many as there are descriptors for. */
bool places_full(const struct places *p);

/* True if there is a place for one more connection, for which an old one may have been closed. */
bool places_make_room(struct places *p, int64_t now);

/* Accept has failed: the listening sockets rest until a connection has ended or can be closed. */
void places_starve(struct places *p, int64_t now);

#endif
