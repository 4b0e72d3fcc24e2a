/* SPDX-License-Identifier: ISC */
#include <stddef.h>

#include "child/signals.h"

static volatile sig_atomic_t leave, reopen;

static void
on_leave(int sig)
{

	(void)sig;
	leave = 1;
}

static void
on_reopen(int sig)
{

	(void)sig;
	reopen = 1;
}

static void
handle(int sig, void (*handler)(int), sigset_t *blocked)
{
	struct sigaction sa = { .sa_handler = handler };

	sigemptyset(&sa.sa_mask);
	sigaction(sig, &sa, NULL);
	if (blocked != NULL)
		sigaddset(blocked, sig);
}

void
signals_install(sigset_t *open)
{
	sigset_t blocked;

	sigemptyset(&blocked);
	handle(SIGQUIT, on_leave, &blocked);
	handle(SIGTERM, on_leave, &blocked);
	handle(SIGINT, on_leave, &blocked);
	handle(SIGUSR1, on_reopen, &blocked);
	handle(SIGHUP, SIG_IGN, NULL);
	handle(SIGUSR2, SIG_IGN, NULL);
	handle(SIGPIPE, SIG_IGN, NULL); /* a peer that has gone is an error of write(2), not the end of us */
	sigprocmask(SIG_BLOCK, &blocked, open);
	sigdelset(open, SIGQUIT);
	sigdelset(open, SIGTERM);
	sigdelset(open, SIGINT);
	sigdelset(open, SIGUSR1);
}

bool
signals_leave(void)
{

	return (leave != 0);
}

bool
signals_reopen(void)
{

	if (reopen == 0)
		return (false);
	reopen = 0;
	return (true);
}
