/* SPDX-License-Identifier: ISC */
/*
 * Making a connection. It takes one round trip after the connect: AUTH, SELECT, TIME and the questions of a look
 * (store/look.h) go out in one piece. A server that is no master is left at once; what else the look found is entered for all
 * processes (store/node.h) and is the caller's to heed. The epoch of the node is read before the connect, so that a connection
 * that was being made while somebody declared all void is void too.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/resolve.h"
#include "doorward/config.h"
#include "store/args.h"
#include "store/auth_command.h"
#include "store/meaning.h"
#include "store/node.h"
#include "store/sentinel.h"
#include "store/warn.h"

#include "store/conn_state.h"

/* Takes one reply of the greeting, which must not be an error. */
static bool
greeted(struct conn *c, const char *doing, int64_t deadline, bool is_time)
{
	const char *hint = strcmp(doing, "AUTH") == 0 ? ": see redis.user and redis.password_file" : "";
	redisReply *r = conn_read(c, deadline);
	bool good;

	if (r == NULL)
		return (false);
	good = r->type != REDIS_REPLY_ERROR;
	if (!good)
		snprintf(c->why, sizeof(c->why), "it refused %s%s", doing, hint);
	if (!good && warn_due(WARN_GREETING))
		log_error("Redis refused the connection doing=%s error=%s%s", doing, log_text(meaning_text(r)), hint);
	if (good && is_time)
		conn_take_time(c, r);
	freeReplyObject(r);
	return (good);
}

static bool
queue_look(struct conn *c)
{

	for (size_t i = 0; i < look_questions(c->conf); i++) {
		struct args a;

		look_question(c->conf, i, &a);
		if (a.overflow || !conn_append(c, a.n, (const char **)a.v, a.len))
			return (false);
	}
	c->role_ms = clock_mono_ms();
	return (true);
}

/* All answers are read even if one is no master's: what is not read would be taken for later replies. */
static bool
take_look(struct conn *c, int64_t deadline)
{
	struct look l = { .at = 0 };
	bool good = true;

	for (size_t i = 0; i < look_questions(c->conf) && good; i++) {
		redisReply *r = conn_read(c, deadline);

		good = look_take(&l, c->conf, i, r);
		freeReplyObject(r);
	}
	if (!good) {
		if (conn_is_open(c))
			snprintf(c->why, sizeof(c->why), "it does not say what its role is");
		return (false);
	}
	c->look = l;
	conn_enter(c);
	return ((l.faults & LOOK_UNUSABLE) == 0 || conn_demoted(c));
}

bool
conn_look(struct conn *c, int64_t deadline)
{

	if (c->c != NULL && queue_look(c) && take_look(c, deadline))
		return (true);
	conn_close(c);
	return (false);
}

/* Of a cluster's nodes any will do, also a replica: for what they all know, or tell. */
static bool
is_looked_at(const struct conn *c)
{

	return (c->url.kind != REDIS_CLUSTER);
}

static bool
greet(struct conn *c, int64_t deadline)
{
	bool auth = c->conf->redis_password_file[0] != '\0';
	char db[16];
	const char *select[2] = { "SELECT", db };

	snprintf(db, sizeof(db), "%d", c->url.database);
	if (auth && !auth_command_send(c->c->fd, c->conf->redis_user, "redis.password_file", c->conf->redis_password_file))
		return (false);
	if ((c->url.database != 0 && !conn_append(c, 2, select, NULL)) || !conn_ask_time(c) ||
	    (is_looked_at(c) && !queue_look(c)))
		return (false);
	return ((!auth || greeted(c, "AUTH", deadline, false)) &&
		(c->url.database == 0 || greeted(c, "SELECT", deadline, false)) && greeted(c, "TIME", deadline, true) &&
		(!is_looked_at(c) || take_look(c, deadline)));
}

/*
 * Where the server is. Sentinels are asked each time: what one said before is no reason to believe it now. Who is behind an
 * answer that somebody of this host knows to be out of date is not connected to.
 */
static bool
find(struct conn *c, int64_t deadline)
{
	struct sentinel_answer found;

	if (c->url.kind != REDIS_SENTINEL) {
		c->at = c->url.hosts[c->url.kind == REDIS_CLUSTER ? c->tries++ % c->url.n : 0];
		return (true);
	}
	c->slow = false;
	if (!sentinel_find(c->conf, &c->url, deadline, &found, c->why, sizeof(c->why))) {
		if (c->node != NULL && warn_due(WARN_CONNECTION))
			log_warn("Redis cannot be found: %s", c->why);
		return (false);
	}
	c->at = found.master;
	if (c->node == NULL || node_follow(c->node, found.epoch))
		return (true);
	snprintf(c->why, sizeof(c->why), "the sentinels name a master of before");
	return (false);
}

void
conn_ask_sentinels(struct conn *c, int64_t ms)
{
	struct sentinel_answer found;
	char ignored[CONN_WHY_MAX];

	if (c->url.kind == REDIS_SENTINEL && c->node != NULL && node_ask_due(c->node, ms) &&
	    sentinel_find(c->conf, &c->url, clock_mono_ms() + c->conf->redis_connect_timeout, &found, ignored, sizeof(ignored)))
		(void)node_follow(c->node, found.epoch);
}

/* One address of its name after the other, each with its share of the time that is left. */
static bool
connect_to(struct conn *c, const struct resolved *list, int64_t deadline)
{

	for (size_t i = 0; i < list->n; i++) {
		int64_t share = (deadline - clock_mono_ms()) / (int64_t)(list->n - i);

		conn_close(c);
		errno = 0;
		c->c = redisConnectWithTimeout(list->address[i], c->at.port, conn_timeval(share));
		if (c->c != NULL && c->c->err == 0)
			return (true);
	}
	return (conn_lost(c, true));
}

static bool
not_resolved(struct conn *c, int error)
{

	c->slow = error == EAI_INPROGRESS;
	snprintf(c->why, sizeof(c->why), "cannot connect to %.60s: %s", c->at.name, resolve_error(error));
	if (c->node != NULL && warn_due(WARN_CONNECTION))
		log_warn("Redis cannot be asked: %s", c->why);
	return (false);
}

static bool
reach(struct conn *c, int64_t deadline)
{
	struct resolved list;
	int error;

	if (c->url.kind == REDIS_UNIX) {
		errno = 0;
		c->c = redisConnectUnixWithTimeout(c->url.path, conn_timeval(deadline - clock_mono_ms()));
		return ((c->c != NULL && c->c->err == 0) || conn_lost(c, true));
	}
	if ((error = resolve(c->at.name, deadline, &list)) != 0)
		return (not_resolved(c, error));
	return (connect_to(c, &list, deadline));
}

/* The epoch is read before the connect: if everything is declared void meanwhile, this connection is void too. */
bool
conn_open(struct conn *c, int64_t deadline)
{
	int64_t left = deadline - clock_mono_ms();
	struct timeval tv;
	bool found;

	conn_close(c);
	c->slow = left <= 0;
	if (left <= 0)
		return (false);
	c->look = (struct look){ .at = 0 };
	found = find(c, deadline);
	if (c->node != NULL)
		c->epoch = atomic_load(&c->node->epoch);
	if (!found)
		return (false);
	if (!reach(c, clock_earlier(deadline, clock_mono_ms() + c->conf->redis_connect_timeout)))
		return (false);
	(void)fcntl(c->c->fd, F_SETFD, FD_CLOEXEC);
	if (c->url.kind != REDIS_UNIX)
		(void)redisEnableKeepAlive(c->c);
	/* the connect timeout is not that of commands: it is set apart, and again with every new connection */
	tv = conn_timeval(clock_earlier(deadline - clock_mono_ms(), c->conf->redis_command_timeout));
	if (redisSetTimeout(c->c, tv) != REDIS_OK || !greet(c, deadline)) {
		conn_close(c);
		return (false);
	}
	return (redisSetTimeout(c->c, conn_timeval(c->conf->redis_command_timeout)) == REDIS_OK || conn_lost(c, false));
}
