/* SPDX-License-Identifier: ISC */
/* Signals are the loop's: they are blocked while the thread is made, which inherits that. */
#include <sys/eventfd.h>

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

#include "base/aside.h"

int
aside_start(pthread_t *thread, void *(*work)(void *), void *arg)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(thread, NULL, work, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return (rc);
}

int
aside_bell(void)
{

	return (eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

void
aside_wake(int bell)
{
	uint64_t one = 1;

	while (write(bell, &one, sizeof(one)) < 0 && errno == EINTR)
		continue;
}

void
aside_woken(int bell)
{
	uint64_t n;

	(void)!read(bell, &n, sizeof(n));
}
