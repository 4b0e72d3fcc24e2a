/* SPDX-License-Identifier: ISC */
/*
 * PAM knows no time-out, and its modules keep what they like in the process they run in. So each question gets a process:
 * forked, asked, killed. What it says comes through a pipe, all of it before the deadline or none; that the pipe ends without
 * an answer tells of a module that crashed. Whatever the process and what it started do then, they are killed before the next
 * question.
 */
#include <sys/prctl.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "pam/descendants.h"

#include "pam/turn.h"

/* Signals as a program finds them that was started in a shell: modules start others. */
static void
ordinary_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		(void)signal(sig, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The forked side. It keeps nothing by which it could hear other questions or hold up the master, and dies with its parent. */
static _Noreturn void
ask(const struct serving *s, const struct helper_question *q, struct helper_answer *a, int to)
{

	ordinary_signals();
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	(void)setsid();
	close(s->child->helper);
	close(s->child->channel);
	close(s->child->master_fd);
	a->result = (int32_t)s->driver->answer(s->db, q, &a->account);
	_exit(fd_write_full(to, a, sizeof(*a)) == 0 ? 0 : 1);
}

/* Reads the answer up to ${until}. 1: all of it; 0: it ended before that; -1: too late. */
static int
read_answer(int from, int64_t until, struct helper_answer *a)
{
	struct pollfd p = { .fd = from, .events = POLLIN };
	size_t have = 0;
	int64_t left;
	ssize_t n;

	while (have < sizeof(*a)) {
		if ((left = until - clock_mono_ms()) <= 0)
			return (-1);
		if (poll(&p, 1, (int)left) <= 0)
			continue;
		if ((n = read(from, (char *)a + have, sizeof(*a) - have)) <= 0)
			return (0);
		have += (size_t)n;
	}
	return (1);
}

static bool
judge(int got, const struct helper_question *q, int64_t began)
{

	if (got < 0)
		log_warn("PAM did not answer within userdb.timeout, its process was killed user=%s ms=%lld",
		    log_text(str_of(q->name)), (long long)(clock_mono_ms() - began));
	if (got == 0)
		log_warn("PAM's process ended without an answer user=%s", log_text(str_of(q->name)));
	return (got > 0);
}

/* The process, and the pipe that it answers through. -1 with errno: there is none to be had. */
static pid_t
begin(int ends[2])
{
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return (-1);
	if ((pid = fork()) < 0) {
		close(ends[0]);
		close(ends[1]);
	}
	return (pid);
}

bool
turn_take(const struct serving *s, const struct helper_question *q, struct helper_answer *a)
{
	int64_t began = clock_mono_ms();
	int ends[2], got;
	pid_t pid;

	if ((pid = begin(ends)) < 0) {
		log_warn("PAM cannot be asked: %s", strerror(errno));
		return (false);
	}
	if (pid == 0) {
		close(ends[0]);
		ask(s, q, a, ends[1]);
	}
	close(ends[1]);
	got = read_answer(ends[0], q->until, a);
	close(ends[0]);
	(void)descendants_end(); /* serve.c comes back to those that take their time */
	return (judge(got, q, began));
}
