/* SPDX-License-Identifier: ISC */
/*
 * What is wrong, worst first, for /health/ready, the status page and doorwardctl status, so that all three say the same. "down"
 * means that logins or checks cannot be answered; "degraded" that something needs an operator and requests are answered.
 * Everything is asked anew at most five times a second, however many checkers there are.
 *
 * The list of what is wrong: who is asked, and how its lines become the answer of a health checker.
 */
#include <sys/statvfs.h>

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "admin/numbers.h"
#include "admin/probe.h"
#include "admin/routes.h"
#include "admin/sinks.h"
#include "base/clock.h"
#include "base/str.h"

#include "admin/health.h"

#define ASK_PERIOD 200          /* ms: health checkers in numbers must not become a load on what they watch */
#define RECENT_PERIOD 60000     /* ms that a failure is told of after it was counted last */
#define DISK_ROOM_MIN (1 << 20) /* bytes: less has no room for a journal of the user database and some minutes of log */

/* A number that only grows, and when it did. */
struct recent {
	uint64_t seen;
	int64_t at; /* mono, ms; 0 = never */
	bool known;
};

/* Keeps the list sorted; of problems of one level the first stays first. A full list drops the least. */
void
health_add(struct health *h, enum health_level level, const char *error, const char *reason, const char *fmt, ...)
{
	size_t i = h->n;
	va_list ap;

	while (i > 0 && h->all[i - 1].level < level)
		i--;
	if (i == HEALTH_PROBLEMS_MAX)
		return;
	if (h->n < HEALTH_PROBLEMS_MAX)
		h->n++;
	memmove(&h->all[i + 1], &h->all[i], (h->n - 1 - i) * sizeof(h->all[0]));
	h->all[i] = (struct health_problem){ .level = level, .error = error, .reason = reason };
	va_start(ap, fmt);
	vsnprintf(h->all[i].text, sizeof(h->all[i].text), fmt, ap);
	va_end(ap);
	if (level > h->level)
		h->level = level;
}

const char *
health_word(enum health_level level)
{
	static const char *const words[] = { "ready", "degraded", "down" };

	return (words[level]);
}

/* Whether ${now} is more than it was within the last minute. What had been counted before the first look is old. */
static bool
grew(struct recent *r, uint64_t now)
{

	if (r->known && now > r->seen)
		r->at = clock_mono_ms();
	r->seen = now;
	r->known = true;
	return (r->at != 0 && clock_mono_ms() - r->at < RECENT_PERIOD);
}

static uint64_t
counted(const struct board *b, enum board_counter c)
{
	struct board_numbers t;
	uint64_t n = 0;

	for (uint32_t i = 0; numbers_role(b, i); i++) {
		board_totals(b, i, &t);
		n += board_counted(&t, c);
	}
	return (n);
}

static void
look_at_users(struct app *app, struct health *h)
{
	static struct recent errors;
	bool failed = grew(&errors, counted(app->board, COUNT_USERDB_ERRORS));

	board_stage(app->slot, STAGE_USERDB);
	if (app->users->ping(app->users_ctx) != DW_OK)
		health_add(
		    h, HEALTH_DOWN, "userdb_unavailable", "userdb", "The user database cannot be asked; the log says why.");
	else if (failed)
		health_add(h, HEALTH_DEGRADED, NULL, "userdb_errors",
		    "The user database answers; within the last minute it did not, or failed at something: the log says why.");
}

/* Two questions: are there processes, and does somebody take connections from the socket? */
static void
look_at_pool(const struct board *b, uint32_t role, struct health *h)
{
	const char *name = b->roles[role].name;

	if (numbers_in_state(b, role, BOARD_READY) + numbers_in_state(b, role, BOARD_BUSY) == 0)
		health_add(h, HEALTH_DOWN, "overloaded", "no_processes", "Pool %s has no process.", name);
	switch (probe_of_role(role, clock_mono_ms())) {
	case PROBE_FINE:
		break;
	case PROBE_UNREACHABLE:
		health_add(h, HEALTH_DOWN, "overloaded", "socket_unreachable",
		    "The socket of pool %s cannot be reached: it was closed, deleted or replaced; a restart makes it anew.",
		    name);
		break;
	case PROBE_STALLED:
		health_add(h, HEALTH_DOWN, "overloaded", "queue_stalled",
		    "The queue of pool %s does not drain: no process takes connections.", name);
		break;
	}
}

/* The place of what has no room any more is said by what it is for: paths are the log's. */
static void
look_at_disk(const char *path, const char *what, struct health *h)
{
	struct statvfs st;

	if (statvfs(path, &st) != 0) {
		health_add(
		    h, HEALTH_DEGRADED, NULL, "disk", "The place of the %s cannot be looked at: %s.", what, strerror(errno));
		return;
	}
	if (st.f_blocks > 0 && (uint64_t)st.f_bavail * st.f_frsize < DISK_ROOM_MIN)
		health_add(h, HEALTH_DEGRADED, NULL, "disk_full", "The disk of the %s is full.", what);
	else if (st.f_files > 0 && st.f_favail == 0)
		health_add(h, HEALTH_DEGRADED, NULL, "disk_full", "The disk of the %s has no room for files.", what);
}

/* The disk of ${file}, if that may be another one than the state directory's. */
static void
look_at_place(const char *file, const char *what, struct health *h)
{
	struct str path = str_of(file);
	char dir[PATH_MAX];

	while (path.len > 1 && path.p[path.len - 1] != '/')
		path.len--;
	if (file[0] == '/' && path.len > 1 && str_copy(dir, sizeof(dir), path))
		look_at_disk(dir, what, h);
}

static void
look_at_disks(const struct config *conf, struct health *h)
{

	look_at_disk(conf->state_dir, "state directory (state_dir)", h);
	look_at_place(conf->log_file, "log (log.file)", h);
	look_at_place(conf->audit_file, "audit file (audit.file)", h);
	if (conf->spool_enabled)
		look_at_place(conf->spool_file, "spool (spool.file)", h);
}

static void
look_at_log(struct app *app, struct health *h)
{
	static struct recent lost;

	if (grew(&lost, counted(app->board, COUNT_LOG_LOST) + app->board->log_lost))
		health_add(h, HEALTH_DEGRADED, NULL, "log", "The log could not be written within the last minute.");
}

/* Beyond outbox.max it is the relay's to fetch them: where none is, the scripts trim. Without an answer it is Redis that is at
 * fault. */
static void
look_at_outbox(struct app *app, struct health *h)
{
	struct numbers_outbox o;

	if (h->level == HEALTH_DOWN)
		return;
	numbers_outbox(app, &o);
	if (o.known && o.events > (uint64_t)app->conf->outbox_max)
		health_add(h, HEALTH_DEGRADED, NULL, "outbox",
		    "%llu events are kept in Redis, more than outbox.max (%lld): a sink or the ledger does not take them, or "
		    "outbox.keep is too long; doorwardctl outbox status says which waits.",
		    (unsigned long long)o.events, (long long)app->conf->outbox_max);
}

static void
look_at_audit(const struct app *app, struct health *h)
{

	if (atomic_load(&app->board->audit_failing) != 0)
		health_add(h, HEALTH_DEGRADED, NULL, "audit",
		    "The audit file cannot be written; events wait for it, the log says why.");
}

/* Logins go on without, or by an older one. */
static void
look_at_geo(struct app *app, struct health *h)
{
	char why[HEALTH_TEXT_MAX / 2];

	if (app->geo != NULL && app->place_fault(app->geo, why, sizeof(why)))
		health_add(h, HEALTH_DEGRADED, NULL, "geo", "A database of addresses is not in use: %s.", why);
}

/*
 * What waits is the relay's to write as soon as Redis answers and is as good as redis.durability asks: a server that answers,
 * but lacks a replica, is what the text has to lead to. Since when Redis answers nobody here knows: what waits shortly
 * after an outage is told too, and is true.
 */
static void
look_at_spool(struct app *app, struct health *h)
{
	static const char *const has[] = { [DURABILITY_MEMORY] = "Redis has",
		[DURABILITY_REPLICA] = "Redis and its replicas (redis.wait_replicas) have",
		[DURABILITY_DISK] = "the disk of Redis has" };
	struct spool_numbers n;

	if (app->spool == NULL)
		return;
	if (spool_numbers(app->spool, &n) != DW_OK)
		health_add(h, HEALTH_DEGRADED, NULL, "spool",
		    "The spool of endings cannot be read: nothing is promised while Redis is away; the log says why.");
	else if (n.pending > 0 && h->level != HEALTH_DOWN)
		health_add(h, HEALTH_DEGRADED, NULL, "spool_pending",
		    "Endings that were promised wait until %s them: %llu, the first for %lld s.",
		    has[app->conf->redis_durability], (unsigned long long)n.pending, (long long)n.oldest_seconds);
	if (n.damaged > 0)
		health_add(h, HEALTH_DEGRADED, NULL, "spool_damaged",
		    "The spool of endings was damaged and set aside (%llu files beside it): promises may be lost.",
		    (unsigned long long)n.damaged);
}

const struct health *
health_look(struct app *app)
{
	static struct health h;
	static int64_t at; /* mono, ms; 0 = never */
	int64_t now = clock_mono_ms();

	if (at != 0 && now - at < ASK_PERIOD)
		return (&h);
	h.n = 0;
	h.level = HEALTH_READY;
	health_redis(app, &h);
	look_at_users(app, &h);
	for (uint32_t i = 0; numbers_role(app->board, i); i++)
		if (numbers_serves(app->board, i))
			look_at_pool(app->board, i, &h);
	look_at_disks(app->conf, &h);
	look_at_log(app, &h);
	look_at_outbox(app, &h);
	look_at_audit(app, &h);
	look_at_geo(app, &h);
	if (app->conf->relay_enabled)
		sinks_health(app, &h);
	look_at_spool(app, &h);
	at = clock_mono_ms();
	return (&h);
}

void
health_refuse(const struct request *q, struct response *r, enum dw_result rc, const char *what)
{

	if (rc == DW_UNAVAILABLE)
		response_error(r, q, what, "It cannot be asked at the moment.", NULL, RESPONSE_RETRY);
	else
		response_error(r, q, "server_error", "The answer made no sense, the log says more.", NULL, 0);
}

void
health_live(struct app *app, struct request *q, struct response *r)
{

	(void)app;
	(void)q;
	response_json(r, 200);
	buf_puts(&r->body, "{\"status\":\"ok\"}");
}

/* All that is wrong, as one text: a checker shows one line. What mends a fault may end it, to be copied: a bar divides them. */
static void
put_degraded(struct buf *b, const struct health *h)
{
	char text[HEALTH_PROBLEMS_MAX * (HEALTH_TEXT_MAX + 3)];
	struct buf all;

	buf_init(&all, text, sizeof(text));
	for (size_t i = 0; i < h->n && h->all[i].level > HEALTH_READY; i++) {
		buf_puts(&all, i > 0 ? " | " : "");
		buf_puts(&all, h->all[i].text);
	}
	buf_puts(b, "{\"status\":\"degraded\",\"reason\":");
	buf_json(b, buf_str(&all));
	buf_puts(b, "}");
}

void
health_ready(struct app *app, struct request *q, struct response *r)
{
	const struct health *h = health_look(app);

	if (h->level == HEALTH_DOWN) {
		response_error(r, q, h->all[0].error, h->all[0].text, h->all[0].reason, 1);
		return;
	}
	response_json(r, 200);
	if (h->level == HEALTH_DEGRADED)
		put_degraded(&r->body, h);
	else
		buf_puts(&r->body, "{\"status\":\"ready\"}");
}
