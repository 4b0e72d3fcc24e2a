/* SPDX-License-Identifier: ISC */
/*
 * One turn: the lease is renewed, the driver goes on with what is under way, events are read (reader.h), what is due is given
 * to the driver, what was delivered is acknowledged (acks.h). Each of these is bounded; whoever has more to do is due again at
 * once.
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
#include "relay/acks.h"
#include "relay/queue.h"
#include "relay/reader.h"
#include "relay/sinks.h"
#include "relay/tenure.h"
#include "store/dead.h"
#include "store/redis.h"
#include "store/sink_numbers.h"

#include "relay/lane.h"

#define AWAY_MS 250  /* after Redis could not be asked */
#define FULL_MS 1000 /* a driver without room is asked again after that, if nothing has ended before */
#define NUMBERS_MS 1000
#define LEDGER_REST_MS                                                                                                         \
	100            /* between two times of reading all there is: each is a wait for the disk, and nobody waits for it      \
			*/
#define STARTS_MAX 256 /* in one turn */
#define DEAD_MAX 64    /* letters in one turn */
#define FAILING 3      /* failures in a row after which a success tells that the sink works again */
#define HURRY_MS 2000  /* what waits is then tried within this time */
#define TRIES_MIN 3    /* before giving up: an event that is old already must not fall at the first failure */

struct lane {
	struct relay *relay;
	const struct sink_conf *conf; /* NULL: the ledger */
	const char *name;
	const struct sink_driver *driver;
	struct sink_env env;
	void *sink;
	struct queue *queue;
	struct redis_store *store;
	struct tenure tenure;
	bool active, leaving, left;
	int64_t asked_at;   /* Redis is not asked before */
	int64_t full_until; /* the driver is given nothing until then, or until something is done */
	unsigned streak;    /* failures since the last success */
	struct acks acks;
	struct reader *reader;
	struct sink_numbers numbers;
	bool counted; /* since they were written */
	int64_t numbers_at;
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
delivered(struct lane *l, struct sink_delivery *d, int64_t now)
{

	count(l, &l->numbers.delivered);
	l->numbers.error[0] = '\0';
	acks_add(&l->acks, &d->place);
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

	if (d->attempts + 1 < TRIES_MIN || redis_store_ops.now(l->store) * 1000 - (int64_t)d->place.id.ms < give_up)
		return (false);
	redis_store_ops.look_at_clock(l->store);
	return (redis_store_ops.now(l->store) * 1000 - (int64_t)d->place.id.ms >= give_up);
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

/*
 * Everything that was read before and not acknowledged is this relay's now. A server whose memory is full makes no groups;
 * those that are there can be read all the same, and that is what makes room again.
 */
static bool
start_lane(struct lane *l)
{

	if (sink_numbers_read(l->store, l->name, &l->numbers) != DW_OK) {
		away(l);
		return (false);
	}
	(void)group_create(l->store, l->name, 0, GROUP_STREAMS);
	reader_begin(l->reader);
	log_info("this relay delivers now sink=%s", l->name);
	return (true);
}

static void
stop_lane(struct lane *l)
{

	log_warn("another relay delivers now, or Redis is away sink=%s", l->name);
	l->active = false;
	queue_drop(l->queue);
}

static void
see_to_lease(struct lane *l, int64_t now)
{
	bool ours;

	if (!l->leaving)
		tenure_see_to(&l->tenure, now);
	ours = tenure_is_ours(&l->tenure, now);
	if (l->active && !ours)
		stop_lane(l);
	else if (ours && !l->active && !l->leaving && !is_away(l, now))
		l->active = start_lane(l);
}

/* --- delivering */

static int64_t
acks_due_at(const struct lane *l)
{

	return (l->acks.n > 0 && (l->leaving || reader_looks_back(l->reader)) ? 0 : acks_due(&l->acks));
}

static void
acknowledge(struct lane *l)
{

	if (clock_mono_ms() >= acks_due_at(l) && !acks_send(&l->acks, l->store, l->name))
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
	acks_add(&l->acks, &d->place);
	queue_done(l->queue, d, clock_mono_ms());
	return (true);
}

/*
 * Gives the driver what is due. A delivery may be over when start() returns: then it is not there any more. One that is for the
 * dead letters waits for Redis, and those that are due after it with it.
 */
static void
start_due(struct lane *l)
{
	struct sink_delivery *d;
	int buried = 0;

	for (int i = 0; i < STARTS_MAX; i++) {
		if (clock_mono_ms() < l->full_until || (d = queue_next(l->queue, clock_mono_ms())) == NULL)
			return;
		if (d->dying) {
			if (buried++ == DEAD_MAX || is_away(l, clock_mono_ms()))
				queue_put_back(l->queue, d);
			else if (bury(l, d))
				continue;
			l->full_until = l->asked_at;
			return;
		}
		if (!l->driver->start(l->sink, d, d->event)) {
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

/* What was delivered is acknowledged before pending entries are read: they would come again. */
static void
read_events(struct lane *l, bool marks[KEYS_BUCKETS])
{

	if (l->acks.n > 0 && reader_looks_back(l->reader))
		return;
	if (!reader_run(l->reader, marks))
		away(l);
	acknowledge(l);
	if (l->acks.n == 0 && !is_away(l, clock_mono_ms()) && !reader_catch_up(l->reader))
		away(l);
}

void
lane_run(struct lane *l, bool marks[KEYS_BUCKETS])
{
	int64_t now = clock_mono_ms();

	see_to_lease(l, now);
	l->driver->run(l->sink);
	if (!is_away(l, now))
		acknowledge(l);
	if (l->active && !l->leaving && !is_away(l, now))
		read_events(l, marks);
	if (l->active && !l->leaving)
		start_due(l);
	if (l->driver->due(l->sink) == 0)
		l->driver->run(l->sink); /* begins with what it was just given */
	if (!is_away(l, clock_mono_ms())) {
		acknowledge(l);
		if (l->active && l->acks.n == 0)
			write_numbers(l, now);
	}
}

/* --- times */

static int64_t
sooner(int64_t a, int64_t b)
{

	return (a < b ? a : b);
}

/* When Redis has to be asked next. */
static int64_t
due_to_ask(const struct lane *l)
{
	int64_t due = sooner(l->leaving ? INT64_MAX : l->tenure.at, acks_due_at(l));

	if (l->active && !l->leaving)
		due = sooner(due, reader_due(l->reader));
	if (l->active && l->counted && l->acks.n == 0)
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
		reader_hint(l->reader, bucket);
}

void
lane_hint_all(struct lane *l)
{

	if (l->active)
		reader_hint_all(l->reader);
}

void
lane_sweep(struct lane *l, unsigned first, unsigned n)
{

	if (l->active)
		reader_sweep(l->reader, first, n);
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

	if (!l->leaving)
		queue_drop(l->queue);
	l->leaving = true;
	if (l->left || queue_flying(l->queue) > 0 || l->acks.n > 0)
		return (l->left);
	if (l->active) {
		l->numbers_at = 0;
		write_numbers(l, clock_mono_ms());
		tenure_end(&l->tenure);
	}
	l->active = false;
	l->left = true;
	return (true);
}

/* --- life */

static bool
is_wanted(const void *lane, const struct sink_event *e)
{
	const struct lane *l = lane;
	char *const *types = l->conf == NULL ? NULL : l->conf->events;

	if (!e->ended && (l->driver->ended_only || (l->conf != NULL && l->conf->ended_only)))
		return (false);
	for (size_t i = 0; types != NULL && types[i] != NULL; i++)
		if (strcmp(types[i], e->type) == 0)
			return (true);
	return (types == NULL || types[0] == NULL);
}

static bool
open_reader(struct lane *l)
{
	const struct reader_env env = {
		.store = l->store,
		.sink = l->name,
		.queue = l->queue,
		.acks = &l->acks,
		.wants = is_wanted,
		.filter = l,
		.rest = l->conf == NULL ? LEDGER_REST_MS : 0,
	};

	return ((l->reader = reader_new(&env)) != NULL);
}

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
	tenure_open(&l->tenure, l->store, l->name);
	if ((l->queue = queue_new(l, r->app.conf->relay_retry_max)) != NULL && acks_open(&l->acks) && open_reader(l) &&
	    open_driver(l, why, len))
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
	reader_free(l->reader);
	queue_free(l->queue);
	acks_close(&l->acks);
	free(l);
}
