/* SPDX-License-Identifier: ISC */
/*
 * One connection to one Redis. Opening it takes one round trip after the connect: AUTH, SELECT, TIME and the questions of a
 * look (store/look.h) go out in one piece. A server that is no master is left at once; what else the look found is entered
 * for all processes (store/node.h) and is the caller's to heed. The epoch of the node is read before the connect, so that a
 * connection that was being made while somebody declared all void is void too.
 */
#include <sys/socket.h>
#include <sys/time.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/redis_url.h"
#include "base/resolve.h"
#include "base/str.h"
#include "doorward/config.h"
#include "store/args.h"
#include "store/auth_command.h"
#include "store/meaning.h"
#include "store/node.h"
#include "store/sentinel.h"
#include "store/warn.h"

#include "store/conn.h"

#define TIME_SAMPLE_MS 1000 /* how old the clock offset may be: quartz drifts less, but clocks are set */
#define ROLE_SAMPLE_MS 1000 /* how old the knowledge may be that this is the master */
#define TIMEOUT_MIN_MS 1
#define LATE_READS 256 /* of 16 KiB: what a socket may have taken in when its time is up */
#define WHY_MAX 160

struct conn {
	const struct config *conf;
	struct redis_url url;
	struct redis_host at; /* the server that was connected to last; "" = none, or the unix socket of url */
	redisContext *c;
	size_t tries; /* to connect; each with another one of a cluster's nodes */
	bool slow;
	int64_t offset_ms;
	int64_t asked_ms, sampled_ms; /* monotonic */
	struct look look;
	int64_t role_ms;        /* mono: when ROLE was last asked */
	struct node *node, own; /* what all processes know of this server; our own where there is no board */
	uint32_t epoch;         /* of the node, when this connection was made */
	char why[WHY_MAX];      /* the last failure, in an operator's words */
};

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

static struct timeval
timeval_of(int64_t ms)
{

	if (ms < TIMEOUT_MIN_MS)
		ms = TIMEOUT_MIN_MS; /* 0 would mean for ever */
	return ((struct timeval){ .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 });
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
	else
		snprintf(c->why, sizeof(c->why), "%s%s", connecting ? "cannot connect to redis.url: " : "",
		    c->c == NULL                 ? "out of memory"
		    : c->c->err == REDIS_ERR_EOF ? "it closed the connection"
						 : c->c->errstr);
}

/* Closes the connection after a failure and remembers whether it was one of time. */
static bool
lost(struct conn *c, bool connecting)
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
		(void)redisSetTimeout(c->c, timeval_of(c->conf->redis_command_timeout + ms));
}

struct redisReply *
conn_buffered(struct conn *c)
{
	void *r = NULL;

	if (c->c != NULL && redisGetReplyFromReader(c->c, &r) != REDIS_OK)
		lost(c, false);
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
			return (lost(c, false));
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
		lost(c, false);
		return (NULL);
	}
}

/* Takes one reply of the greeting, which must not be an error. */
static bool
greeted(struct conn *c, const char *doing, int64_t deadline, bool is_time)
{
	redisReply *r = conn_read(c, deadline);
	bool good;

	if (r == NULL)
		return (false);
	good = r->type != REDIS_REPLY_ERROR;
	if (!good)
		snprintf(c->why, sizeof(c->why), "it refused %s", doing);
	if (!good && warn_due(WARN_GREETING))
		log_error("Redis refused the connection doing=%s error=%s", doing, log_text(meaning_text(r)));
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

/* Leaves a server that is no master: what it answered is not looked at. */
static bool
demoted(struct conn *c)
{

	snprintf(c->why, sizeof(c->why), "it is not a master, its role is %s", c->look.role);
	c->slow = false;
	conn_close(c);
	return (false);
}

/* Not of a server that somebody has left meanwhile: two that answered in turn would each be taken for a new one. */
static void
enter(struct conn *c)
{

	if (c->node != NULL && conn_is_current(c))
		node_enter(c->node, &c->look, c->conf);
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
	enter(c);
	return ((l.faults & LOOK_UNUSABLE) == 0 || demoted(c));
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
	char ignored[WHY_MAX];

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
		c->c = redisConnectWithTimeout(list->address[i], c->at.port, timeval_of(share));
		if (c->c != NULL && c->c->err == 0)
			return (true);
	}
	return (lost(c, true));
}

static bool
not_resolved(struct conn *c, int error)
{

	c->slow = error == EAI_INPROGRESS;
	snprintf(c->why, sizeof(c->why), "cannot connect to redis.url: %.60s: %s", c->at.name, resolve_error(error));
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
		c->c = redisConnectUnixWithTimeout(c->url.path, timeval_of(deadline - clock_mono_ms()));
		return ((c->c != NULL && c->c->err == 0) || lost(c, true));
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
	tv = timeval_of(clock_earlier(deadline - clock_mono_ms(), c->conf->redis_command_timeout));
	if (redisSetTimeout(c->c, tv) != REDIS_OK || !greet(c, deadline)) {
		conn_close(c);
		return (false);
	}
	return (redisSetTimeout(c->c, timeval_of(c->conf->redis_command_timeout)) == REDIS_OK || lost(c, false));
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
	enter(c);
	conn_void(c);
	return (demoted(c));
}

void
conn_void(struct conn *c)
{

	if (c->node != NULL && node_void(c->node, c->epoch))
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
