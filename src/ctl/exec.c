/* SPDX-License-Identifier: ISC */
/*
 * One process an event. The command is the operator's own, the event is not: it goes through a pipe and never near the
 * command's words. It has its own process group, so that a hanging one is killed with its children.
 */
#include <sys/pidfd.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#include "ctl/exec.h"

#define DEADLINE_MS 30000 /* as long as an exec sink's */

static void
run(const char *command, int in)
{
	struct sigaction usual = { .sa_handler = SIG_DFL };

	(void)setpgid(0, 0);
	sigaction(SIGPIPE, &usual, NULL);
	sigaction(SIGINT, &usual, NULL);
	sigaction(SIGTERM, &usual, NULL);
	if (dup2(in, STDIN_FILENO) >= 0)
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

/* An event is shorter than a pipe holds, so this waits for nobody; a command that does not read is none of our business. */
static void
feed(int out, struct str json)
{

	if (write(out, json.p, json.len) == (ssize_t)json.len)
		(void)!write(out, "\n", 1);
	close(out);
}

/* Waits for the end; an interrupted wait goes on. False: it is not over in time. */
static bool
is_over(int fd)
{
	int64_t deadline = clock_mono_ms() + DEADLINE_MS, left;
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while ((left = deadline - clock_mono_ms()) > 0)
		if (poll(&p, 1, (int)left) > 0)
			return (true);
	return (false);
}

static bool
judge(int status, bool late, char why[EXEC_WHY_MAX])
{

	if (late)
		snprintf(why, EXEC_WHY_MAX, "the command took longer than %d s and was killed", DEADLINE_MS / 1000);
	else if (WIFSIGNALED(status))
		snprintf(why, EXEC_WHY_MAX, "the command died of signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		snprintf(why, EXEC_WHY_MAX, "the command returned %d", WEXITSTATUS(status));
	else
		return (true);
	return (false);
}

static bool
attend(pid_t pid, char why[EXEC_WHY_MAX])
{
	int fd = pidfd_open(pid, 0), status = 0;
	bool late = fd >= 0 && !is_over(fd);

	if (late) {
		(void)kill(-pid, SIGKILL);
		(void)kill(pid, SIGKILL);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (fd >= 0)
		close(fd);
	return (judge(status, late, why));
}

static bool
cannot(char why[EXEC_WHY_MAX])
{

	snprintf(why, EXEC_WHY_MAX, "the command cannot be started: %s", strerror(errno));
	return (false);
}

bool
exec_event(const char *command, struct str json, char why[EXEC_WHY_MAX])
{
	int in[2];
	pid_t pid;

	if (pipe2(in, O_CLOEXEC) != 0)
		return (cannot(why));
	if ((pid = fork()) == 0)
		run(command, in[0]);
	if (pid < 0) {
		(void)cannot(why);
		close(in[0]);
		close(in[1]);
		return (false);
	}
	close(in[0]);
	feed(in[1], json);
	return (attend(pid, why));
}
