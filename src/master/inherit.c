/* SPDX-License-Identifier: ISC */
/*
 * What one master hands to the next across exec: listening sockets, the private Redis, the pipe to report through and the one
 * that tells of the predecessor's end. They are described in an environment variable, a line each, and stay open under the same
 * numbers. The same place takes the sockets of a service manager (LISTEN_FDS), by their names or else their paths.
 *
 * Whatever is not understood is left out with a warning. All these variables are removed afterwards, so that no child takes
 * them for its own.
 */
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"

#include "master/inherit.h"

#define FIRST_FD 3 /* of systemd's */
#define VARIABLE "DOORWARD_FDS"
#define NO_NAME "-"

/* Clears close-on-exec, in the child that will exec. */
static void
keep_open(int fd)
{

	(void)fcntl(fd, F_SETFD, 0);
}

static void
write_redis(struct buf *b, const struct inherit_redis *r)
{

	if (r->pid <= 0)
		return;
	keep_open(r->pidfd);
	keep_open(r->life);
	buf_printf(b, "redis %d %d %d %s\n", (int)r->pid, r->pidfd, r->life, r->dir);
}

/* A socket that came as descriptor 0 is not listed: the new master inherits it in the same way. */
void
inherit_write(struct buf *b, const struct listeners *ls, const struct inherited *h)
{

	keep_open(h->report_fd);
	keep_open(h->predecessor);
	buf_printf(b, "master %d %d\n", h->report_fd, h->predecessor);
	write_redis(b, &h->redis);
	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		const struct listener *l = &ls->all[i];

		if (l->kind != LISTEN_UNIX && l->kind != LISTEN_TCP)
			continue;
		keep_open(l->fd);
		buf_printf(b, "socket %d %d %d %" PRIuMAX " %" PRIuMAX " %o %u %u %s %s\n", l->fd, (int)l->kind, l->foreign,
		    (uintmax_t)l->dev, (uintmax_t)l->ino, (unsigned)l->mode, (unsigned)l->uid, (unsigned)l->gid,
		    l->name[0] == '\0' ? NO_NAME : l->name, l->address);
	}
}

int
inherit_export(const char *text)
{

	return (setenv(VARIABLE, text, 1));
}

/* Everything that is read is checked by listen_adopt(): the descriptor must be a listening socket. */
static bool
take_socket(struct listeners *ls, const char *line)
{
	struct listener l = { .shared = true };
	unsigned mode, uid, gid;
	uintmax_t dev, ino;
	int fd, kind, foreign, at = 0;

	if (sscanf(line, "socket %d %d %d %" SCNuMAX " %" SCNuMAX " %o %u %u %31s %n", &fd, &kind, &foreign, &dev, &ino, &mode,
		&uid, &gid, l.name, &at) != 9 ||
	    at == 0 || strlen(line + at) > LISTEN_ADDRESS_MAX)
		return (false);
	l.kind = (enum listen_kind)kind;
	l.foreign = foreign != 0;
	l.dev = (dev_t)dev;
	l.ino = (ino_t)ino;
	l.mode = (mode_t)mode;
	l.uid = (uid_t)uid;
	l.gid = (gid_t)gid;
	if (strcmp(l.name, NO_NAME) == 0)
		l.name[0] = '\0';
	snprintf(l.address, sizeof(l.address), "%s", line + at);
	return ((kind == LISTEN_UNIX || kind == LISTEN_TCP) && listen_adopt(ls, &l, fd) != NULL);
}

static bool
take_redis(struct inherit_redis *r, const char *line)
{
	int pid, at = 0;

	if (sscanf(line, "redis %d %d %d %n", &pid, &r->pidfd, &r->life, &at) != 3 || at == 0 || pid <= 0)
		return (false);
	if (fcntl(r->pidfd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(r->life, F_SETFD, FD_CLOEXEC) != 0)
		return (false);
	r->pid = (pid_t)pid;
	return (str_copy(r->dir, sizeof(r->dir), str_of(line + at)));
}

static bool
take_master(struct inherited *h, const char *line)
{

	return (sscanf(line, "master %d %d", &h->report_fd, &h->predecessor) == 2 &&
		fcntl(h->report_fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(h->predecessor, F_SETFD, FD_CLOEXEC) == 0);
}

static void
take_over(struct listeners *ls, struct inherited *h, char *text)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		bool fine = strncmp(line, "socket ", 7) == 0  ? take_socket(ls, line)
			    : strncmp(line, "redis ", 6) == 0 ? take_redis(&h->redis, line)
							      : take_master(h, line);

		if (!fine)
			log_warn("a line of " VARIABLE " is not understood: %s", log_text(str_of(line)));
	}
	h->upgrade = h->report_fd >= 0 && h->predecessor >= 0;
}

/* The path of the unix socket ${fd}, or false. */
static bool
path_of(int fd, char out[LISTEN_ADDRESS_MAX + 1])
{
	struct sockaddr_un sa = { 0 };
	socklen_t len = sizeof(sa);

	if (getsockname(fd, (struct sockaddr *)&sa, &len) != 0 || sa.sun_family != AF_UNIX || sa.sun_path[0] != '/')
		return (false);
	snprintf(out, LISTEN_ADDRESS_MAX + 1, "%.*s", (int)LISTEN_ADDRESS_MAX, sa.sun_path);
	return (true);
}

static bool
is_role_name(struct str name)
{

	return (str_is(name, "check") || str_is(name, "login") || str_is(name, "admin"));
}

/* It is found again by its name, else by its path. One that matches nothing in the configuration is not used. */
static void
take_activated(struct listeners *ls, int fd, struct str name)
{
	struct listener like = { .kind = LISTEN_TCP, .foreign = true };

	if (path_of(fd, like.address))
		like.kind = LISTEN_UNIX;
	else
		snprintf(like.address, sizeof(like.address), "descriptor %d", fd);
	if (is_role_name(name))
		(void)str_copy(like.name, sizeof(like.name), name);
	if (listen_adopt(ls, &like, fd) == NULL)
		log_warn("descriptor %d of the service manager is no listening socket, or one too many", fd);
}

static void
take_all_activated(struct listeners *ls, int n)
{
	const char *env = getenv("LISTEN_FDNAMES");
	struct str names = env == NULL ? STR_NONE : str_of(env);

	for (int fd = FIRST_FD; fd < FIRST_FD + n; fd++) {
		struct str name = names.p == NULL ? STR_NONE : str_cut(&names, ':');

		take_activated(ls, fd, name);
	}
}

void
inherit_take(struct listeners *ls, struct inherited *h)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS"), *own = getenv(VARIABLE);
	char text[INHERIT_TEXT_MAX];
	uint64_t p, n;

	*h = (struct inherited){ .report_fd = -1, .predecessor = -1, .redis = { .pidfd = -1, .life = -1 } };
	/* Not ours if it names another process: somebody before us has forgotten to clear it. */
	if (own == NULL && pid != NULL && count != NULL && str_to_u64(str_of(pid), INT32_MAX, &p) && (pid_t)p == getpid() &&
	    str_to_u64(str_of(count), LISTENERS_MAX, &n))
		take_all_activated(ls, (int)n);
	if (own != NULL && str_copy(text, sizeof(text), str_of(own)))
		take_over(ls, h, text);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	unsetenv(VARIABLE);
}
