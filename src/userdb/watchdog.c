/* SPDX-License-Identifier: ISC */
/*
 * A timer whose signal shuts a socket down: shutdown(2) may be called from a handler, wakes whoever reads, writes or polls, and
 * leaves the descriptor to its owner, who closes it. Time-outs of the library and of the socket (SO_RCVTIMEO) are not enough: a
 * peer that sends a byte now and then in the middle of a TLS handshake makes these begin anew, and libldap forgets them there.
 */
#include <sys/socket.h>

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "userdb/watchdog.h"

static timer_t timer;
static bool made;
static volatile sig_atomic_t watched = -1, barked;

static void
bark(int sig)
{
	int saved = errno; /* whom it interrupts may be about to look at his own */

	(void)sig;
	if (watched < 0)
		return; /* too late: it has ended */
	barked = 1;
	(void)shutdown((int)watched, SHUT_RDWR);
	errno = saved;
}

/* Once a process. The signal may be blocked, and none but ours arms it. */
static bool
make(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	struct sigaction sa = { .sa_handler = bark, .sa_flags = SA_RESTART };
	sigset_t ours;

	sigemptyset(&sa.sa_mask);
	sigemptyset(&ours);
	sigaddset(&ours, SIGALRM);
	return (sigaction(SIGALRM, &sa, NULL) == 0 && sigprocmask(SIG_UNBLOCK, &ours, NULL) == 0 &&
		timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
}

bool
watchdog_begin(int fd, int64_t deadline)
{
	const struct itimerspec at = { .it_value = { .tv_sec = deadline / 1000, .tv_nsec = deadline % 1000 * 1000000L + 1 } };

	if (!made && !(made = make()))
		return (false);
	barked = 0;
	watched = fd;
	if (timer_settime(timer, TIMER_ABSTIME, &at, NULL) == 0)
		return (true);
	watched = -1;
	return (false);
}

bool
watchdog_end(void)
{
	static const struct itimerspec never;

	watched = -1;
	(void)timer_settime(timer, 0, &never, NULL);
	return (barked != 0);
}
