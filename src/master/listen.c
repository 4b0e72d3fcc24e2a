/* SPDX-License-Identifier: ISC */
/*
 * Listening sockets: opening them, finding them again, closing them.
 *
 * A unix socket is bound under a umask, so that its path never has another mode, and the owner is set before listen(2), before
 * anybody could connect. A path in the way is removed only if it is a socket that nobody answers on. A path of ours is removed
 * at the end only if it still has the inode that we bound, and while two masters share a socket (upgrade) neither removes it.
 */
#include <sys/socket.h>
#include <sys/stat.h>

#include <netinet/in.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"

#include "master/listen.h"

#define PORT_MAX 65535

static bool
unix_address(const char *path, struct sockaddr_un *sa)
{

	memset(sa, 0, sizeof(*sa));
	sa->sun_family = AF_UNIX;
	return (str_copy(sa->sun_path, sizeof(sa->sun_path), str_of(path)));
}

/* A connection that is refused, or no file, is a dead socket. Anything else, a full queue for instance, may be alive. */
bool
listen_is_alive(const char *path)
{
	struct sockaddr_un sa;
	int fd, rc, why;

	if (!unix_address(path, &sa))
		return (false);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
		return (true);
	rc = connect(fd, (struct sockaddr *)&sa, sizeof(sa));
	why = errno;
	close(fd);
	return (rc == 0 || (why != ECONNREFUSED && why != ENOENT));
}

/* Makes room at ${path}: removes a socket that nobody listens on, and nothing else. */
static int
clear_path(const char *path, char *err, size_t errlen)
{
	struct stat st;

	if (lstat(path, &st) != 0) {
		if (errno == ENOENT)
			return (0);
		snprintf(err, errlen, "cannot look at %s: %s", path, strerror(errno));
		return (-1);
	}
	if (!S_ISSOCK(st.st_mode)) {
		snprintf(err, errlen, "%s is in the way: it is not a socket", path);
		return (-1);
	}
	if (listen_is_alive(path)) {
		snprintf(err, errlen, "another process listens on %s", path);
		return (-1);
	}
	if (unlink(path) != 0 && errno != ENOENT) {
		snprintf(err, errlen, "cannot remove the dead socket %s: %s", path, strerror(errno));
		return (-1);
	}
	return (0);
}

/*
 * bind(2) gives the path its mode by way of the umask, so that it never has another one; nobody can connect before
 * listen(2), so the owner comes in time.
 */
static int
bind_unix(struct listener *l, const struct listen_spec *spec)
{
	struct sockaddr_un sa;
	struct stat st;
	mode_t old;
	int rc;

	(void)unix_address(spec->address, &sa); /* the length was checked */
	old = umask(~spec->mode & 0777);
	rc = bind(l->fd, (struct sockaddr *)&sa, sizeof(sa));
	umask(old);
	if (rc != 0)
		return (-1);
	if (lstat(spec->address, &st) != 0)
		return (-1);
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	if ((spec->uid != (uid_t)-1 || spec->gid != (gid_t)-1) && lchown(spec->address, spec->uid, spec->gid) != 0)
		return (-1);
	return (listen(l->fd, spec->backlog));
}

static int
open_unix(struct listener *l, const struct listen_spec *spec, char *err, size_t errlen)
{

	if (clear_path(spec->address, err, errlen) != 0)
		return (-1);
	if ((l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) >= 0 && bind_unix(l, spec) == 0)
		return (0);
	snprintf(err, errlen, "cannot listen on %s: %s", spec->address, strerror(errno));
	return (-1);
}

/* Parses "a.b.c.d:port" or "[v6]:port"; names are not looked up. Returns the length of the address, 0 if it is none. */
static socklen_t
tcp_address(const char *text, struct sockaddr_storage *ss)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ss;
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN];
	uint64_t port;
	bool bracketed = text[0] == '[';
	struct str h;

	memset(ss, 0, sizeof(*ss));
	if (colon == NULL || !str_to_u64(str_of(colon + 1), PORT_MAX, &port))
		return (0);
	h = (struct str){ text, (size_t)(colon - text) };
	if (bracketed && (h.len < 2 || h.p[h.len - 1] != ']'))
		return (0);
	if (bracketed)
		h = (struct str){ h.p + 1, h.len - 2 };
	if (!str_copy(host, sizeof(host), h))
		return (0);
	if (!bracketed && inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		return (sizeof(*v4));
	}
	if (bracketed && inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		return (sizeof(*v6));
	}
	return (0);
}

/* SO_REUSEADDR: a restart must not wait for connections of the last run to be forgotten. */
static int
open_tcp(struct listener *l, const struct listen_spec *spec, char *err, size_t errlen)
{
	struct sockaddr_storage ss;
	socklen_t len = tcp_address(spec->address, &ss);
	int on = 1;

	if (len == 0) {
		snprintf(err, errlen, "%s is not an address and port", spec->address);
		return (-1);
	}
	if ((l->fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) >= 0 &&
	    setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    bind(l->fd, (struct sockaddr *)&ss, len) == 0 && listen(l->fd, spec->backlog) == 0)
		return (0);
	snprintf(err, errlen, "cannot listen on %s: %s", spec->address, strerror(errno));
	return (-1);
}

static int
open_inherited(struct listener *l, const struct listen_spec *spec, char *err, size_t errlen)
{

	if ((l->fd = fcntl(spec->fd, F_DUPFD_CLOEXEC, 3)) >= 0 && fd_nonblocking(l->fd) == 0)
		return (0);
	snprintf(err, errlen, "cannot take over the inherited socket: %s", strerror(errno));
	return (-1);
}

/* A socket of the service manager with this name comes first, whatever its address. */
static struct listener *
find(struct listeners *ls, const struct listen_spec *spec)
{

	for (size_t i = 0; spec->name != NULL && i < LISTENERS_MAX; i++)
		if (ls->all[i].kind != 0 && strcmp(ls->all[i].name, spec->name) == 0)
			return (&ls->all[i]);
	for (size_t i = 0; i < LISTENERS_MAX; i++)
		if (ls->all[i].kind == spec->kind && strcmp(ls->all[i].address, spec->address) == 0)
			return (&ls->all[i]);
	return (NULL);
}

/* Slots of a fixed table: pointers to them stay valid for the life of the master. */
static struct listener *
take_free(struct listeners *ls)
{

	for (size_t i = 0; i < LISTENERS_MAX; i++)
		if (ls->all[i].kind == 0)
			return (&ls->all[i]);
	return (NULL);
}

static int
open_one(struct listener *l, const struct listen_spec *spec, char *err, size_t errlen)
{

	switch (spec->kind) {
	case LISTEN_UNIX:
		return (open_unix(l, spec, err, errlen));
	case LISTEN_TCP:
		return (open_tcp(l, spec, err, errlen));
	default:
		return (open_inherited(l, spec, err, errlen));
	}
}

/*
 * An open socket keeps its path's mode and owner: to change them under a running front is not worth a window in which
 * they are wrong.
 */
static void
warn_of_changes(const struct listener *l, const struct listen_spec *spec)
{

	if (l->kind == LISTEN_UNIX && !l->foreign && (l->mode != spec->mode || l->uid != spec->uid || l->gid != spec->gid))
		log_warn("mode and owner of %s change at the next restart", l->address);
}

struct listener *
listen_open(struct listeners *ls, const struct listen_spec *spec, char *err, size_t errlen)
{
	struct listener *l = find(ls, spec);

	if (l != NULL) {
		warn_of_changes(l, spec);
		return (l);
	}
	if ((l = take_free(ls)) == NULL || strlen(spec->address) > LISTEN_ADDRESS_MAX) {
		snprintf(
		    err, errlen, l == NULL ? "too many sockets: %s" : "the path is too long for a socket: %s", spec->address);
		return (NULL);
	}
	*l = (struct listener){ .fd = -1, .mode = spec->mode, .uid = spec->uid, .gid = spec->gid };
	snprintf(l->address, sizeof(l->address), "%s", spec->address);
	if (open_one(l, spec, err, errlen) != 0) {
		l->kind = l->ino != 0 ? LISTEN_UNIX : LISTEN_TCP; /* bound, but no more: remove the path again */
		listen_close(l);
		return (NULL);
	}
	l->kind = spec->kind;
	return (l);
}

struct listener *
listen_adopt(struct listeners *ls, const struct listener *like, int fd)
{
	struct listener *l = take_free(ls);

	if (l == NULL || !fd_is_listening(fd) || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fd_nonblocking(fd) != 0)
		return (NULL);
	*l = *like;
	l->fd = fd;
	return (l);
}

void
listen_share(struct listeners *ls, bool shared)
{

	for (size_t i = 0; i < LISTENERS_MAX; i++)
		ls->all[i].shared = shared;
}

static bool
is_ours_to_unlink(const struct listener *l)
{
	struct stat st;

	return (l->kind == LISTEN_UNIX && !l->foreign && !l->shared && lstat(l->address, &st) == 0 && st.st_dev == l->dev &&
		st.st_ino == l->ino);
}

/* The open socket holds the inode, so its number is not another file's before it is closed: compare first. */
void
listen_close(struct listener *l)
{

	if (is_ours_to_unlink(l))
		unlink(l->address);
	if (l->fd >= 0)
		close(l->fd);
	*l = (struct listener){ .fd = -1 };
}

void
listen_close_all(struct listeners *ls)
{

	for (size_t i = 0; i < LISTENERS_MAX; i++)
		if (ls->all[i].kind != 0)
			listen_close(&ls->all[i]);
}

void
listen_check_backlog(int backlog)
{
	char text[32];
	uint64_t max;
	ssize_t n = -1;
	int fd = open("/proc/sys/net/core/somaxconn", O_RDONLY | O_CLOEXEC);

	/* Not fd_read_file(): files of /proc have no size. */
	if (fd >= 0) {
		n = read(fd, text, sizeof(text));
		close(fd);
	}
	if (n > 0 && str_to_u64((struct str){ text, (size_t)n - 1 }, INT32_MAX, &max) && (uint64_t)backlog > max)
		log_warn("listen.backlog is %d, but the kernel allows %d: raise net.core.somaxconn", backlog, (int)max);
}
