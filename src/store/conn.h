/* SPDX-License-Identifier: ISC */
/*
 * One connection to one Redis, made after the fork and kept. hiredis never recovers a context: whatever fails on it, it is
 * closed here and a later call opens a new one. Every wait has an end. SIGPIPE is ignored by the process (hiredis writes
 * without MSG_NOSIGNAL).
 */
#ifndef STORE_CONN_H
#define STORE_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "store/redis.h"

struct config;
struct conn;
struct look;
struct node;
struct redis_host;
struct redisReply;

/*
 * For the server at ${url}, with the timeouts and the user of ${c}, which must stay alive, as must ${url} if it is a path.
 * Connects to nothing. NULL with a sentence in ${err} if the address makes no sense. Of a "cluster:" it is a connection to any
 * of the nodes named there, whatever its role, which nobody looks at: for what they all know, or tell. Records are asked of a
 * node's own "redis:".
 */
struct conn *conn_new(const struct config *c, const char *url, char *err, size_t errlen);
void conn_free(struct conn *c);

/*
 * Gives ${c} what all processes of this host know of its server; before the first conn_open(). Without, ${c} knows by itself
 * only. NULL: what is found is neither kept nor logged, for a caller who says it himself.
 */
void conn_set_node(struct conn *c, struct node *n);

/* What is known of its server; its own, if nobody shares it. */
struct node *conn_node(struct conn *c);

/*
 * Finds the server, connects, authenticates and selects the database, all before ${deadline} (monotonic ms), samples the
 * server's clock and looks whether it is good enough. The password is read from its file each time, so that a new one needs no
 * restart. Returns false with the connection closed; so it does where the server is not a master.
 */
bool conn_open(struct conn *c, int64_t deadline);
void conn_close(struct conn *c);
bool conn_is_open(const struct conn *c);

/* Looks again, over the open connection. Returns false with the connection closed. */
bool conn_look(struct conn *c, int64_t deadline);

/*
 * What the last look saw, also of a server that was left for it; nothing but zeroes before the first. And the last failure,
 * in words, or "".
 */
const struct look *conn_seen(const struct conn *c);
const char *conn_why(const struct conn *c);

/* The server it is or was connected to, as host:port or unix:/path; "" if no sentinel has named one yet. */
void conn_server(const struct conn *c, char out[REDIS_SERVER_MAX + 1]);

/* The first host that its URL names. */
const struct redis_host *conn_host(const struct conn *c);

/* Keeps that the server refused what was asked, with the first word of its error, as the last failure. */
void conn_refused(struct conn *c, struct str word);

/* False: somebody has found that the server is another one now. The connection must not be used any more. */
bool conn_is_current(const struct conn *c);

/*
 * Asks the sentinels, if there are any and nobody of this host has done so for ${ms}: if they name another server, what is
 * connected is not current any more. Takes redis.connect_timeout at the most.
 */
void conn_ask_sentinels(struct conn *c, int64_t ms);

/* Declares this connection void, and those of all processes made under the same epoch. */
void conn_void(struct conn *c);

/*
 * Queues the question for the role, where the last one is old; takes its answer, which may be NULL. False: not a master, and
 * everybody's connection is void; this one is closed.
 */
bool conn_role_is_old(const struct conn *c, int64_t mono_ms);
bool conn_ask_role(struct conn *c);
bool conn_take_role(struct conn *c, const struct redisReply *r);

/* Queues one command. False on lack of memory, or if the connection is closed. */
bool conn_append(struct conn *c, int argc, const char **argv, const size_t *len);

/* Sends what is queued and waits for nothing. False with the connection closed. */
bool conn_flush(struct conn *c);

/*
 * Sends what is queued and returns the next reply, to be freed with freeReplyObject(). NULL if there was none before
 * ${deadline}, or the connection was lost: it is closed then.
 */
struct redisReply *conn_read(struct conn *c, int64_t deadline);

/* Lets the next replies take ${ms} more than redis.command_timeout each; 0 as before. */
void conn_patience(struct conn *c, int64_t ms);

/* The next reply that has already been received, or NULL. */
struct redisReply *conn_buffered(struct conn *c);

/* Did the last failure take time? Then a second try would take it again. */
bool conn_was_slow(const struct conn *c);

int conn_fd(const struct conn *c);

/* The server's clock minus ours, ms; queues a question for it / takes the answer, which may be NULL. */
int64_t conn_offset_ms(const struct conn *c);
bool conn_ask_time(struct conn *c);
void conn_take_time(struct conn *c, const struct redisReply *r);
bool conn_time_is_old(const struct conn *c, int64_t mono_ms);

/* From now on the offset is old, whenever it was sampled. */
void conn_doubt_time(struct conn *c);

#endif
