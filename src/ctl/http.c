/* SPDX-License-Identifier: ISC */
/* A request to the daemon's admin socket: one connection, one answer, read to its end and checked to be whole. */
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "ctl/ctl.h"

#include "ctl/http.h"

#define HTTP_SMALL 4096 /* bytes of an answer that says little */
#define TIMEOUT 5       /* seconds: the daemon answers from memory */

/* With time limits for sending and receiving, so that a daemon that hangs does not hang the tool. */
static int
dial(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = TIMEOUT };
	int fd, saved;

	if (!str_copy(sun.sun_path, sizeof(sun.sun_path), str_of(path))) {
		errno = ENAMETOOLONG;
		return (-1);
	}
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
		return (-1);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) != 0) {
		saved = errno;
		close(fd);
		errno = saved;
		return (-1);
	}
	return (fd);
}

/* Reads to the end. Returns the length, or -1 with errno set. */
static ssize_t
read_all(int fd, char *mem, size_t cap)
{
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, mem + len, cap - len)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return (-1);
		len += (size_t)n;
		if (len == cap) {
			errno = EFBIG;
			return (-1);
		}
	}
	return ((ssize_t)len);
}

/* Sends the request and reads the answer. Returns its length, or -1 with errno set. */
static ssize_t
exchange(const char *path, const char *method, const char *target, char *mem, size_t cap)
{
	int fd = dial(path), n, saved;
	ssize_t len = -1;

	if (fd < 0)
		return (-1);
	n = snprintf(mem, cap,
	    "%s %s HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nContent-Length: 0\r\n"
	    "Connection: close\r\n\r\n",
	    method, target);
	if (fd_write_full(fd, mem, (size_t)n) == 0)
		len = read_all(fd, mem, cap);
	saved = errno;
	close(fd);
	errno = saved;
	return (len);
}

/* Looks through the header lines for what says how long the body is. False if it was cut off or has a form we do not read. */
static bool
is_whole(struct str head, size_t body_len)
{
	uint64_t length;

	while (head.p != NULL) {
		struct str value = str_cut(&head, '\n');
		struct str name = str_cut(&value, ':');

		if (str_is_nocase(name, "Transfer-Encoding"))
			return (false);
		if (value.p != NULL && value.len > 0 && value.p[value.len - 1] == '\r')
			value.len--;
		if (str_is_nocase(name, "Content-Length") &&
		    (!str_to_u64(str_trim(value), UINT32_MAX, &length) || length != body_len))
			return (false);
	}
	return (true);
}

/* Any other program may listen there: the answer is checked before anything of it is shown. */
int
http_get(const char *path, const char *target, char *mem, size_t cap, struct str *body)
{
	ssize_t len = exchange(path, "GET", target, mem, cap);
	const char *end;
	uint64_t status;

	if (len < 0) {
		ctl_say("doorward cannot be reached at %s: %s", path, strerror(errno));
		return (-1);
	}
	end = memmem(mem, (size_t)len, "\r\n\r\n", 4);
	if (end == NULL || len < 12 || memcmp(mem, "HTTP/1.", 7) != 0 || !str_to_u64((struct str){ mem + 9, 3 }, 599, &status))
		goto err0;
	*body = (struct str){ end + 4, (size_t)len - (size_t)(end + 4 - mem) };
	if (!is_whole((struct str){ mem, (size_t)(end - mem) }, body->len))
		goto err0;
	return ((int)status);

err0:
	ctl_say("what answers at %s is not doorward", path);
	return (-1);
}

/* 0: nobody is there. A daemon that does not run has no cache that could be out of date. */
int
http_post(const char *path, const char *target)
{
	char mem[HTTP_SMALL];
	ssize_t len = exchange(path, "POST", target, mem, sizeof(mem));

	if (len < 0)
		return (errno == ENOENT || errno == ECONNREFUSED ? 0 : -1);
	return (len >= 12 && memcmp(mem, "HTTP/1.1 200", 12) == 0 ? 1 : -1);
}

/* Only these two mean that there is no daemon: one that may not be asked is there all the same. */
bool
http_is_up(const char *path)
{
	int fd = dial(path);

	if (fd < 0)
		return (errno != ENOENT && errno != ECONNREFUSED);
	close(fd);
	return (true);
}
