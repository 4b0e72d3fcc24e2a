/* SPDX-License-Identifier: ISC */
/*
 * Into the background, and the pid file.
 *
 * "doorward" without -F forks twice and the caller waits: a record down a pipe tells it how the start went, so that its exit
 * code and its message are those of the daemon. An upgraded master reports to its predecessor over the same kind of pipe.
 *
 * The pid file is locked, not only written: the lock says whether a daemon runs, whatever the number in the file. It is removed
 * only if the path still leads to the file that we hold, since a successor may have put its own there.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

#include "doorward/board.h"

#include "master/daemon.h"

/* One record down the pipe. */
struct report {
	int32_t code;
	char why[512];
};

/* The process that the user called: waits for the report of the daemon. */
static _Noreturn void
wait_for_report(int fd, pid_t first)
{
	struct report r = { 0 };

	while (waitpid(first, NULL, 0) < 0 && errno == EINTR)
		continue;
	if (fd_read_full(fd, &r, sizeof(r)) != 0) {
		fprintf(stderr, "doorward: the daemon ended without saying why\n");
		_exit(EXIT_RUNTIME);
	}
	r.why[sizeof(r.why) - 1] = '\0';
	if (r.code != 0)
		fprintf(stderr, "doorward: %s\n", r.why);
	_exit(r.code);
}

/* setsid() leaves the caller's terminal and group, so that a Ctrl-C there does not reach the daemon. */
int
daemon_launch(void)
{
	int fds[2];
	pid_t pid;

	fflush(NULL);
	if (pipe2(fds, O_CLOEXEC) != 0)
		return (-1);
	if ((pid = fork()) < 0) {
		close(fds[0]);
		close(fds[1]);
		return (-1);
	}
	if (pid > 0) {
		close(fds[1]);
		wait_for_report(fds[0], pid);
	}
	close(fds[0]);
	setsid();
	/* A second fork: a process that does not lead its session can never get a controlling terminal. */
	if ((pid = fork()) != 0)
		_exit(pid < 0 ? EXIT_RUNTIME : EXIT_RETIRED);
	(void)!chdir("/");
	return (fds[1]);
}

void
daemon_report(int *fd, int code, const char *why)
{
	struct report r = { .code = code };

	if (*fd < 0)
		return;
	snprintf(r.why, sizeof(r.why), "%s", why);
	(void)fd_write_full(*fd, &r, sizeof(r)); /* nobody waiting any more is nobody's loss */
	close(*fd);
	*fd = -1;
}

/* Less than PIPE_BUF, so all of it or nothing. */
int
daemon_hear(int fd, int *code, char *why, size_t whylen)
{
	struct report r = { 0 };
	ssize_t n = read(fd, &r, sizeof(r));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return (0);
	if (n != (ssize_t)sizeof(r))
		return (-1);
	*code = r.code;
	snprintf(why, whylen, "%.*s", (int)sizeof(r.why) - 1, r.why);
	return (1);
}

/* What libraries and sanitizers print ends up in the log file, if there is one. */
void
daemon_stdio(const char *log_file)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), log;

	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		if (null > STDERR_FILENO)
			close(null);
	}
	if (log_file[0] == '\0' || (log = open(log_file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640)) < 0)
		return;
	dup2(log, STDERR_FILENO);
	if (log > STDERR_FILENO)
		close(log);
}

/* The lock is the process's own (POSIX): children do not inherit it, and a killed master leaves none behind. */
static int
lock_file(int fd, char *err, size_t errlen, const char *path)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_SETLK, &lock) == 0)
		return (0);
	if ((errno == EACCES || errno == EAGAIN) && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
		snprintf(err, errlen, "already running with process id %d (%s)", (int)lock.l_pid, path);
	else
		snprintf(err, errlen, "cannot lock %s: %s", path, strerror(errno));
	return (-1);
}

/* O_NOFOLLOW: a link planted in a shared directory would let others choose what is overwritten. */
int
daemon_pid_file(const char *path, char *err, size_t errlen)
{
	char text[32];
	int fd, n;

	if (path[0] == '\0')
		return (-1);
	if ((fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644)) < 0) {
		snprintf(err, errlen, "cannot open %s: %s", path, strerror(errno));
		return (-2);
	}
	if (lock_file(fd, err, errlen, path) != 0)
		goto err0;
	n = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)n, 0) != n) {
		snprintf(err, errlen, "cannot write %s: %s", path, strerror(errno));
		goto err0;
	}
	return (fd);

err0:
	close(fd);
	return (-2);
}

void
daemon_pid_file_remove(int fd, const char *path)
{
	struct stat ours, there;

	if (fd < 0)
		return;
	if (fstat(fd, &ours) == 0 && lstat(path, &there) == 0 && ours.st_dev == there.st_dev && ours.st_ino == there.st_ino)
		unlink(path);
	close(fd);
}
