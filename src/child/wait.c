/* SPDX-License-Identifier: ISC */
/*
 * Signals only set a flag, and arrive only inside ppoll() and epoll_pwait(), which open the mask and wait in one step: a flag
 * that is looked at after the wait cannot have been set just before it unseen. A wait that has something to tell at once opens
 * the mask for nobody; so a child that always has work opens it every HEAR_MS, or nobody could tell it to leave.
 *
 * The log after a rotation: a child runs as a user who need not be able to reach it, as a directory of root's with mode 0700 is
 * usual. It could only try the name, and stay on the rotated file for ever. So the master, who can, opens it once and hands the
 * descriptor to everybody down the channel, and sends USR1 after it: when the signal is there, the descriptor is. Where there
 * is no master, and for syslog, the child opens the log by itself.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"

#include "child/wait.h"

#define HEAR_MS 100

static volatile sig_atomic_t leave, reopen;
static sigset_t while_waiting; /* the mask under which the child waits */

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

/* Signals that were blocked already stay blocked while waiting, except these four. */
void
child_signals(void)
{
	static const int ours[] = { SIGQUIT, SIGTERM, SIGINT, SIGUSR1 };
	sigset_t blocked;

	sigemptyset(&blocked);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		handle(ours[i], ours[i] == SIGUSR1 ? on_reopen : on_leave, &blocked);
	handle(SIGHUP, SIG_IGN, NULL);
	handle(SIGUSR2, SIG_IGN, NULL);
	handle(SIGPIPE, SIG_IGN, NULL); /* a peer that has gone is an error of write(2), not the end of us */
	sigprocmask(SIG_BLOCK, &blocked, &while_waiting);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		sigdelset(&while_waiting, ours[i]);
}

bool
child_leaving(void)
{

	return (leave != 0);
}

/* Goes on in the descriptors that came down the channel. False: the log was not among them. */
static bool
take_descriptors(int channel)
{
	bool taken = false;
	char what;
	int fd;

	while (channel >= 0 && (fd = fd_receive(channel, &what)) >= 0) {
		if (what == CHANNEL_LOG) {
			log_take(fd);
			taken = true;
			continue;
		}
		(void)dup2(fd, STDERR_FILENO);
		close(fd);
	}
	return (taken);
}

static void
reopen_log(const struct child *c)
{

	if (reopen == 0)
		return;
	reopen = 0;
	if (!take_descriptors(c->channel) && log_reopen() != 0)
		log_error("the log cannot be opened again: %s", strerror(errno));
}

/* After a wait that may have been none. */
static void
hear(void)
{
	static int64_t heard; /* mono, ms */
	int64_t now = clock_mono_ms();
	sigset_t blocked;

	if (now - heard < HEAR_MS)
		return;
	heard = now;
	sigprocmask(SIG_SETMASK, &while_waiting, &blocked);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
}

enum child_word
child_poll(const struct child *c, struct pollfd *fds, nfds_t n, int64_t ms)
{
	const struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
	int rc;

	fds[0] = (struct pollfd){ .fd = c->master_fd, .events = POLLIN };
	if ((rc = ppoll(fds, n, ms < 0 ? NULL : &ts, &while_waiting)) < 0) {
		if (errno != EINTR) {
			log_error("cannot wait: %s", strerror(errno));
			return (CHILD_FAILED);
		}
		for (nfds_t i = 0; i < n; i++)
			fds[i].revents = 0; /* poll(2) leaves them as they were */
	} else if (rc > 0) {
		hear();
	}
	reopen_log(c);
	return (child_leaving() || fds[0].revents != 0 ? CHILD_LEAVE : CHILD_GO_ON);
}

int
child_epoll(const struct child *c, int ep, struct epoll_event *events, int most, int ms)
{
	int n = epoll_pwait(ep, events, most, ms, &while_waiting);

	if (n < 0 && errno != EINTR) {
		log_error("cannot wait: %s", strerror(errno));
		return (-1);
	}
	if (n > 0)
		hear();
	reopen_log(c);
	return (n < 0 ? 0 : n);
}
