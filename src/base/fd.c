/* SPDX-License-Identifier: ISC */
/*
 * Files and descriptors: reads and writes that go on after a signal, descriptors sent through a socket, files read whole, files
 * replaced whole.
 *
 * A file is replaced in four steps: write a new one beside it, sync it, rename it over the old name, sync the directory. A
 * crash at any moment leaves either the old content or the new, never a half of it.
 */
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#include "base/fd.h"

int
fd_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return (flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK));
}

/* An end of file before ${n} bytes is an error too; errno 0 tells it from the others. */
int
fd_read_full(int fd, void *p, size_t n)
{
	char *at = p;

	while (n > 0) {
		ssize_t got = read(fd, at, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			if (got == 0)
				errno = 0;
			return (-1);
		}
		at += got;
		n -= (size_t)got;
	}
	return (0);
}

int
fd_write_full(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n > 0) {
		ssize_t put = write(fd, at, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return (-1);
		at += put;
		n -= (size_t)put;
	}
	return (0);
}

/* Room for one descriptor, aligned as the kernel wants it. */
union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int))];
};

/* One byte of data goes along, since a descriptor cannot be sent alone; it says what the descriptor is for. */
int
fd_send(int channel, char what, int fd)
{
	struct iovec byte = { &what, 1 };
	union control c = { .room = { 0 } };
	struct msghdr m = { .msg_iov = &byte, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c) };

	c.head = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int)) };
	memcpy(CMSG_DATA(&c.head), &fd, sizeof(fd));
	return (sendmsg(channel, &m, MSG_DONTWAIT | MSG_NOSIGNAL) == 1 ? 0 : -1);
}

/* A message that carries no descriptor, or more than one, is not ours: it is refused rather than guessed at. */
int
fd_receive(int channel, char *what)
{
	struct iovec byte = { what, 1 };
	union control c;
	struct msghdr m = { .msg_iov = &byte, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c) };
	struct cmsghdr *head;
	int fd;

	if (recvmsg(channel, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1 || (head = CMSG_FIRSTHDR(&m)) == NULL ||
	    head->cmsg_type != SCM_RIGHTS || head->cmsg_len != CMSG_LEN(sizeof(int)))
		return (-1);
	memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	return (fd);
}

/* Asks the kernel instead of believing an environment variable that anybody may have set. */
bool
fd_is_listening(int fd)
{
	int on = 0;
	socklen_t len = sizeof(on);

	return (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == 0 && on != 0);
}

/* Reads what is in ${fd}, a file of ${st}, and closes it. */
static ssize_t
read_and_close(int fd, const struct stat *st, char *out, size_t cap)
{
	ssize_t len = -1;

	if (st->st_size < 0 || (size_t)st->st_size >= cap)
		errno = EFBIG;
	else if (fd_read_full(fd, out, (size_t)st->st_size) == 0)
		len = (ssize_t)st->st_size;
	close(fd);
	if (len >= 0)
		out[len] = '\0';
	return (len);
}

/*
 * O_NONBLOCK: opening a FIFO would otherwise wait for its writer. The mode is that of the descriptor, not of the name, so that
 * the file cannot be exchanged between the look and the reading.
 */
static ssize_t
read_file(const char *path, char *out, size_t cap, mode_t forbidden)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return (-1);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (st.st_mode & forbidden) != 0) {
		close(fd);
		errno = EPERM;
		return (-1);
	}
	return (read_and_close(fd, &st, out, cap));
}

ssize_t
fd_read_file(const char *path, char *out, size_t cap)
{

	return (read_file(path, out, cap, 0));
}

/* A secret that group or others could read is refused, not used with a warning. */
ssize_t
fd_read_secret(const char *path, char *out, size_t cap)
{

	return (read_file(path, out, cap, S_IRWXG | S_IRWXO));
}

/* Of a path without a slash, the current directory; of one directly below the root, the root. */
static int
open_directory_of(const char *path)
{
	char dir[PATH_MAX];
	size_t len = 0;

	for (size_t i = 0; path[i] != '\0' && i < sizeof(dir) - 1; i++)
		if ((dir[i] = path[i]) == '/')
			len = i == 0 ? 1 : i;
	if (len == 0)
		dir[len++] = '.';
	dir[len] = '\0';
	return (open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

/* Writes the new file beside the old one. Returns 0, or -1 with errno set and nothing left behind. */
static int
write_beside(const char *temp, const void *p, size_t n, mode_t mode)
{
	int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode), saved;

	if (fd < 0)
		return (-1);
	if (fchmod(fd, mode) != 0 || fd_write_full(fd, p, n) != 0 || fsync(fd) != 0)
		goto err1;
	if (close(fd) != 0)
		goto err0;
	return (0);

err1:
	saved = errno;
	close(fd);
	errno = saved;
err0:
	saved = errno;
	unlink(temp);
	errno = saved;
	return (-1);
}

/*
 * The rename is only durable once the directory is. What fails after it took place is no failure of the call: the new
 * content is there, and a caller that took -1 for "nothing has happened" would be wrong.
 */
int
fd_write_file(const char *path, const void *p, size_t n, mode_t mode)
{
	char temp[PATH_MAX];
	int dir, saved;

	if (snprintf(temp, sizeof(temp), "%s.new.%d", path, (int)getpid()) >= (int)sizeof(temp)) {
		errno = ENAMETOOLONG;
		return (-1);
	}
	if ((dir = open_directory_of(path)) < 0)
		return (-1);
	if (write_beside(temp, p, n, mode) != 0)
		goto err0;
	if (rename(temp, path) != 0)
		goto err1;
	if (fsync(dir) != 0)
		log_warn("%s is written, but may not outlive a power cut: its directory cannot be synced: %s", path,
		    strerror(errno));
	close(dir);
	return (0);

err1:
	saved = errno;
	unlink(temp);
	errno = saved;
err0:
	saved = errno;
	close(dir);
	errno = saved;
	return (-1);
}
