/* SPDX-License-Identifier: ISC */
/* Names are resolved, and sockets connected, by the same point in time: neither the resolver's nor the kernel's patience
 * counts. */
#include <sys/socket.h>
#include <sys/un.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/resolve.h"

#include "userdb/dial.h"

static int64_t
left(int64_t deadline)
{
	int64_t ms = deadline - clock_mono_ms();

	return (ms > 0 ? ms : 0);
}

static int
failed(const char *what, char *why, size_t whylen)
{

	snprintf(why, whylen, "%s", what);
	return (-1);
}

static bool
is_loopback(const struct sockaddr *sa)
{

	if (sa->sa_family == AF_INET)
		return ((ntohl(((const struct sockaddr_in *)(const void *)sa)->sin_addr.s_addr) >> 24) == 127);
	return (sa->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr));
}

static int
set_blocking(int fd)
{
	int flags = fcntl(fd, F_GETFL), on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* not of a unix socket */
	return (flags < 0 ? -1 : fcntl(fd, F_SETFL, flags & ~O_NONBLOCK));
}

/* Waits until the connection stands. Returns 0, or -1 with errno set. */
static int
finish(int fd, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(errno);
	int rc, error = 0;

	while ((rc = poll(&p, 1, (int)left(deadline))) < 0 && errno == EINTR)
		;
	if (rc > 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0)
		return (0);
	errno = rc == 0 ? ETIMEDOUT : error != 0 ? error : errno;
	return (-1);
}

static int
connect_to(const struct sockaddr *sa, socklen_t len, int64_t deadline, char *why, size_t whylen)
{
	int fd = socket(sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return (failed(strerror(errno), why, whylen));
	if ((connect(fd, sa, len) == 0 || (errno == EINPROGRESS && finish(fd, deadline) == 0)) && set_blocking(fd) == 0)
		return (fd);
	(void)failed(strerror(errno), why, whylen);
	close(fd);
	return (-1);
}

static int
connect_address(const char *address, const char *port, bool loopback, int64_t deadline, char *why, size_t whylen)
{
	static const struct addrinfo numeric = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *a;
	int fd, error = getaddrinfo(address, port, &numeric, &a);

	if (error != 0)
		return (failed(gai_strerror(error), why, whylen));
	if (loopback && !is_loopback(a->ai_addr))
		fd = failed("it is not on this machine, and the connection would not be encrypted", why, whylen);
	else
		fd = connect_to(a->ai_addr, a->ai_addrlen, deadline, why, whylen);
	freeaddrinfo(a);
	return (fd);
}

/* One address after the other; each has its share of the time that is left. */
int
dial_tcp(const char *host, const char *port, bool loopback, int64_t deadline, char *why, size_t whylen)
{
	struct resolved list;
	int error, fd = -1;

	if ((error = resolve(host, deadline, &list)) != 0)
		return (failed(resolve_error(error), why, whylen));
	for (size_t i = 0; i < list.n && fd < 0; i++)
		fd = connect_address(
		    list.address[i], port, loopback, clock_mono_ms() + left(deadline) / (int64_t)(list.n - i), why, whylen);
	return (fd);
}

/* Where its queue is full connect(2) says EAGAIN at once, and there is nothing to wait for. */
int
dial_unix(const char *path, int64_t deadline, char *why, size_t whylen)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(sa.sun_path))
		return (failed("its path is too long", why, whylen));
	strcpy(sa.sun_path, path);
	return (connect_to((const struct sockaddr *)&sa, sizeof(sa), deadline, why, whylen));
}
