/* SPDX-License-Identifier: ISC */
/*
 * Connecting, AUTH if there is a password, and commands, each as soon as the socket allows it. A context that has failed is not
 * used again: it is closed here, and a new one is opened by who wants it.
 */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "doorward/config.h"
#include "store/auth_command.h"

#include "store/sentinel_link.h"

/* Returns false. */
static bool
fail(struct sentinel_link *l, const char *why)
{

	snprintf(l->why, sizeof(l->why), "%s", why);
	sentinel_link_close(l);
	return (false);
}

bool
sentinel_link_open(struct sentinel_link *l, const char *address, int port)
{

	*l = (struct sentinel_link){ .c = redisConnectNonBlock(address, port) };
	if (l->c == NULL)
		return (fail(l, "out of memory"));
	if (l->c->err != 0)
		return (fail(l, l->c->errstr));
	(void)fcntl(l->c->fd, F_SETFD, FD_CLOEXEC);
	return (true);
}

void
sentinel_link_close(struct sentinel_link *l)
{

	if (l->c != NULL)
		redisFree(l->c);
	l->c = NULL;
}

bool
sentinel_link_ask(struct sentinel_link *l, int argc, const char **argv)
{

	if (l->c == NULL || redisAppendCommandArgv(l->c, argc, argv, NULL) != REDIS_OK)
		return (fail(l, "out of memory"));
	l->sent = false;
	return (true);
}

int
sentinel_link_fd(const struct sentinel_link *l)
{

	return (l->c == NULL ? -1 : l->c->fd);
}

short
sentinel_link_events(const struct sentinel_link *l)
{

	return (!l->connected || !l->sent ? POLLIN | POLLOUT : POLLIN);
}

static bool
connected(struct sentinel_link *l, const struct config *c)
{
	socklen_t len = sizeof(int);
	int error = 0;

	if (getsockopt(l->c->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0)
		return (fail(l, strerror(error != 0 ? error : errno)));
	(void)redisEnableKeepAlive(l->c);
	l->connected = true;
	l->skip = c->redis_sentinel_password_file[0] != '\0';
	if (l->skip && !auth_command_send(
			   l->c->fd, c->redis_sentinel_user, "redis.sentinel_password_file", c->redis_sentinel_password_file))
		return (fail(l, "redis.sentinel_password_file cannot be sent"));
	return (true);
}

bool
sentinel_link_step(struct sentinel_link *l, const struct config *c, short revents)
{
	int done = 0;

	if (l->c == NULL)
		return (false);
	if (!l->connected && revents != 0 && !connected(l, c))
		return (false);
	if (l->connected && !l->sent && (revents & POLLOUT) != 0) {
		if (redisBufferWrite(l->c, &done) != REDIS_OK)
			return (fail(l, l->c->errstr));
		l->sent = done != 0;
	}
	if ((revents & (POLLIN | POLLERR | POLLHUP)) != 0 && redisBufferRead(l->c) != REDIS_OK)
		return (fail(l, l->c->errstr));
	return (true);
}

struct redisReply *
sentinel_link_reply(struct sentinel_link *l)
{
	void *r = NULL;

	if (l->c == NULL || redisGetReplyFromReader(l->c, &r) != REDIS_OK) {
		(void)(l->c != NULL && fail(l, l->c->errstr));
		return (NULL);
	}
	if (r == NULL || !l->skip)
		return (r);
	l->skip = false;
	if (((redisReply *)r)->type == REDIS_REPLY_ERROR)
		fail(l, "it refuses redis.sentinel_user or the password");
	freeReplyObject(r);
	return (sentinel_link_reply(l));
}
