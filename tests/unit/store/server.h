/* SPDX-License-Identifier: ISC */
/* A real redis-server of the test's own: unix socket, configuration and data in a temporary directory, gone at the end. */
#ifndef TESTS_SERVER_H
#define TESTS_SERVER_H

#include <sys/types.h>

#include <stdbool.h>

#include <hiredis/hiredis.h>

struct server {
	char dir[64];
	char socket[96];
	pid_t pid; /* 0 = not running */
};

/* Is redis-server installed? If not the test says 77, which means skipped. */
bool server_installed(void);

/* Makes the directory and starts the server / starts it again on the same data. True when it answers. */
bool server_new(struct server *s);
bool server_start(struct server *s);

/* Sends a signal to it; after SIGKILL and SIGTERM it is waited for. */
void server_signal(struct server *s, int sig);

/* Ends it and removes the directory. */
void server_free(struct server *s);

/* A connection of the test's own, for looking at what the store has done. */
redisContext *server_connect(const struct server *s);

#endif
