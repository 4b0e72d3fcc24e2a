/* SPDX-License-Identifier: ISC */
/*
 * A thread beside a process' loop, for what cannot be done without waiting: a library that blocks, a disk. It takes no signal.
 * The two wake each other by eventfds.
 */
#ifndef BASE_ASIDE_H
#define BASE_ASIDE_H

#include <pthread.h>

/* 0, or why it cannot, as pthread_create() says. */
int aside_start(pthread_t *thread, void *(*work)(void *), void *arg);

/* An eventfd for the two below, -1 with errno. */
int aside_bell(void);
void aside_wake(int bell);
void aside_woken(int bell);

#endif
