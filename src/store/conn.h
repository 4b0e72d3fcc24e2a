/*
 * One connection to one Redis, made after the fork and kept. hiredis never recovers a context: whatever fails on it, it is closed here and a
 * later call opens a new one. Every wait has an end. SIGPIPE is ignored by the process (hiredis writes without MSG_NOSIGNAL).
 */
#ifndef STORE_CONN_H
#define STORE_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct conn;
struct redisReply;

/* Reads the address out of ${c}, which must stay alive; connects to nothing. NULL with a sentence in ${err} if it makes no sense. */
struct conn *conn_new(const struct config *c, char *err, size_t errlen);
void conn_free(struct conn *c);

/*
 * Connects, authenticates and selects the database, all before ${deadline} (monotonic ms), and samples the server's clock. The password is read
 * from its file each time, so that a new one needs no restart. Returns false with the connection closed.
 */
bool conn_open(struct conn *c, int64_t deadline);
void conn_close(struct conn *c);
bool conn_is_open(const struct conn *c);

/* Queues one command. False on lack of memory, or if the connection is closed. */
bool conn_append(struct conn *c, int argc, const char **argv, const size_t *len);

/* Sends what is queued and waits for nothing. False with the connection closed. */
bool conn_flush(struct conn *c);

/*
 * Sends what is queued and returns the next reply, to be freed with freeReplyObject(). NULL if there was none before ${deadline}, or the
 * connection was lost: it is closed then.
 */
struct redisReply *conn_read(struct conn *c, int64_t deadline);

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

#endif
