/* SPDX-License-Identifier: ISC */
/*
 * One turn: the lease is renewed, the driver goes on with what is under way, new events are read from the outboxes that are
 * known or suspected to have some, what is due is given to the driver, what was delivered is acknowledged. Each of these is
 * bounded; whoever has more to do is due again at once.
 *
 * What was read and is not acknowledged is "pending" in Redis. It is read again, before anything new of that outbox, when the
 * lease is taken, and after an answer of Redis that was lost: it may have named events as read that nobody here has seen.
 *
 * An event is acknowledged after the sink has it, or after it lies among the dead letters, or if the sink does not want its
 * kind. In between everything may be killed: then it is delivered twice, never not at all.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "crypto/random.h"
#include "relay/event.h"
#include "relay/holder.h"
#include "relay/queue.h"
#include "relay/sinks.h"
#include "store/dead.h"
#include "store/group.h"
#include "store/lease.h"
#include "store/redis.h"
#include "store/sink_numbers.h"

#include "relay/lane.h"

#define LEASE_MS 10000
#define RENEW_MS 3000
#define STANDBY_MS 1000 /* between two tries to take it */
#define NEAR_MS 100     /* the same where it is held by a relay of this machine, which may be leaving: a reload */
#define AWAY_MS 250     /* after Redis could not be asked */
#define FULL_MS 1000    /* a driver without room is asked again after that, if nothing has ended before */
#define NUMBERS_MS 1000
#define STARTS_MAX 256 /* in one turn */
#define READ_MAX 2048  /* entries in one turn */
#define DEAD_MAX 64    /* letters in one turn */
#define PAGE 128       /* pending entries read at a time for a user who is behind */
#define ACKS_ROOM (2 * QUEUE_MAX)
#define ACKS_MS 50    /* so long is gathered what is to be acknowledged: what is killed meanwhile is delivered twice */
#define ACKS_MANY 512 /* these are acknowledged at once */
#define FAILING 3     /* failures in a row after which a success tells that the sink works again */
#define HURRY_MS 2000 /* what waits is then tried within this time */
#define TRIES_MIN 3   /* before giving up: an event that is old already must not fall at the first failure */

struct outbox {
	bool dirty;               /* something may be new */
	bool pending;             /* what was read before is to be read again first */
	struct group_place after; /* behind this one */
};

struct lane {
	struct relay *relay;
	const struct sink_conf *conf; /* NULL: the ledger */
	const char *name;
	const struct sink_driver *driver;
	struct sink_env env;
	void *sink;
	struct queue *queue;
	struct redis_store *store;
	char me[LEASE_HOLDER_MAX + 1];
	bool active, leaving, left;
	int64_t lease_until; /* mono, ms, as all times here: with ${active} */
	int64_t lease_at;    /* when it is renewed or tried for */
	int64_t asked_at;    /* Redis is not asked before */
	int64_t full_until;  /* the driver has no room until then, or until something is done */
	unsigned streak;     /* failures since the last success */
	struct group_place *acks;
	size_t n_acks;
	int64_t acks_at; /* with some: when they are due */
	struct sink_numbers numbers;
	bool counted; /* since they were written */
	int64_t numbers_at;
	bool *marks;      /* of the turn */
	unsigned reading; /* where the next turn begins to look for outboxes to read */
	struct outbox outboxes[GROUP_STREAMS];
};

static bool
is_away(struct lane *l, int64_t now)
{

	return (now < l->asked_at);
}

static void
away(struct lane *l)
{

	l->asked_at = clock_mono_ms() + AWAY_MS;
}

/* --- what the driver says */

static void
count(struct lane *l, uint64_t *number)
{

	(*number)++;
	l->counted = true;
}

static void
say_error(struct lane *l, struct sink_delivery *d, const char *error)
{

	(void)str_copy(d->error, sizeof(d->error), str_of(error == NULL ? "it failed" : error));
	if (d->error[0] == '\0')
		snprintf(d->error, sizeof(d->error), "%.*s", SINK_ERROR_MAX, error); /* too long: its beginning */
	memcpy(l->numbers.error, d->error, sizeof(l->numbers.error));
	count(l, &l->numbers.failed);
}

static void
add_ack(struct lane *l, const struct group_place *at)
{

	if (l->n_acks == 0)
		l->acks_at = clock_mono_ms() + ACKS_MS;
	if (l->n_acks < ACKS_ROOM)
		l->acks[l->n_acks++] = *at; /* one too many is read again, and delivered twice */
}

static void
delivered(struct lane *l, struct sink_delivery *d, int64_t now)
{

	count(l, &l->numbers.delivered);
	l->numbers.error[0] = '\0';
	add_ack(l, &d->place);
	queue_done(l->queue, d, now);
	if (l->streak >= FAILING) {
		log_info("a sink takes events again sink=%s failures=%u", l->name, l->streak);
		queue_hurry(l->queue, now, HURRY_MS);
	}
	l->streak = 0;
}

/* The age is Redis' own, whose clock also wrote the time; it is asked for where it would matter. */
static bool
is_too_old(struct lane *l, const struct sink_delivery *d)
{
	const struct app *app = &l->relay->app;
	int64_t give_up = app->conf->relay_give_up;

	if (d->attempts + 1 < TRIES_MIN || redis_store_ops.now(l->store) * 1000 - (int64_t)d->place.ms < give_up)
		return (false);
	redis_store_ops.look_at_clock(l->store);
	return (redis_store_ops.now(l->store) * 1000 - (int64_t)d->place.ms >= give_up);
}

static void
failed(struct lane *l, struct sink_delivery *d, bool final, const char *error, int64_t now)
{
	uint16_t chance = 0;

	(void)random_bytes(&chance, sizeof(chance));
	say_error(l, d, error);
	if (l->streak < UINT32_MAX)
		l->streak++;
	if (l->streak == FAILING)
		log_warn("a sink does not take events sink=%s error=%s", l->name, log_text(str_of(d->error)));
	d->dying = final || is_too_old(l, d);
	queue_retry(l->queue, d, now, chance);
}

static void
done(struct sink_delivery *d, enum sink_outcome outcome, const char *error)
{
	struct lane *l = d->owner;
	int64_t now = clock_mono_ms();

	l->full_until = 0;
	if (outcome == SINK_DELIVERED)
		delivered(l, d, now);
	else
		failed(l, d, outcome == SINK_FINAL, error, now);
}

/* --- the lease */

static void
begin_outboxes(struct lane *l)
{

	for (unsigned i = 0; i < GROUP_STREAMS; i++)
		l->outboxes[i] = (struct outbox){ .dirty = true, .pending = true, .after = { .stream = i } };
}

/*
 * Everything that was read before and not acknowledged is this relay's now. A server whose memory is full makes no groups;
 * those that are there can be read all the same, and that is what makes room again.
 */
static bool
start_lane(struct lane *l)
{

	if (sink_numbers_read(l->store, l->name, &l->numbers) != DW_OK)
		return (false);
	(void)group_create(l->store, l->name, 0, GROUP_STREAMS);
	begin_outboxes(l);
	log_info("this relay delivers now sink=%s", l->name);
	return (true);
}

static void
stop_lane(struct lane *l)
{

	if (l->active)
		log_warn("another relay delivers now, or Redis is away sink=%s", l->name);
	l->active = false;
	queue_drop(l->queue);
}

/* Redis that cannot be asked takes the lease from nobody, until it has run out. */
static void
see_to_lease(struct lane *l, int64_t now)
{
	char holder[LEASE_HOLDER_MAX + 1];
	enum dw_result rc;
	bool mine;

	if (l->active && now >= l->lease_until)
		stop_lane(l);
	if (now < l->lease_at || l->leaving)
		return;
	rc = lease_take(l->store, l->name, l->me, LEASE_MS, NULL, &mine, holder);
	if (rc == DW_OK && !mine && holder_is_dead(holder))
		rc = lease_take(l->store, l->name, l->me, LEASE_MS, holder, &mine, holder);
	l->lease_at = now + (rc == DW_OK && mine         ? RENEW_MS
				: l->active              ? AWAY_MS
				: holder_is_near(holder) ? NEAR_MS
							 : STANDBY_MS);
	if (rc != DW_OK)
		return;
	if (mine)
		l->lease_until = now + LEASE_MS - RENEW_MS;
	if (mine && !l->active)
		l->active = start_lane(l);
	else if (!mine && l->active)
		stop_lane(l);
}

/* --- reading */

static bool
is_wanted(const struct lane *l, const struct sink_event *e)
{
	char *const *types = l->conf == NULL ? NULL : l->conf->events;

	if (!e->ended && (l->driver->ended_only || (l->conf != NULL && l->conf->ended_only)))
		return (false);
	for (size_t i = 0; types != NULL && types[i] != NULL; i++)
		if (strcmp(types[i], e->type) == 0)
			return (true);
	return (types == NULL || types[0] == NULL);
}

/* The event at ${at} if the sink is to have it; else it is acknowledged, and NULL. */
static struct sink_event *
wanted_event(struct lane *l, const struct group_place *at, struct str json)
{
	struct sink_event *e = event_parse(json);

	if (e == NULL && json.p != NULL)
		log_warn("an entry in an outbox is no event, it is left out sink=%s stream=%u id=%llu-%llu", l->name,
		    at->stream, (unsigned long long)at->ms, (unsigned long long)at->seq);
	if (e != NULL && is_wanted(l, e))
		return (e);
	free(e);
	add_ack(l, at);
	return (NULL);
}

static void
take_entry(void *arg, const struct group_place *at, struct str json)
{
	struct lane *l = arg;
	struct sink_event *e = wanted_event(l, at, json);

	if (at->stream < KEYS_BUCKETS)
		l->marks[at->stream] = true;
	if (e != NULL)
		(void)queue_offer(l->queue, at, e, clock_mono_ms());
}

/* Redis may have given what we did not get. */
static void
lost(struct lane *l, struct outbox *o)
{

	o->dirty = o->pending = true;
	o->after.ms = o->after.seq = 0;
	away(l);
}

static void
take_answer(struct lane *l, const struct group_read *r)
{
	struct outbox *o = &l->outboxes[r->after.stream];

	if (r->result == DW_ABSENT) { /* FLUSHALL, or an operator: it begins anew */
		if (group_create(l->store, l->name, r->after.stream, 1) != DW_OK)
			away(l);
		return;
	}
	if (r->result != DW_OK) {
		lost(l, o);
		return;
	}
	if (r->pending) {
		o->after = r->after;
		o->pending = r->got == r->count;
	} else {
		o->dirty = r->got == r->count;
	}
}

/* The next outboxes that something is to be read from, going round. */
static size_t
choose(struct lane *l, struct group_read *reads)
{
	size_t n = 0;

	for (unsigned i = 0; i < GROUP_STREAMS && n < GROUP_READS_MAX; i++) {
		unsigned stream = (l->reading + i) % GROUP_STREAMS;
		const struct outbox *o = &l->outboxes[stream];

		if (!o->dirty && !o->pending)
			continue;
		reads[n] = (struct group_read){ .after = o->after, .pending = o->pending };
		reads[n++].after.stream = stream;
	}
	if (n > 0)
		l->reading = (reads[n - 1].after.stream + 1) % GROUP_STREAMS;
	return (n);
}

/* So many of each that all have room: what Redis has given must not be forgotten. */
static size_t
share_room(const struct lane *l, struct group_read *reads, size_t n)
{
	size_t room = queue_room(l->queue), acks = ACKS_ROOM - l->n_acks;

	room = room < acks ? room : acks;
	room = room < READ_MAX ? room : READ_MAX;
	n = n < room ? n : room;
	for (size_t i = 0; i < n; i++)
		reads[i].count = (unsigned)(room / n);
	return (n);
}

static void
read_outboxes(struct lane *l)
{
	struct group_read reads[GROUP_READS_MAX];
	size_t n = share_room(l, reads, choose(l, reads));

	if (n == 0)
		return;
	group_read(l->store, l->name, reads, n, take_entry, l);
	for (size_t i = 0; i < n; i++)
		take_answer(l, &reads[i]);
}

/* One user of whom there is more in Redis than was held: some of it. */
struct catching_up {
	struct lane *lane;
	struct queue_user *user;
	bool later;
};

static void
catch_entry(void *arg, const struct group_place *at, struct str json)
{
	struct catching_up *c = arg;
	struct sink_event *e = c->later ? NULL : wanted_event(c->lane, at, json);

	if (e != NULL)
		c->later = queue_offer_behind(c->lane->queue, c->user, at, e, clock_mono_ms()) == QUEUE_LATER;
}

static void
catch_up(struct lane *l)
{
	struct group_read r = { .pending = true, .count = PAGE };
	struct catching_up c = { .lane = l, .user = queue_behind(l->queue, &r.after) };

	if (c.user == NULL || ACKS_ROOM - l->n_acks < PAGE)
		return;
	group_read(l->store, l->name, &r, 1, catch_entry, &c);
	if (r.result != DW_OK)
		away(l);
	else if (!c.later && r.got < PAGE)
		queue_caught_up(l->queue, c.user);
	else if (!c.later)
		queue_still_behind(l->queue, c.user, &r.after);
}

/* --- delivering */

/* Pending entries that are to be read, and would come again if they were not acknowledged before. */
static bool
reads_pending(const struct lane *l)
{
	struct group_place at;

	for (unsigned i = 0; i < GROUP_STREAMS; i++)
		if (l->outboxes[i].pending)
			return (true);
	return (queue_behind(l->queue, &at) != NULL);
}

static int64_t
acks_due(const struct lane *l)
{

	return (l->leaving || l->n_acks >= ACKS_MANY || reads_pending(l) ? 0 : l->acks_at);
}

static void
acknowledge(struct lane *l)
{
	size_t n = l->n_acks;

	if (n == 0 || clock_mono_ms() < acks_due(l))
		return;
	l->n_acks = group_ack(l->store, l->name, l->acks, n);
	if (l->n_acks > 0)
		away(l);
}

/* To the dead letters first, then it is acknowledged. */
static bool
bury(struct lane *l, struct sink_delivery *d)
{
	struct str json = { d->event->json, d->event->json_len };

	if (dead_put(l->store, l->name, json, d->attempts, d->error, l->relay->app.conf->relay_dead_max) != DW_OK) {
		queue_put_back(l->queue, d);
		away(l);
		return (false);
	}
	log_warn("an event went to the dead letters sink=%s event=%s attempts=%u error=%s", l->name, d->event->id, d->attempts,
	    log_text(str_of(d->error)));
	add_ack(l, &d->place);
	queue_done(l->queue, d, clock_mono_ms());
	return (true);
}

/* Gives the driver what is due. A delivery may be over when start() returns: then it is not there any more. */
static void
start_due(struct lane *l)
{
	struct sink_delivery *d;
	int buried = 0;

	for (int i = 0; i < STARTS_MAX; i++) {
		if (clock_mono_ms() < l->full_until || (d = queue_next(l->queue, clock_mono_ms())) == NULL)
			return;
		if (d->dying) {
			if (buried++ == DEAD_MAX || is_away(l, clock_mono_ms())) {
				queue_put_back(l->queue, d);
				return;
			}
			if (!bury(l, d))
				return;
		} else if (!l->driver->start(l->sink, d, d->event)) {
			queue_put_back(l->queue, d);
			l->full_until = clock_mono_ms() + FULL_MS;
		}
	}
}

static void
write_numbers(struct lane *l, int64_t now)
{

	if (!l->counted || now < l->numbers_at)
		return;
	l->numbers_at = now + NUMBERS_MS;
	if (sink_numbers_write(l->store, l->name, &l->numbers) == DW_OK)
		l->counted = false;
}

void
lane_run(struct lane *l, bool marks[KEYS_BUCKETS])
{
	int64_t now = clock_mono_ms();

	l->marks = marks;
	see_to_lease(l, now);
	l->driver->run(l->sink);
	if (!is_away(l, now))
		acknowledge(l); /* before pending entries are read: they would come again */
	if (l->active && !l->leaving && !(l->n_acks > 0 && reads_pending(l)) && !is_away(l, now)) {
		read_outboxes(l);
		acknowledge(l);
		if (l->n_acks == 0 && !is_away(l, clock_mono_ms()))
			catch_up(l);
	}
	if (l->active && !l->leaving)
		start_due(l);
	if (l->driver->due(l->sink) == 0)
		l->driver->run(l->sink); /* begins with what it was just given */
	if (!is_away(l, clock_mono_ms())) {
		acknowledge(l);
		if (l->active && l->n_acks == 0)
			write_numbers(l, now);
	}
}

/* --- times */

static int64_t
sooner(int64_t a, int64_t b)
{

	return (a < b ? a : b);
}

static bool
has_to_read(const struct lane *l)
{

	if (queue_room(l->queue) == 0)
		return (false);
	for (unsigned i = 0; i < GROUP_STREAMS; i++)
		if (l->outboxes[i].dirty || l->outboxes[i].pending)
			return (true);
	return (false);
}

/* When Redis has to be asked next. */
static int64_t
due_to_ask(const struct lane *l)
{
	struct group_place at;
	int64_t due = l->leaving ? INT64_MAX : l->lease_at;

	if (l->active && !l->leaving && (has_to_read(l) || queue_behind(l->queue, &at) != NULL))
		due = 0;
	else if (l->n_acks > 0)
		due = sooner(due, acks_due(l));
	else if (l->active && l->counted)
		due = sooner(due, l->numbers_at);
	return (due < l->asked_at ? l->asked_at : due);
}

int64_t
lane_due(struct lane *l)
{
	int64_t now = clock_mono_ms(), due = due_to_ask(l), ms = l->driver->due(l->sink);

	if (l->active && !l->leaving && queue_due(l->queue) != INT64_MAX)
		due = sooner(due, queue_due(l->queue) > l->full_until ? queue_due(l->queue) : l->full_until);
	if (ms >= 0)
		due = sooner(due, now + ms);
	if (due == INT64_MAX)
		return (-1);
	return (due <= now ? 0 : due - now);
}

void
lane_hint(struct lane *l, unsigned bucket)
{

	if (l->active)
		l->outboxes[bucket].dirty = true;
}

void
lane_sweep(struct lane *l)
{

	for (unsigned i = 0; l->active && i < GROUP_STREAMS; i++)
		l->outboxes[i].dirty = true;
}

bool
lane_is_active(const struct lane *l)
{

	return (l->active);
}

int
lane_fd(const struct lane *l)
{

	return (l->driver->fd(l->sink));
}

bool
lane_leave(struct lane *l)
{
	char holder[LEASE_HOLDER_MAX + 1];
	bool mine;

	if (!l->leaving)
		queue_drop(l->queue);
	l->leaving = true;
	if (l->left || queue_flying(l->queue) > 0 || l->n_acks > 0)
		return (l->left);
	if (l->active) {
		l->numbers_at = 0;
		write_numbers(l, clock_mono_ms());
		(void)lease_take(l->store, l->name, l->me, 0, NULL, &mine, holder);
	}
	l->active = false;
	l->left = true;
	return (true);
}

/* --- life */

static bool
open_driver(struct lane *l, char *why, size_t len)
{

	l->driver = l->conf == NULL ? sinks_ledger() : sinks_driver(l->conf->type, why, len);
	if (l->driver == NULL)
		return (false);
	l->env = (struct sink_env){
		.done = done, .conf = l->relay->app.conf, .keys = l->relay->app.keys, .app = &l->relay->app
	};
	return ((l->sink = l->driver->open(l->conf, &l->env, why, len)) != NULL);
}

struct lane *
lane_open(struct relay *r, const struct sink_conf *conf, char *why, size_t len)
{
	struct lane *l = calloc(1, sizeof(*l));
	int saved;

	if (l == NULL)
		return (NULL);
	l->relay = r;
	l->conf = conf;
	l->name = conf == NULL ? SINK_LEDGER : conf->name;
	l->store = r->app.redis;
	holder_name(l->me);
	begin_outboxes(l);
	if ((l->queue = queue_new(l, r->app.conf->relay_retry_max)) != NULL &&
	    (l->acks = calloc(ACKS_ROOM, sizeof(*l->acks))) != NULL && open_driver(l, why, len))
		return (l);
	saved = errno;
	lane_close(l);
	errno = saved;
	return (NULL);
}

void
lane_close(struct lane *l)
{

	if (l == NULL)
		return;
	if (l->sink != NULL)
		l->driver->close(l->sink);
	queue_free(l->queue);
	free(l->acks);
	free(l);
}
