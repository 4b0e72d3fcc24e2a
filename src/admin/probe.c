/* SPDX-License-Identifier: ISC */
/*
 * Looks at the workers' sockets from outside, as a front would: is the path still ours, can it be connected to, does somebody
 * take the connection?
 *
 * A look connects without waiting, says at once that nothing will be sent, and waits for the end: a worker that takes such a
 * connection closes it, and counts no request. That is what a worker does for whoever it serves, so an end within
 * PROBE_PATIENCE proves that the queue drains; whether a request can be answered the breakers and the watchdog know.
 *
 * One connection a socket at a time, kept until somebody takes it: a queue that stands still gets one longer, not one every two
 * seconds. States of a look: idle (fd -1), under way (fd), and full (fd -1, ${since} set: the queue had no room).
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <unistd.h>

#include "admin/numbers.h"
#include "base/log.h"

#include "admin/probe.h"

struct probe {
	int fd;            /* + 1, so that zeroed memory is nobody's descriptor 0 */
	bool asked;        /* said that nothing will come */
	int64_t since;     /* since when nobody has taken us; 0 = taken */
	int64_t at;        /* of the next look */
	unsigned failures; /* in a row */
};

static struct probe probes[BOARD_ROLES][CHILD_LISTEN_MAX];

static void
end(struct probe *p, int64_t now, bool failed)
{

	if (p->fd > 0)
		close(p->fd - 1);
	p->fd = 0;
	p->since = 0;
	p->at = now + PROBE_PERIOD;
	p->failures = failed ? p->failures + 1 : 0;
}

/* Whether the path still leads to what the master bound. Who may not look at it cannot say that it does not. */
static bool
is_in_place(const struct board_socket *s)
{
	const struct sockaddr_un *sun = (const struct sockaddr_un *)&s->address;
	struct stat st;

	if (s->ino == 0)
		return (true);
	if (lstat(sun->sun_path, &st) != 0)
		return (errno != ENOENT && errno != ENOTDIR);
	return ((uint64_t)st.st_dev == s->dev && (uint64_t)st.st_ino == s->ino);
}

/* Shutting down a TCP connection that is not made yet would end it: it waits in a full queue, and so do we. */
static void
ask(struct probe *p)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	if (!p->asked && getpeername(p->fd - 1, (struct sockaddr *)&peer, &len) == 0)
		p->asked = shutdown(p->fd - 1, SHUT_WR) == 0;
}

static void
begin(struct probe *p, const struct board_socket *s, int64_t now)
{
	int fd, why;

	if (!is_in_place(s)) {
		end(p, now, true);
		return;
	}
	if ((fd = socket(s->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0) {
		p->at = now + PROBE_PERIOD; /* our own lack says nothing of them */
		return;
	}
	p->fd = fd + 1;
	p->asked = false;
	why = connect(fd, (const struct sockaddr *)&s->address, s->length) == 0 ? 0 : errno;
	if (why != 0 && why != EINPROGRESS && why != EAGAIN) {
		end(p, now, why != EACCES && why != EPERM);
		return;
	}
	if (why == EAGAIN) { /* the queue of a unix socket is full */
		close(fd);
		p->fd = 0;
	} else {
		ask(p);
	}
	p->since = p->since == 0 ? now : p->since;
	p->at = now + PROBE_PERIOD;
}

static void
look(struct probe *p, const struct board_socket *s, int64_t now)
{

	if (p->fd == 0) {
		begin(p, s, now);
	} else if (!is_in_place(s)) {
		end(p, now, true);
	} else {
		ask(p);
		p->at = now + PROBE_PERIOD;
	}
}

/* The log tells of a change once: whoever reads it at night may know of no health checker. */
static void
tell(const struct board *b, uint32_t role, int64_t now)
{
	static enum probe_verdict told[BOARD_ROLES];
	enum probe_verdict v = probe_of_role(role, now);
	const char *name = b->roles[role].name;

	if (v == told[role])
		return;
	told[role] = v;
	if (v == PROBE_UNREACHABLE)
		log_warn("the socket of a pool was closed, deleted or replaced, a restart makes it anew pool=%s", name);
	else if (v == PROBE_STALLED)
		log_warn("no process takes connections out of the queue of a pool pool=%s", name);
	else
		log_info("the socket of a pool is served again pool=%s", name);
}

void
probe_tick(const struct board *b, int64_t now)
{

	for (uint32_t r = 0; numbers_role(b, r); r++) {
		for (uint32_t i = 0; numbers_serves(b, r) && i < CHILD_LISTEN_MAX; i++) {
			struct probe *p = &probes[r][i];

			if (i >= b->roles[r].n_sockets || b->roles[r].sockets[i].length == 0)
				end(p, now, false);
			else if (now >= p->at)
				look(p, &b->roles[r].sockets[i], now);
		}
		tell(b, r, now);
	}
}

size_t
probe_poll(struct pollfd *fds)
{
	size_t n = 0;

	for (size_t r = 0; r < BOARD_ROLES; r++)
		for (size_t i = 0; i < CHILD_LISTEN_MAX; i++)
			if (probes[r][i].fd > 0)
				fds[n++] = (struct pollfd){ .fd = probes[r][i].fd - 1, .events = POLLIN };
	return (n);
}

static struct probe *
probe_of(int fd)
{

	for (size_t r = 0; r < BOARD_ROLES; r++)
		for (size_t i = 0; i < CHILD_LISTEN_MAX; i++)
			if (probes[r][i].fd == fd + 1)
				return (&probes[r][i]);
	return (NULL);
}

/* An end: somebody has taken the connection. An error: it was refused, or its listener has gone; the next look tells. */
void
probe_hear(const struct pollfd *fds, size_t n, int64_t now)
{

	for (size_t i = 0; i < n; i++) {
		struct probe *p = fds[i].revents == 0 ? NULL : probe_of(fds[i].fd);

		if (p != NULL)
			end(p, now, (fds[i].revents & POLLERR) != 0);
	}
}

int64_t
probe_next(void)
{
	int64_t next = INT64_MAX;

	for (size_t r = 0; r < BOARD_ROLES; r++)
		for (size_t i = 0; i < CHILD_LISTEN_MAX; i++)
			if (probes[r][i].at > 0 && probes[r][i].at < next)
				next = probes[r][i].at;
	return (next);
}

static enum probe_verdict
verdict(const struct probe *p, int64_t now)
{

	if (p->failures >= PROBE_FAILURES)
		return (PROBE_UNREACHABLE);
	return (p->since != 0 && now - p->since >= PROBE_PATIENCE ? PROBE_STALLED : PROBE_FINE);
}

enum probe_verdict
probe_of_role(uint32_t role, int64_t now)
{
	enum probe_verdict worst = PROBE_FINE, v;

	for (size_t i = 0; i < CHILD_LISTEN_MAX && role < BOARD_ROLES; i++)
		if ((v = verdict(&probes[role][i], now)) > worst)
			worst = v;
	return (worst);
}

void
probe_close(void)
{

	for (size_t r = 0; r < BOARD_ROLES; r++)
		for (size_t i = 0; i < CHILD_LISTEN_MAX; i++)
			end(&probes[r][i], 0, false);
}
