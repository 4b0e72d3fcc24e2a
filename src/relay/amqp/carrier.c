/* SPDX-License-Identifier: ISC */
/*
 * A parcel is a message on its way. It goes from the owner's hand to ${waiting}, from there to the thread's own ${sent} when it
 * was given to the broker, and with the broker's confirm to ${ended}, where the owner finds it. The lock covers the two lists
 * that both see and the socket's number, for moments; eventfds wake the other side.
 *
 * The thread waits for the broker where librabbitmq makes it wait. Each of these waits is bounded but one: sending to a broker
 * that does not read. The owner sees by the age of the oldest parcel that nothing goes on, and shuts the socket down, which
 * ends every wait for it. Nothing is lost by that: what was not confirmed is said to be undelivered, and comes again.
 *
 * The thread writes no log: it tells in words, which the owner hands on.
 */
#include <sys/queue.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/aside.h"
#include "base/clock.h"
#include "base/str.h"

#include "relay/amqp/carrier.h"

#define CLOSE_WAIT_S 3
/* What a parcel may take at the most: a connection made for it, and its confirm. Then whoever waits is freed. */
#define PARCEL_MS (CARRIER_CONFIRM_MS + 2 * BROKER_CONNECT_MS)

struct parcel {
	STAILQ_ENTRY(parcel) next; /* in one of the thread's and the owner's lists */
	TAILQ_ENTRY(parcel) older; /* in ${under_way} */
	void *of;
	uint64_t tag;  /* the number of its confirm */
	int64_t taken; /* mono, ms: by the owner, then by the broker */
	int64_t given;
	enum sink_outcome outcome;
	char error[BROKER_ERROR_MAX];
	struct broker_message m; /* its texts follow the parcel */
	char text[];
};

STAILQ_HEAD(parcels, parcel);

struct carrier {
	struct broker_conf *conf;
	pthread_t thread;
	pthread_mutex_t lock;
	int wake_thread, wake_owner; /* eventfds */
	/* under the lock */
	struct parcels waiting, ended;
	int fd; /* of the connection, to be shut down; -1 = none */
	bool leave;
	bool left;   /* the thread is through */
	bool orphan; /* the owner is gone: who is last frees everything */
	/* the owner's */
	TAILQ_HEAD(, parcel) under_way;
	size_t n;
	int64_t cut; /* mono, ms: when the connection was cut last */
	/* the thread's */
	struct broker *broker;
	struct parcels sent;
	bool news; /* for the owner */
	uint64_t tag;
	int64_t retry_at;
	char error[BROKER_ERROR_MAX]; /* why there is no connection */
};

static void
end_parcel(struct carrier *c, struct parcel *p, enum sink_outcome outcome, const char *error)
{

	p->outcome = outcome;
	(void)str_copy(p->error, sizeof(p->error), str_of(error));
	pthread_mutex_lock(&c->lock);
	STAILQ_INSERT_TAIL(&c->ended, p, next);
	pthread_mutex_unlock(&c->lock);
	c->news = true;
}

/* --- the thread */

static void
note_socket(void *arg, int fd)
{
	struct carrier *c = arg;

	pthread_mutex_lock(&c->lock);
	c->fd = fd;
	if (c->leave && fd >= 0)
		shutdown(fd, SHUT_RDWR);
	pthread_mutex_unlock(&c->lock);
}

static struct parcel *
next_waiting(struct carrier *c)
{
	struct parcel *p;

	pthread_mutex_lock(&c->lock);
	if ((p = STAILQ_FIRST(&c->waiting)) != NULL)
		STAILQ_REMOVE_HEAD(&c->waiting, next);
	pthread_mutex_unlock(&c->lock);
	return (p);
}

static void
fail_all(struct carrier *c)
{
	struct parcel *p;

	while ((p = STAILQ_FIRST(&c->sent)) != NULL) {
		STAILQ_REMOVE_HEAD(&c->sent, next);
		end_parcel(c, p, SINK_RETRY, c->error);
	}
	while ((p = next_waiting(c)) != NULL)
		end_parcel(c, p, SINK_RETRY, c->error);
}

/* ${c}->error says why. */
static void
disconnect(struct carrier *c)
{

	if (c->broker != NULL)
		broker_close(c->broker);
	c->broker = NULL;
	c->retry_at = clock_mono_ms() + CARRIER_RETRY_MS;
	fail_all(c);
}

static void
connect_broker(struct carrier *c)
{

	c->tag = 0;
	if ((c->broker = broker_connect(c->conf, note_socket, c, c->error)) == NULL)
		disconnect(c);
}

/* Gives the broker what waits. */
static bool
send_waiting(struct carrier *c)
{
	struct parcel *p;

	while ((p = next_waiting(c)) != NULL) {
		p->tag = ++c->tag;
		p->given = clock_mono_ms();
		STAILQ_INSERT_TAIL(&c->sent, p, next);
		if (!broker_publish(c->broker, &p->m, c->error))
			return (false);
	}
	return (true);
}

/* Confirms come in order as a rule, but need not. */
static void
confirmed(void *arg, uint64_t tag, bool multiple, bool taken)
{
	struct carrier *c = arg;
	struct parcel *p = STAILQ_FIRST(&c->sent), *after;

	for (; p != NULL && p->tag <= tag; p = after) {
		after = STAILQ_NEXT(p, next);
		if (!multiple && p->tag != tag)
			continue;
		STAILQ_REMOVE(&c->sent, p, parcel, next);
		end_parcel(c, p, taken ? SINK_DELIVERED : SINK_RETRY, taken ? "" : "the broker could not keep it");
	}
}

/* Does the broker confirm nothing? Its heartbeats may go on all the same, as when its memory or disk is short. */
static bool
is_silent(struct carrier *c)
{
	struct parcel *oldest = STAILQ_FIRST(&c->sent);

	if (oldest == NULL || clock_mono_ms() - oldest->given < CARRIER_CONFIRM_MS)
		return (false);
	(void)str_copy(c->error, sizeof(c->error), STR_LIT("no confirm within 10 s: is the broker short of memory or disk?"));
	return (true);
}

static void
wait_for_work(struct carrier *c)
{
	struct pollfd fds[2] = { { .fd = c->wake_thread, .events = POLLIN },
		{ .fd = c->broker == NULL ? -1 : broker_fd(c->broker), .events = POLLIN } };
	int ms = c->broker == NULL ? CARRIER_RETRY_MS : STAILQ_EMPTY(&c->sent) ? BROKER_HEARTBEAT * 1000 / 2 : CARRIER_RETRY_MS;

	if (poll(fds, 2, ms) > 0 && fds[0].revents != 0)
		aside_woken(c->wake_thread);
}

static void
work(struct carrier *c)
{

	if (c->broker == NULL && clock_mono_ms() >= c->retry_at)
		connect_broker(c);
	if (c->broker == NULL)
		return (fail_all(c));
	if (!send_waiting(c) || !broker_turn(c->broker, confirmed, c, c->error) || is_silent(c))
		disconnect(c);
}

static void
tell_owner(struct carrier *c)
{

	if (c->news)
		aside_wake(c->wake_owner);
	c->news = false;
}

static bool
may_stay(struct carrier *c)
{
	bool leave;

	pthread_mutex_lock(&c->lock);
	leave = c->leave;
	pthread_mutex_unlock(&c->lock);
	return (!leave);
}

static void
free_list(struct parcels *list)
{
	struct parcel *p;

	while ((p = STAILQ_FIRST(list)) != NULL) {
		STAILQ_REMOVE_HEAD(list, next);
		free(p);
	}
}

static void
carrier_free(struct carrier *c)
{

	free_list(&c->waiting);
	free_list(&c->sent);
	free_list(&c->ended);
	explicit_bzero(c->conf, sizeof(*c->conf));
	free(c->conf);
	if (c->wake_thread >= 0)
		close(c->wake_thread);
	if (c->wake_owner >= 0)
		close(c->wake_owner);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

static void *
carry(void *arg)
{
	struct carrier *c = arg;
	bool orphan;

	while (may_stay(c)) {
		work(c);
		tell_owner(c);
		wait_for_work(c);
	}
	if (c->broker != NULL)
		broker_close(c->broker);
	pthread_mutex_lock(&c->lock);
	c->left = true;
	orphan = c->orphan;
	pthread_mutex_unlock(&c->lock);
	if (orphan)
		carrier_free(c);
	return (NULL);
}

/* --- its owner */

static struct carrier *
carrier_new(struct broker_conf *conf)
{
	struct carrier *c = malloc(sizeof(*c));

	if (c == NULL) {
		explicit_bzero(conf, sizeof(*conf));
		free(conf);
		return (NULL);
	}
	*c = (struct carrier){ .conf = conf, .fd = -1, .cut = clock_mono_ms() };
	STAILQ_INIT(&c->waiting);
	STAILQ_INIT(&c->sent);
	STAILQ_INIT(&c->ended);
	TAILQ_INIT(&c->under_way);
	pthread_mutex_init(&c->lock, NULL);
	c->wake_thread = aside_bell();
	c->wake_owner = aside_bell();
	return (c);
}

struct carrier *
carrier_open(struct broker_conf *conf, char *why, size_t len)
{
	struct carrier *c = carrier_new(conf);
	int rc;

	if (c == NULL) {
		snprintf(why, len, "out of memory");
		return (NULL);
	}
	rc = c->wake_thread < 0 || c->wake_owner < 0 ? EMFILE : aside_start(&c->thread, carry, c);
	if (rc == 0)
		return (c);
	snprintf(why, len, "cannot start its thread: %s", strerror(rc));
	carrier_free(c);
	return (NULL);
}

/* A parcel with the texts of ${m} behind it. */
static struct parcel *
pack(const struct broker_message *m)
{
	size_t id = strlen(m->id) + 1, type = strlen(m->type) + 1;
	struct parcel *p = malloc(sizeof(*p) + id + type + m->len);

	if (p == NULL)
		return (NULL);
	memcpy(p->text, m->id, id);
	memcpy(p->text + id, m->type, type);
	memcpy(p->text + id + type, m->body, m->len);
	p->m = (struct broker_message){ .id = p->text, .type = p->text + id, .body = p->text + id + type, .len = m->len };
	return (p);
}

bool
carrier_take(struct carrier *c, const struct broker_message *m, void *of)
{
	struct parcel *p;
	bool first;

	if (c->n >= CARRIER_AT_ONCE || (p = pack(m)) == NULL)
		return (false);
	p->of = of;
	p->taken = clock_mono_ms();
	TAILQ_INSERT_TAIL(&c->under_way, p, older);
	c->n++;
	pthread_mutex_lock(&c->lock);
	first = STAILQ_EMPTY(&c->waiting);
	STAILQ_INSERT_TAIL(&c->waiting, p, next);
	pthread_mutex_unlock(&c->lock);
	if (first) /* the thread stops for nothing before it has taken all */
		aside_wake(c->wake_thread);
	return (true);
}

int
carrier_fd(const struct carrier *c)
{

	return (c->wake_owner);
}

/* When the oldest parcel has been under way for too long, since it was taken or since the last cut. */
static int64_t
limit(const struct carrier *c, const struct parcel *oldest)
{

	return ((oldest->taken > c->cut ? oldest->taken : c->cut) + PARCEL_MS);
}

int64_t
carrier_due(const struct carrier *c)
{
	const struct parcel *oldest = TAILQ_FIRST(&c->under_way);
	int64_t left;

	if (oldest == NULL)
		return (-1);
	left = limit(c, oldest) - clock_mono_ms();
	return (left < 0 ? 0 : left);
}

/* Frees the thread from whatever it waits for. */
static void
cut(struct carrier *c)
{

	pthread_mutex_lock(&c->lock);
	if (c->fd >= 0)
		shutdown(c->fd, SHUT_RDWR);
	pthread_mutex_unlock(&c->lock);
	c->cut = clock_mono_ms();
}

void
carrier_run(struct carrier *c, carrier_done *done, void *arg)
{
	struct parcels ended = STAILQ_HEAD_INITIALIZER(ended);
	struct parcel *p;

	aside_woken(c->wake_owner);
	pthread_mutex_lock(&c->lock);
	STAILQ_CONCAT(&ended, &c->ended);
	pthread_mutex_unlock(&c->lock);
	while ((p = STAILQ_FIRST(&ended)) != NULL) {
		STAILQ_REMOVE_HEAD(&ended, next);
		TAILQ_REMOVE(&c->under_way, p, older);
		c->n--;
		done(arg, p->of, p->outcome, p->outcome == SINK_DELIVERED ? NULL : p->error);
		free(p);
	}
	if ((p = TAILQ_FIRST(&c->under_way)) != NULL && clock_mono_ms() >= limit(c, p))
		cut(c);
}

/* Waits a moment for the thread. One that hangs in the resolver is left behind, and frees what is there when it comes back. */
void
carrier_close(struct carrier *c)
{
	struct timespec until;
	bool left;

	pthread_mutex_lock(&c->lock);
	c->leave = true;
	pthread_mutex_unlock(&c->lock);
	cut(c);
	aside_wake(c->wake_thread);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += CLOSE_WAIT_S;
	if (pthread_timedjoin_np(c->thread, NULL, &until) == 0)
		return (carrier_free(c));
	pthread_detach(c->thread);
	pthread_mutex_lock(&c->lock);
	c->orphan = true;
	left = c->left;
	pthread_mutex_unlock(&c->lock);
	if (left)
		carrier_free(c);
}
