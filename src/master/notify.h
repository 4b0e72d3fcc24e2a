/* SPDX-License-Identifier: ISC */
/* The service manager's protocol: one datagram a message, to the socket that NOTIFY_SOCKET names (sd_notify(3)). */
#ifndef MASTER_NOTIFY_H
#define MASTER_NOTIFY_H

#include <sys/socket.h>
#include <sys/un.h>

#include <stdbool.h>
#include <stdint.h>

#define NOTIFY_STATUS_MAX 128
#define NOTIFY_STATUS_PERIOD 1000 /* ms between two lines of status */

struct notify {
	int fd; /* -1 = nobody wants to hear */
	struct sockaddr_un to;
	socklen_t tolen;
	char *socket, *usec;    /* as they were in the environment */
	int64_t watchdog;       /* ms between two signs of life; 0 = none are wanted */
	int64_t alive_at, told; /* mono ms: of the last sign of life, of the last status */
	char status[NOTIFY_STATUS_MAX];
};

/* Reads the environment, once, and clears it. */
void notify_open(struct notify *n);
void notify_close(struct notify *n);

/* Puts the environment back, for the master that takes over. */
void notify_export(const struct notify *n);

void notify_ready(struct notify *n);
void notify_reloading(struct notify *n);
void notify_stopping(struct notify *n);

/* From now on ${pid} is the main process. */
void notify_main_pid(struct notify *n, pid_t pid);

/* Says ${text} if it is new, and not more often than once a period. */
void notify_status(struct notify *n, const char *text, int64_t now);

/* A sign of life, if one is due; to be called only by who has found everything in order. */
void notify_alive(struct notify *n, int64_t now);

#endif
