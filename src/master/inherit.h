/* SPDX-License-Identifier: ISC */
/*
 * What was there before us: sockets that systemd made (LISTEN_FDS), and what the master hands over that we replace
 * (USR2). Both come as descriptors that the environment tells of.
 */
#ifndef MASTER_INHERIT_H
#define MASTER_INHERIT_H

#include <sys/types.h>

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#include "master/listen.h"

#define INHERIT_TEXT_MAX (LISTENERS_MAX * 256 + PATH_MAX + 256)

/* The private Redis of a master: it lives as long as any process holds the write end ${life}. */
struct inherit_redis {
	pid_t pid; /* 0 = there is none */
	int pidfd; /* readable once it has ended */
	int life;
	char dir[PATH_MAX];
};

struct inherited {
	bool upgrade;    /* there is a master that we are to replace */
	int report_fd;   /* where it hears how our start went; -1 */
	int predecessor; /* at end of file it is gone; -1 */
	struct inherit_redis redis;
};

/* Reads the environment, once, and clears it: children must not take these for theirs. */
void inherit_take(struct listeners *ls, struct inherited *h);

/* Writes into ${b} what inherit_take() of the next master reads; all descriptors survive exec from now on. */
void inherit_write(struct buf *b, const struct listeners *ls, const struct inherited *h);

/* Hands the text to a program about to be run. Returns 0, or -1 with errno set. */
int inherit_export(const char *text);

#endif
