#include <sys/wait.h>

#include <linux/close_range.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include "doorward/board.h"

#include "master/guardian.h"

#define LIFE_FD 3

static volatile sig_atomic_t told;

static void
on_signal(int sig)
{

	if (sig != SIGCHLD)
		told = 1;
}

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

/* As the child ended, so that the master reads the same. */
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

static _Noreturn void
guard(pid_t child, const sigset_t *open)
{
	struct pollfd p = { .fd = LIFE_FD, .events = POLLIN };
	bool passed_on = false;
	int status;

	for (;;) {
		if (waitpid(child, &status, WNOHANG) == child)
			end_like(status);
		if (ppoll(&p, passed_on ? 0 : 1, NULL, open) > 0)
			told = 1;
		if (told && !passed_on) {
			kill(child, SIGTERM);
			passed_on = true;
		}
	}
}

void
guardian_run(int life, void (*run)(const void *ctx, pid_t guardian), const void *ctx)
{
	pid_t self = getpid(), child;
	sigset_t open;

	install(&open);
	if ((child = fork()) < 0)
		_exit(EXIT_RESOURCE);
	if (child == 0) {
		sigprocmask(SIG_SETMASK, &open, NULL); /* exec makes the handlers default actions */
		run(ctx, self);
		_exit(EXIT_RESOURCE);
	}
	keep_only(life);
	guard(child, &open);
}
