/* SPDX-License-Identifier: ISC */
#include <sys/prctl.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "server.h"

#define TRIES 6000 /* of 10 ms until it answers: a busy machine takes its time */

static void
nap(void)
{

	nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
}

bool
server_installed(void)
{
	const char *path = getenv("PATH");
	char copy[4096], file[4200];

	snprintf(copy, sizeof(copy), "%s", path == NULL ? "/usr/bin" : path);
	for (char *dir = strtok(copy, ":"); dir != NULL; dir = strtok(NULL, ":")) {
		snprintf(file, sizeof(file), "%s/redis-server", dir);
		if (access(file, X_OK) == 0)
			return (true);
	}
	return (false);
}

redisContext *
server_connect(const struct server *s)
{
	redisContext *c = redisConnectUnixWithTimeout(s->socket, (struct timeval){ .tv_sec = 5 });

	if (c != NULL && c->err != 0) {
		redisFree(c);
		return (NULL);
	}
	return (c);
}

static bool
answers(const struct server *s)
{
	redisContext *c = server_connect(s);
	redisReply *r = c == NULL ? NULL : redisCommand(c, "PING");
	bool good = r != NULL && r->type == REDIS_REPLY_STATUS;

	freeReplyObject(r);
	if (c != NULL)
		redisFree(c);
	return (good);
}

/* Becomes the server; it dies with the test, however that ends. */
static void
become(const struct server *s, pid_t parent)
{
	char log[96];
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || chdir(s->dir) != 0)
		_exit(1);
	snprintf(log, sizeof(log), "%s/log", s->dir);
	if ((fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600)) >= 0) {
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
	}
	execlp("redis-server", "redis-server", "redis.conf", (char *)NULL);
	_exit(127);
}

bool
server_start(struct server *s)
{
	pid_t parent = getpid();

	if ((s->pid = fork()) == 0)
		become(s, parent);
	for (int i = 0; s->pid > 0 && i < TRIES; i++) {
		if (answers(s))
			return (true);
		nap();
	}
	return (false);
}

bool
server_new(struct server *s)
{
	char conf[96];
	FILE *f;

	memset(s, 0, sizeof(*s));
	snprintf(s->dir, sizeof(s->dir), "/tmp/doorward-test-XXXXXX");
	if (mkdtemp(s->dir) == NULL)
		return (false);
	snprintf(s->socket, sizeof(s->socket), "%s/redis.sock", s->dir);
	snprintf(conf, sizeof(conf), "%s/redis.conf", s->dir);
	if ((f = fopen(conf, "w")) == NULL)
		return (false);
	/* With everysec a write may rest for two seconds while the disk is busy, and be gone when the server is killed. */
	fprintf(f,
	    "port 0\nunixsocket %s\nunixsocketperm 700\ndir %s\nsave \"\"\nappendonly yes\nappendfsync no\n"
	    "maxmemory-policy noeviction\ndaemonize no\n",
	    s->socket, s->dir);
	fclose(f);
	return (server_start(s));
}

void
server_signal(struct server *s, int sig)
{

	if (s->pid <= 0)
		return;
	kill(s->pid, sig);
	if (sig == SIGKILL || sig == SIGTERM) {
		waitpid(s->pid, NULL, 0);
		s->pid = 0;
	}
}

static int
unlink_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{

	(void)st;
	(void)type;
	(void)ftw;
	return (remove(path));
}

void
server_free(struct server *s)
{

	server_signal(s, SIGCONT);
	server_signal(s, SIGKILL);
	nftw(s->dir, unlink_one, 16, FTW_DEPTH | FTW_PHYS);
}
