/* SPDX-License-Identifier: ISC */
/*
 * One connection to one Redis: what goes out and comes in over it, its role, its clock, and why it failed. conn_open.c makes
 * it.
 */
#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "doorward/config.h"
#include "store/conn_state.h"
#include "store/node.h"
#include "store/warn.h"

#include "store/conn.h"

#define TIME_SAMPLE_MS 1000 /* how old the clock offset may be: quartz drifts less, but clocks are set */
#define ROLE_SAMPLE_MS 1000 /* how old the knowledge may be that this is the master */
#define TIMEOUT_MIN_MS 1
#define LATE_READS 256 /* of 16 KiB: what a socket may have taken in when its time is up */

struct conn *
conn_new(const struct config *conf, const char *url, char *err, size_t errlen)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		snprintf(err, errlen, "out of memory");
		return (NULL);
	}
	c->conf = conf;
	c->node = &c->own;
	if (!redis_url_read(url, &c->url)) {
		snprintf(err, errlen, "redis.url is not " REDIS_URL_FORMS);
		free(c);
		return (NULL);
	}
	return (c);
}

void
conn_close(struct conn *c)
{

	if (c->c != NULL)
		redisFree(c->c);
	c->c = NULL;
}

void
conn_free(struct conn *c)
{

	if (c == NULL)
		return;
	conn_close(c);
	free(c);
}

bool
conn_is_open(const struct conn *c)
{

	return (c->c != NULL);
}

struct timeval
conn_timeval(int64_t ms)
{

	if (ms < TIMEOUT_MIN_MS)
		ms = TIMEOUT_MIN_MS; /* 0 would mean for ever */
	return ((struct timeval){ .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 });
}

/* Which server to look at: redis.url may only name those who know it. A path is the log's. */
static void
explain_unreachable(struct conn *c)
{
	bool named = c->url.kind == REDIS_SENTINEL;
	char server[REDIS_SERVER_MAX + 1];

	conn_server(c, server);
	snprintf(c->why, sizeof(c->why), "cannot connect to %.64s%s: %.40s", c->url.kind == REDIS_UNIX ? "redis.url" : server,
	    named ? ", the master by the sentinels" : "", c->c == NULL ? "out of memory" : c->c->errstr);
}

/* Puts the failure into words an operator can act on: which limit was reached and which option sets it. */
static void
explain(struct conn *c, bool connecting, int error)
{
	const struct config *conf = c->conf;

	if (connecting && error == EAGAIN)
		snprintf(c->why, sizeof(c->why), "it takes no more connections");
	else if (connecting && c->slow)
		snprintf(c->why, sizeof(c->why), "no connection within %lld ms (redis.connect_timeout)",
		    (long long)conf->redis_connect_timeout);
	else if (c->slow)
		snprintf(c->why, sizeof(c->why), "no answer within %lld ms (redis.command_timeout)",
		    (long long)conf->redis_command_timeout);
	else if (connecting)
		explain_unreachable(c);
	else
		snprintf(c->why, sizeof(c->why), "%s",
		    c->c == NULL                 ? "out of memory"
		    : c->c->err == REDIS_ERR_EOF ? "it closed the connection"
						 : c->c->errstr);
}

/* Closes the connection after a failure and remembers whether it was one of time. */
bool
conn_lost(struct conn *c, bool connecting)
{
	int error = errno;

	c->slow = error == EAGAIN || error == ETIMEDOUT;
	explain(c, connecting, error);
	if (c->node != NULL && warn_due(WARN_CONNECTION))
		log_warn("Redis cannot be asked: %s", c->why);
	conn_close(c);
	return (false);
}

bool
conn_append(struct conn *c, int argc, const char **argv, const size_t *len)
{

	return (c->c != NULL && redisAppendCommandArgv(c->c, argc, argv, len) == REDIS_OK);
}

void
conn_patience(struct conn *c, int64_t ms)
{

	if (c->c != NULL)
		(void)redisSetTimeout(c->c, conn_timeval(c->conf->redis_command_timeout + ms));
}

struct redisReply *
conn_buffered(struct conn *c)
{
	void *r = NULL;

	if (c->c != NULL && redisGetReplyFromReader(c->c, &r) != REDIS_OK)
		conn_lost(c, false);
	return (r);
}

/* Sends what is queued without waiting for answers; the caller reads them when they come. */
bool
conn_flush(struct conn *c)
{
	int done = 0;

	errno = 0;
	while (c->c != NULL && done == 0)
		if (redisBufferWrite(c->c, &done) != REDIS_OK)
			return (conn_lost(c, false));
	return (c->c != NULL);
}

/* One turn of sending and receiving; the socket's own timeouts bound it. */
static bool
turn(struct conn *c, bool *sent)
{
	int done = 0;

	errno = 0;
	while (!*sent) {
		if (redisBufferWrite(c->c, &done) != REDIS_OK)
			return (false);
		*sent = done != 0;
	}
	return (redisBufferRead(c->c) == REDIS_OK);
}

/* Is there something to read without waiting? On a machine out of breath an answer can be here long before we are. */
static bool
has_arrived(const struct conn *c)
{
	char byte;

	return (recv(c->c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0);
}

/* NULL means that the connection is closed: the stream of replies could not be trusted any more. */
struct redisReply *
conn_read(struct conn *c, int64_t deadline)
{
	struct redisReply *r;
	bool sent = false;
	int late = 0;

	for (;;) {
		if ((r = conn_buffered(c)) != NULL || c->c == NULL)
			return (r);
		/* each byte that trickles in starts the socket's own timeout anew; of what has no end there is always more */
		if (clock_mono_ms() > deadline && (!has_arrived(c) || ++late > LATE_READS))
			errno = ETIMEDOUT;
		else if (turn(c, &sent))
			continue;
		conn_lost(c, false);
		return (NULL);
	}
}

/* Leaves a server that is no master: what it answered is not looked at. */
bool
conn_demoted(struct conn *c)
{

	snprintf(c->why, sizeof(c->why), "it is not a master, its role is %s", c->look.role);
	c->slow = false;
	conn_close(c);
	return (false);
}

/* Not of a server that somebody has left meanwhile: two that answered in turn would each be taken for a new one. */
void
conn_enter(struct conn *c)
{

	if (c->node != NULL && conn_is_current(c))
		node_enter(c->node, &c->look, c->conf);
}

struct node *
conn_node(struct conn *c)
{

	return (c->node != NULL ? c->node : &c->own);
}

void
conn_set_node(struct conn *c, struct node *n)
{

	c->node = n;
}

bool
conn_is_current(const struct conn *c)
{

	return (c->node == NULL || c->epoch == atomic_load_explicit(&c->node->epoch, memory_order_relaxed));
}

const struct look *
conn_seen(const struct conn *c)
{

	return (&c->look);
}

void
conn_server(const struct conn *c, char out[REDIS_SERVER_MAX + 1])
{
	bool v6 = strchr(c->at.name, ':') != NULL;

	if (c->url.kind == REDIS_UNIX)
		snprintf(out, REDIS_SERVER_MAX + 1, "unix:%s", c->url.path);
	else if (c->at.name[0] != '\0')
		snprintf(out, REDIS_SERVER_MAX + 1, v6 ? "[%s]:%d" : "%s:%d", c->at.name, c->at.port);
	else
		out[0] = '\0';
}

const struct redis_host *
conn_host(const struct conn *c)
{

	return (&c->url.hosts[0]);
}

const char *
conn_why(const struct conn *c)
{

	return (c->why);
}

void
conn_refused(struct conn *c, struct str word)
{
	bool disk = str_is(word, "MISCONF");

	snprintf(c->why, sizeof(c->why), "it refuses everything with %.*s%s", (int)word.len, word.p,
	    disk ? ", since it cannot save to its disk: its log says more" : "");
}

bool
conn_role_is_old(const struct conn *c, int64_t mono_ms)
{

	return (mono_ms - c->role_ms >= ROLE_SAMPLE_MS);
}

bool
conn_ask_role(struct conn *c)
{
	const char *argv[1] = { "ROLE" };

	c->role_ms = clock_mono_ms();
	return (conn_append(c, 1, argv, NULL));
}

bool
conn_take_role(struct conn *c, const struct redisReply *r)
{

	if (r == NULL)
		return (true);
	if (look_is_master(&c->look, r)) {
		if (c->node != NULL)
			node_replicas(c->node, c->look.replicas);
		return (true);
	}
	conn_enter(c);
	conn_void(c);
	return (conn_demoted(c));
}

void
conn_void(struct conn *c)
{

	if (c->node != NULL && node_void(c->node, c->epoch) && warn_due(WARN_ANOTHER))
		log_warn("Redis is not the master any more, everybody connects anew");
}

bool
conn_was_slow(const struct conn *c)
{

	return (c->slow);
}

int
conn_fd(const struct conn *c)
{

	return (c->c == NULL ? -1 : c->c->fd);
}

int64_t
conn_offset_ms(const struct conn *c)
{

	return (c->offset_ms);
}

bool
conn_ask_time(struct conn *c)
{
	const char *argv[1] = { "TIME" };

	c->asked_ms = clock_wall_ms();
	c->sampled_ms = clock_mono_ms();
	return (conn_append(c, 1, argv, NULL));
}

static bool
number(const redisReply *r, uint64_t *out)
{

	return (r->type == REDIS_REPLY_STRING && str_to_u64((struct str){ r->str, r->len }, UINT32_MAX, out));
}

void
conn_take_time(struct conn *c, const struct redisReply *r)
{
	uint64_t s, us;

	if (r == NULL || r->type != REDIS_REPLY_ARRAY || r->elements != 2 || !number(r->element[0], &s) ||
	    !number(r->element[1], &us))
		return;
	/* it was read somewhere between our question and now */
	c->offset_ms = (int64_t)(s * 1000 + us / 1000) - (c->asked_ms + clock_wall_ms()) / 2;
}

bool
conn_time_is_old(const struct conn *c, int64_t mono_ms)
{

	return (mono_ms - c->sampled_ms >= TIME_SAMPLE_MS);
}

/* The next question brings the time along. */
void
conn_doubt_time(struct conn *c)
{

	c->sampled_ms = INT64_MIN / 2;
}
