/* SPDX-License-Identifier: ISC */
/*
 * Signals of the master: handlers only count, everything happens in the loop. They are blocked except during the wait, so that
 * a signal between two steps is not lost and none interrupts a system call elsewhere. Children get default actions and a mask
 * of their own; programs that we exec get a clean slate.
 */
#include <stddef.h>

#include "master/signals.h"

/* Those the master acts on; CHLD only ends its wait. */
static const int handled[] = { SIGHUP, SIGUSR1, SIGQUIT, SIGTERM, SIGINT, SIGTTIN, SIGTTOU, SIGUSR2, SIGWINCH, SIGCHLD };
static const int ignored[] = { SIGPIPE };
static const int child_default[] = { SIGUSR1, SIGQUIT, SIGTERM, SIGINT, SIGCHLD };
static const int child_ignored[] = { SIGPIPE, SIGUSR2, SIGWINCH, SIGHUP, SIGTTIN, SIGTTOU };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static volatile sig_atomic_t came[COUNT(handled)];

/* Counts, with a bound: two TTIN mean two more processes. */
static void
note(int sig)
{

	for (size_t i = 0; i < COUNT(handled); i++)
		if (handled[i] == sig && came[i] < 1000)
			came[i]++;
}

static void
set_action(const int *sigs, size_t n, void (*handler)(int))
{
	struct sigaction sa = { .sa_handler = handler };

	sigfillset(&sa.sa_mask);
	for (size_t i = 0; i < n; i++)
		sigaction(sigs[i], &sa, NULL);
}

void
signals_master(sigset_t *wait)
{
	sigset_t block;

	sigemptyset(&block);
	for (size_t i = 0; i < COUNT(handled); i++)
		sigaddset(&block, handled[i]);
	sigprocmask(SIG_BLOCK, &block, wait);
	/* Whoever started us may have left them blocked. */
	for (size_t i = 0; i < COUNT(handled); i++)
		sigdelset(wait, handled[i]);
	set_action(handled, COUNT(handled), note);
	set_action(ignored, COUNT(ignored), SIG_IGN);
}

/* They are blocked outside the wait, so nothing comes between reading and clearing. */
int
signals_take(int sig)
{
	int n = 0;

	for (size_t i = 0; i < COUNT(handled); i++) {
		if (handled[i] != sig)
			continue;
		n = came[i];
		came[i] = 0;
	}
	return (n);
}

void
signals_child(void)
{
	sigset_t block;

	sigemptyset(&block);
	for (size_t i = 0; i < COUNT(child_default); i++)
		sigaddset(&block, child_default[i]);
	set_action(child_default, COUNT(child_default), SIG_DFL);
	set_action(child_ignored, COUNT(child_ignored), SIG_IGN);
	sigprocmask(SIG_SETMASK, &block, NULL);
}

void
signals_foreign(void)
{
	sigset_t none;

	set_action(handled, COUNT(handled), SIG_DFL);
	set_action(ignored, COUNT(ignored), SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}
