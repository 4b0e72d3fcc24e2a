/* SPDX-License-Identifier: ISC */
/* One connection to one sentinel that nobody waits for: whoever has several polls them together. */
#ifndef STORE_SENTINEL_LINK_H
#define STORE_SENTINEL_LINK_H

#include <stdbool.h>
#include <stddef.h>

struct config;
struct redisContext;
struct redisReply;

struct sentinel_link {
	struct redisContext *c; /* NULL: not connected, nor about to be */
	bool connected;         /* and so AUTH has been sent */
	bool sent;              /* nothing is queued */
	bool skip;              /* the answer to AUTH has not been read */
	char why[160];          /* why it is not */
};

/* Begins to connect to ${port} of ${address}, which is no name: a resolver would be waited for. False: it cannot be, ${l}->why
 * says why. */
bool sentinel_link_open(struct sentinel_link *l, const char *address, int port);
void sentinel_link_close(struct sentinel_link *l);

/* Queues a command; also before it is connected. */
bool sentinel_link_ask(struct sentinel_link *l, int argc, const char **argv);

/* The descriptor, and what it is to be polled for. */
int sentinel_link_fd(const struct sentinel_link *l);
short sentinel_link_events(const struct sentinel_link *l);

/* Does what poll() said is possible, without waiting. False: it is lost and closed. */
bool sentinel_link_step(struct sentinel_link *l, const struct config *c, short revents);

/* The next reply that has come, the caller's to free; NULL: none yet, or with sentinel_link_fd() -1 it is lost. */
struct redisReply *sentinel_link_reply(struct sentinel_link *l);

#endif
