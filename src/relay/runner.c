/* SPDX-License-Identifier: ISC */
/*
 * One loop: a message becomes a process, whose end is seen by its descriptor (pidfd). The program gets its input from a pipe
 * that was filled before, its standard output is nowhere, its standard error ours; its environment is PATH. It leads a process
 * group, which is killed as a whole.
 */
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#include "relay/runner.h"

#define AT_ONCE 64
#define NAME "doorward-runner" /* for ps */

struct run {
	uint64_t number;
	pid_t pid; /* 0: free */
	int fd;
	int64_t until; /* mono, ms */
	bool late;
};

struct runner {
	char *const *command;
	int64_t ms;
	int sock;
	struct run runs[AT_ONCE];
};

static void
report(const struct runner *r, uint64_t number, int status)
{
	const struct runner_result result = { .number = number, .status = status };

	(void)send(r->sock, &result, sizeof(result), MSG_NOSIGNAL);
}

/* In the new process. */
static void
become(const struct runner *r, int input)
{
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char *const environment[] = { path, NULL };
	struct sigaction plain = { .sa_handler = SIG_DFL };
	sigset_t none;
	int null;

	for (int sig = 1; sig < NSIG; sig++)
		(void)sigaction(sig, &plain, NULL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)setpgid(0, 0);
	if ((null = open("/dev/null", O_RDWR)) < 0 || dup2(input, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
		_exit(127);
	(void)close_range(STDERR_FILENO + 1, ~0U, 0);
	(void)execve(r->command[0], r->command, environment);
	_exit(127);
}

static int
filled_pipe(const char *input, size_t n)
{
	int ends[2];
	ssize_t done;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return (-1);
	(void)fcntl(ends[1], F_SETFL, O_NONBLOCK);
	done = write(ends[1], input, n);
	close(ends[1]);
	if (done == (ssize_t)n)
		return (ends[0]);
	close(ends[0]);
	return (-1);
}

/* False: it could not be started. */
static bool
begin(const struct runner *r, struct run *x, uint64_t number, const char *input, size_t n)
{
	int in = filled_pipe(input, n);
	pid_t pid = in < 0 ? -1 : fork();

	if (pid == 0)
		become(r, in);
	if (in >= 0)
		close(in);
	if (pid < 0)
		return (false);
	(void)setpgid(pid, pid); /* whoever comes first */
	*x = (struct run){ .number = number, .pid = pid, .until = clock_mono_ms() + r->ms, .fd = pidfd_open(pid, 0) };
	if (x->fd >= 0)
		return (true);
	(void)kill(-pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	x->pid = 0;
	return (false);
}

static struct run *
free_run(struct runner *r)
{

	for (size_t i = 0; i < AT_ONCE; i++)
		if (r->runs[i].pid == 0)
			return (&r->runs[i]);
	return (NULL);
}

/* False: the other side has gone. */
static bool
take_message(struct runner *r)
{
	static char message[sizeof(uint64_t) + RUNNER_INPUT_MAX];
	ssize_t n = recv(r->sock, message, sizeof(message), 0);
	uint64_t number;
	struct run *x;

	if (n < (ssize_t)sizeof(number))
		return (n < 0 && errno == EINTR);
	memcpy(&number, message, sizeof(number));
	x = free_run(r);
	if (x == NULL || !begin(r, x, number, message + sizeof(number), (size_t)n - sizeof(number)))
		report(r, number, -1);
	return (true);
}

static void
end(struct runner *r, struct run *x)
{
	int status;

	if (waitpid(x->pid, &status, 0) != x->pid)
		status = -1;
	report(r, x->number, x->late ? RUNNER_TIMEOUT : status);
	close(x->fd);
	x->pid = 0;
}

/* ms until the first run takes too long; those that do are killed. */
static int
see_to_time(struct runner *r)
{
	int64_t now = clock_mono_ms(), least = -1;

	for (size_t i = 0; i < AT_ONCE; i++) {
		struct run *x = &r->runs[i];

		if (x->pid == 0 || x->late)
			continue;
		if (x->until <= now) {
			x->late = true;
			(void)kill(-x->pid, SIGKILL);
		} else if (least < 0 || x->until - now < least) {
			least = x->until - now;
		}
	}
	return ((int)least);
}

static void
loop(struct runner *r)
{
	struct pollfd fds[AT_ONCE + 1];

	for (;;) {
		int ms = see_to_time(r);

		for (size_t i = 0; i < AT_ONCE; i++)
			fds[i] = (struct pollfd){ .fd = r->runs[i].pid == 0 ? -1 : r->runs[i].fd, .events = POLLIN };
		fds[AT_ONCE] = (struct pollfd){ .fd = r->sock, .events = POLLIN };
		if (poll(fds, AT_ONCE + 1, ms) < 0)
			continue;
		for (size_t i = 0; i < AT_ONCE; i++)
			if (fds[i].revents != 0)
				end(r, &r->runs[i]);
		if (fds[AT_ONCE].revents != 0 && !take_message(r))
			return;
	}
}

/* In the new process: nothing of the relay's stays open but the socket and standard error. */
static void
serve(char *const *command, int64_t ms, int sock)
{
	struct runner r = { .command = command, .ms = ms, .sock = STDERR_FILENO + 1 };

	(void)prctl(PR_SET_NAME, NAME);
	if (sock != r.sock && (dup2(sock, r.sock) < 0 || fcntl(r.sock, F_SETFD, FD_CLOEXEC) != 0))
		_exit(1);
	(void)close_range((unsigned)r.sock + 1, ~0U, 0);
	loop(&r);
	for (size_t i = 0; i < AT_ONCE; i++)
		if (r.runs[i].pid != 0)
			(void)kill(-r.runs[i].pid, SIGKILL);
	_exit(0);
}

int
runner_start(char *const *command, int64_t ms)
{
	int ends[2], saved;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return (-1);
	if ((pid = fork()) == 0)
		serve(command, ms, ends[1]);
	saved = errno;
	close(ends[1]);
	if (pid > 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
		return (ends[0]);
	close(ends[0]);
	errno = saved;
	return (-1);
}
