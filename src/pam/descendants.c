/* SPDX-License-Identifier: ISC */
/*
 * A PAM module may start programs (pam_exec, unix_chkpwd), and these may leave their session and their parent. Who is killed
 * leaves them to the nearest subreaper above, which is this process; so killing children until there are none ends them all,
 * however they are related.
 */
#include <sys/prctl.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "pam/descendants.h"

#define ROUNDS 50 /* of a millisecond: a killed process is gone at once, unless a disk or a network file system holds it */
#define LIST_BYTES 4096

int
descendants_adopt(void)
{

	return (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
}

/* The kernel's list of our children, a blank behind each; this process has one thread. */
static bool
read_children(char list[LIST_BYTES])
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return (false);
	n = read(fd, list, LIST_BYTES - 1);
	close(fd);
	list[n > 0 ? n : 0] = '\0';
	return (n > 0);
}

/* A number that the end of the list has cut is another process's. */
static void
kill_children(void)
{
	char list[LIST_BYTES], *p = list, *end;
	long pid;

	if (!read_children(list))
		return;
	for (; (pid = strtol(p, &end, 10)) > 1 && *end == ' '; p = end)
		(void)kill((pid_t)pid, SIGKILL);
}

bool
descendants_end(void)
{
	const struct timespec ms = { 0, 1000000 };
	pid_t pid;

	for (int i = 0; i < ROUNDS; i++) {
		kill_children();
		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			continue;
		if (pid < 0)
			return (true); /* there are none */
		(void)nanosleep(&ms, NULL);
	}
	return (false);
}
