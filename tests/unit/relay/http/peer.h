/* SPDX-License-Identifier: ISC */
/* A receiver over plain HTTP in the test's own process, which answers when it is told to. */
#ifndef TEST_PEER_H
#define TEST_PEER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PEER_MAX 128

struct peer_conn {
	int fd; /* -1 = free */
	char in[16384];
	size_t len;
	bool asked; /* a whole request is there */
};

struct peer {
	int listener;
	int port;
	size_t accepted;
	struct peer_conn all[PEER_MAX];
};

static inline void
peer_open(struct peer *p)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);

	memset(p, 0, sizeof(*p));
	p->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->listener < 0 || bind(p->listener, (struct sockaddr *)&a, sizeof(a)) != 0 || listen(p->listener, PEER_MAX) != 0 ||
	    getsockname(p->listener, (struct sockaddr *)&a, &len) != 0)
		abort();
	p->port = ntohs(a.sin_port);
	for (size_t i = 0; i < PEER_MAX; i++)
		p->all[i].fd = -1;
}

static inline void
peer_drop(struct peer_conn *c)
{

	close(c->fd);
	*c = (struct peer_conn){ .fd = -1 };
}

static inline void
peer_close(struct peer *p)
{

	for (size_t i = 0; i < PEER_MAX; i++)
		if (p->all[i].fd >= 0)
			peer_drop(&p->all[i]);
	close(p->listener);
}

static inline bool
peer_is_whole(const struct peer_conn *c)
{
	const char *end = strstr(c->in, "\r\n\r\n"), *length = strstr(c->in, "Content-Length: ");

	return (end != NULL && length != NULL && (size_t)(end + 4 - c->in) + strtoul(length + 16, NULL, 10) <= c->len);
}

/* Accepts and reads what is there. */
static inline void
peer_turn(struct peer *p)
{
	int fd;

	while ((fd = accept4(p->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		size_t i = 0;

		while (i < PEER_MAX && p->all[i].fd >= 0)
			i++;
		if (i == PEER_MAX)
			abort();
		p->all[i].fd = fd;
		p->accepted++;
	}
	for (size_t i = 0; i < PEER_MAX; i++) {
		struct peer_conn *c = &p->all[i];
		ssize_t n = c->fd < 0 || c->asked ? 0 : recv(c->fd, c->in + c->len, sizeof(c->in) - 1 - c->len, 0);

		if (n > 0) {
			c->len += (size_t)n;
			c->in[c->len] = '\0';
			c->asked = peer_is_whole(c);
		}
	}
}

/* Answers, and is ready for the next request over the same connection. */
static inline void
peer_say(struct peer_conn *c, const char *text)
{

	if (send(c->fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		abort();
	c->len = 0;
	c->asked = false;
	c->in[0] = '\0';
}

/* The connection whose request has ${text} in it; NULL if there is none. */
static inline struct peer_conn *
peer_find(struct peer *p, const char *text)
{

	for (size_t i = 0; i < PEER_MAX; i++)
		if (p->all[i].fd >= 0 && p->all[i].asked && strstr(p->all[i].in, text) != NULL)
			return (&p->all[i]);
	return (NULL);
}

#endif
