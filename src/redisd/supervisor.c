/* SPDX-License-Identifier: ISC */
/*
 * Between the master and the private redis-server: starts it, asks it for signs of life, ends it when told. If it dies itself
 * the kernel kills the server (parent death signal). It ends as the server ended, so that the master needs only one child to
 * understand.
 *
 * Waits for one of: the end of the child (SIGCHLD), the word to end it (TERM, or end of file of the pipe that all masters
 * hold), an answer of the server, and the next time something is due.
 *
 * The question is an inline PING over one connection, a second after the last answer; any byte is an answer, "LOADING" and
 * "BUSY" included. Time in which this process itself did not get to run is not counted as the server's silence.
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <linux/close_range.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "doorward/board.h"

#include "redisd/supervisor.h"

#define LIFE_FD 3
#define ASK_MS 1000 /* between two questions */

/* The child, and what is known of it. Times are mono ms. */
struct ward {
	const struct supervisor *g;
	pid_t pid;
	int fd;              /* to the server; -1 */
	bool asked;          /* an answer is due */
	bool stopping, hung; /* TERM was sent; it was killed for its silence */
	int64_t ask_at, kill_at, turned_at;
	int64_t answered_at; /* or when it was started */
};

static volatile sig_atomic_t told;

static void
on_signal(int sig)
{

	if (sig != SIGCHLD)
		told = 1;
}

/* SIGCHLD needs a handler, or it would not end the wait. */
static void
install(sigset_t *before)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGQUIT, SIGCHLD };
	struct sigaction sa = { .sa_handler = on_signal };
	sigset_t blocked;

	sigemptyset(&blocked);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		sigaddset(&blocked, signals[i]);
		sigaction(signals[i], &sa, NULL);
	}
	sigprocmask(SIG_BLOCK, &blocked, before);
}

/* Sockets held here would look alive after their owner closed them. */
static void
keep_only(int life)
{

	if (life != LIFE_FD)
		dup2(life, LIFE_FD);
	close_range(LIFE_FD + 1, ~0U, 0);
}

/* Ends in the same way as the child did, so that the master sees the child's status. */
static _Noreturn void
end_like(int status)
{

	if (WIFSIGNALED(status)) {
		sigset_t all;

		signal(WTERMSIG(status), SIG_DFL);
		sigemptyset(&all);
		sigprocmask(SIG_SETMASK, &all, NULL);
		raise(WTERMSIG(status));
	}
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_RUNTIME);
}

static void
hang_up(struct ward *w)
{

	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
	w->asked = false;
}

static bool
dial(struct ward *w)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	if (!str_copy(sa.sun_path, sizeof(sa.sun_path), str_of(w->g->socket)) ||
	    (w->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
		return (false);
	if (connect(w->fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		return (true);
	hang_up(w);
	return (false);
}

static void
ask(struct ward *w, int64_t now)
{
	static const char question[] = "PING\r\n";

	w->ask_at = now + ASK_MS;
	if (w->asked || (w->fd < 0 && !dial(w)))
		return;
	if (send(w->fd, question, sizeof(question) - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		hang_up(w);
	else
		w->asked = true;
}

/* Any bytes: an answer that says BUSY or LOADING is a sign of life as well. */
static void
hear(struct ward *w, int64_t now)
{
	char answer[256];
	ssize_t n = recv(w->fd, answer, sizeof(answer), MSG_DONTWAIT);

	if (n > 0) {
		w->asked = false;
		w->answered_at = now;
	} else if (n == 0 || errno != EAGAIN) {
		hang_up(w);
	}
}

static void
tell_to_end(struct ward *w, int64_t now)
{

	if (w->stopping)
		return;
	kill(w->pid, SIGTERM);
	w->stopping = true;
	w->kill_at = now + w->g->stop_timeout;
}

static void
do_what_is_due(struct ward *w, int64_t now)
{

	if (now - w->turned_at > 2 * ASK_MS)
		w->answered_at += now - w->turned_at;
	w->turned_at = now;
	if (w->stopping) {
		if (now >= w->kill_at)
			kill(w->pid, SIGKILL);
		return;
	}
	if (now - w->answered_at >= w->g->hung_after) {
		w->hung = true;
		kill(w->pid, SIGKILL);
	} else if (now >= w->ask_at) {
		ask(w, now);
	}
}

static void
wait_for_something(struct ward *w, const sigset_t *open)
{
	struct pollfd p[2] = { { .fd = w->stopping ? -1 : LIFE_FD, .events = POLLIN }, { .fd = w->fd, .events = POLLIN } };
	const struct timespec due = { .tv_sec = ASK_MS / 1000 };
	int n = ppoll(p, 2, &due, open);
	int64_t now = clock_mono_ms();

	if (told || (n > 0 && p[0].revents != 0))
		tell_to_end(w, now);
	if (n > 0 && p[1].revents != 0)
		hear(w, now);
	do_what_is_due(w, now);
}

static _Noreturn void
guard(struct ward *w, const sigset_t *open)
{
	int status;

	for (;;) {
		if (waitpid(w->pid, &status, WNOHANG) == w->pid) {
			if (w->hung)
				_exit(SUPERVISOR_HUNG);
			end_like(status);
		}
		wait_for_something(w, open);
	}
}

void
supervisor_run(int life, const struct supervisor *g)
{
	struct ward w = { .g = g, .fd = -1 };
	pid_t self = getpid();
	sigset_t open;

	install(&open);
	if ((w.pid = fork()) < 0)
		_exit(EXIT_RESOURCE);
	if (w.pid == 0) {
		sigprocmask(SIG_SETMASK, &open, NULL); /* exec makes the handlers default actions */
		g->run(g->ctx, self);
		_exit(EXIT_RESOURCE);
	}
	keep_only(life);
	w.answered_at = w.turned_at = clock_mono_ms();
	guard(&w, &open);
}
