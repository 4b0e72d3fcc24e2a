/* SPDX-License-Identifier: ISC */
/*
 * The resolver has time-outs of its own, which are many times those of a login, and nothing interrupts it: so it is asked in a
 * thread that the C library keeps for that (getaddrinfo_a). A question that is not answered in time goes on there, and whoever
 * asks next waits for the same answer: there is never more than one of them.
 */
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

#include "userdb/dial.h"

static const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };

/* What the thread works on: it must stay where it is until that has ended. */
static struct {
	char host[DIAL_HOST_MAX + 1], port[DIAL_PORT_MAX + 1];
	struct gaicb gaicb;
	bool asked;
} question;

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

static int
ask(const char *host, const char *port)
{
	struct gaicb *list[] = { &question.gaicb };

	snprintf(question.host, sizeof(question.host), "%s", host);
	snprintf(question.port, sizeof(question.port), "%s", port);
	question.gaicb = (struct gaicb){ .ar_name = question.host, .ar_service = question.port, .ar_request = &hints };
	question.asked = getaddrinfo_a(GAI_NOWAIT, list, 1, NULL) == 0;
	return (question.asked ? 0 : -1);
}

/* Waits for the answer. Returns what getaddrinfo(3) would. */
static int
wait_for_answer(int64_t deadline)
{
	const struct gaicb *const list[] = { &question.gaicb };
	int64_t ms;
	int rc;

	while ((rc = gai_error(&question.gaicb)) == EAI_INPROGRESS && (ms = left(deadline)) > 0) {
		const struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

		(void)gai_suspend(list, 1, &ts);
	}
	if (rc != EAI_INPROGRESS)
		question.asked = false;
	return (rc);
}

/* The addresses of ${host}, to be freed. Addresses that are written as such need no thread. */
static int
resolve(const char *host, const char *port, int64_t deadline, struct addrinfo **out)
{
	struct addrinfo numeric = hints;
	int rc;

	numeric.ai_flags |= AI_NUMERICHOST;
	if ((rc = getaddrinfo(host, port, &numeric, out)) != EAI_NONAME)
		return (rc);
	if (question.asked && (strcmp(host, question.host) != 0 || strcmp(port, question.port) != 0)) {
		if ((rc = wait_for_answer(deadline)) == EAI_INPROGRESS)
			return (rc);
		if (rc == 0)
			freeaddrinfo(question.gaicb.ar_result);
	}
	if (!question.asked && ask(host, port) != 0)
		return (EAI_MEMORY);
	rc = wait_for_answer(deadline);
	*out = question.gaicb.ar_result;
	return (rc);
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

/* One address after the other; each has its share of the time that is left. */
static int
connect_any(const struct addrinfo *list, bool loopback, int64_t deadline, char *why, size_t whylen)
{
	int64_t n = 0;
	int fd = -1;

	for (const struct addrinfo *a = list; a != NULL; a = a->ai_next)
		n++;
	for (const struct addrinfo *a = list; a != NULL && fd < 0; a = a->ai_next, n--)
		if (loopback && !is_loopback(a->ai_addr))
			(void)failed("it is not on this machine, and the connection would not be encrypted", why, whylen);
		else
			fd = connect_to(a->ai_addr, a->ai_addrlen, clock_mono_ms() + left(deadline) / n, why, whylen);
	return (fd);
}

int
dial_tcp(const char *host, const char *port, bool loopback, int64_t deadline, char *why, size_t whylen)
{
	struct addrinfo *list = NULL;
	int rc, fd;

	if (strlen(host) > DIAL_HOST_MAX || strlen(port) > DIAL_PORT_MAX)
		return (failed("its name is too long", why, whylen));
	if ((rc = resolve(host, port, deadline, &list)) != 0)
		return (
		    failed(rc == EAI_INPROGRESS ? "its name could not be resolved in time" : gai_strerror(rc), why, whylen));
	fd = connect_any(list, loopback, deadline, why, whylen);
	freeaddrinfo(list);
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
