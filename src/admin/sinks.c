/* SPDX-License-Identifier: ISC */
/*
 * The ledger and every configured sink; and those that are not configured any more but still hold a place in the outboxes:
 * their events wait for nobody, which a graph should show.
 */
#include <string.h>

#include "base/clock.h"
#include "doorward/config.h"
#include "store/backlog.h"
#include "store/dead.h"
#include "store/sink_numbers.h"

#include "admin/sinks.h"

#define ASK_PERIOD 5000     /* ms: a look costs Redis some milliseconds */
#define HEALTH_PERIOD 30000 /* ms: of health checkers, which ask all the time */
#define BEHIND 300          /* seconds: the oldest event has waited longer (contrib/prometheus: DoorwardSinkBehind) */
#define SINKS_SHOWN (BACKLOG_SINKS_MAX + 32)
#define MS 1000

struct shown {
	char sink[SINK_NAME_MAX + 1];
	uint64_t waiting, oldest, dead;
	struct sink_numbers numbers;
};

struct all {
	struct shown sinks[SINKS_SHOWN];
	size_t n;
};

static void
add(struct all *all, const char *sink)
{

	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->sinks[i].sink, sink) == 0)
			return;
	if (all->n == SINKS_SHOWN)
		return;
	all->sinks[all->n] = (struct shown){ .waiting = 0 };
	(void)str_copy(all->sinks[all->n++].sink, SINK_NAME_MAX + 1, str_of(sink));
}

static bool
ask_one(struct app *app, const struct backlog *b, struct shown *s)
{
	const struct backlog_row *row = backlog_find(b, s->sink);
	int64_t age = row == NULL || row->oldest == 0 ? 0 : app->store->now(app->store_ctx) - row->oldest / MS;

	s->waiting = row == NULL ? 0 : row->waiting;
	s->oldest = age > 0 ? (uint64_t)age : 0;
	return (
	    dead_count(app->redis, s->sink, &s->dead) == DW_OK && sink_numbers_read(app->redis, s->sink, &s->numbers) == DW_OK);
}

static bool
ask(struct app *app, struct all *all)
{
	static struct backlog b;
	bool good = backlog_look(app->redis, &b) == DW_OK;

	all->n = 0;
	add(all, SINK_LEDGER);
	for (size_t i = 0; i < app->conf->n_sinks; i++)
		add(all, app->conf->sinks[i].name);
	if (app->conf->n_alerts > 0)
		add(all, SINK_ALERTS);
	for (size_t i = 0; i < b.n; i++)
		add(all, b.rows[i].sink);
	for (size_t i = 0; i < all->n && good; i++)
		good = ask_one(app, &b, &all->sinks[i]);
	return (good);
}

/* As it was at most ${period} ms ago. NULL: Redis could not be asked. */
static const struct all *
look(struct app *app, int64_t period)
{
	static struct all all;
	static int64_t at; /* mono, ms; 0 = never asked */
	static bool known;
	int64_t now = clock_mono_ms();

	if (at == 0 || now - at >= period) {
		known = ask(app, &all);
		at = now;
	}
	return (known ? &all : NULL);
}

enum metric { WAITING, OLDEST, DELIVERED, FAILED, DEAD, METRICS };

static const struct {
	const char *name, *type, *help;
	const char *title; /* of its column */
} metrics[METRICS] = {
	[WAITING] = { "waiting", "gauge", "Events that the sink has not been given yet.", "waiting" },
	[OLDEST] = { "oldest_seconds", "gauge", "Age of the oldest of these.", "oldest, s" },
	[DELIVERED] = { "delivered_total", "counter", "Events that the sink has.", "delivered" },
	[FAILED] = { "failed_total", "counter", "Tries that did not deliver.", "failed" },
	[DEAD] = { "dead", "gauge", "Events that it could not be given: doorwardctl outbox dead.", "dead" },
};

static uint64_t
value(const struct shown *s, enum metric metric)
{
	const uint64_t values[METRICS] = { s->waiting, s->oldest, s->numbers.delivered, s->numbers.failed, s->dead };

	return (values[metric]);
}

void
sinks_metrics(struct app *app, struct buf *b)
{
	const struct all *all = look(app, ASK_PERIOD);

	for (enum metric m = WAITING; m < METRICS && all != NULL; m++) {
		buf_printf(b, "# HELP doorward_sink_%s %s\n# TYPE doorward_sink_%s %s\n", metrics[m].name, metrics[m].help,
		    metrics[m].name, metrics[m].type);
		for (size_t i = 0; i < all->n; i++)
			buf_printf(b, "doorward_sink_%s{sink=\"%s\"} %llu\n", metrics[m].name, all->sinks[i].sink,
			    (unsigned long long)value(&all->sinks[i], m));
	}
}

void
sinks_json(struct app *app, struct buf *b)
{
	const struct all *all = look(app, ASK_PERIOD);

	buf_puts(b, all == NULL ? "\"sinks\":null," : "\"sinks\":[");
	for (size_t i = 0; all != NULL && i < all->n; i++) {
		const struct shown *s = &all->sinks[i];

		buf_puts(b, i > 0 ? ",{\"sink\":" : "{\"sink\":");
		buf_json(b, str_of(s->sink));
		buf_printf(b, ",\"waiting\":%llu,\"oldest_seconds\":%llu,\"delivered\":%llu", (unsigned long long)s->waiting,
		    (unsigned long long)s->oldest, (unsigned long long)s->numbers.delivered);
		buf_printf(b, ",\"failed\":%llu,\"dead\":%llu,\"last_error\":", (unsigned long long)s->numbers.failed,
		    (unsigned long long)s->dead);
		buf_json(b, s->numbers.error[0] == '\0' ? STR_NONE : str_of(s->numbers.error));
		buf_putc(b, '}');
	}
	buf_puts(b, all == NULL ? "" : "],");
}

static void
put_row(struct buf *b, const struct shown *s)
{
	bool behind = s->oldest > BEHIND;

	buf_puts(b, "<tr><td>");
	buf_html(b, str_of(s->sink));
	for (enum metric m = WAITING; m < METRICS; m++) {
		bool bad = m == DEAD || (behind && m <= OLDEST);

		buf_printf(
		    b, "</td><td class=\"n%s\">%llu", bad && value(s, m) > 0 ? " bad" : "", (unsigned long long)value(s, m));
	}
	buf_puts(b, "</td><td>");
	buf_html(b, str_of(s->numbers.error));
	buf_puts(b, "</td></tr>\n");
}

void
sinks_html(struct app *app, struct buf *b)
{
	const struct all *all = look(app, ASK_PERIOD);

	if (all == NULL)
		return;
	buf_puts(b, "<h2>Sinks</h2>\n<div class=\"scroll\" tabindex=\"0\"><table id=\"sinks\">\n<tr><th>sink");
	for (enum metric m = WAITING; m < METRICS; m++)
		buf_printf(b, "<th class=\"n\">%s", metrics[m].title);
	buf_puts(b, "<th>last error</tr>\n");
	for (size_t i = 0; i < all->n; i++)
		put_row(b, &all->sinks[i]);
	buf_puts(b, "</table></div>\n");
}

/* While Redis is at fault nobody is behind for another reason. */
void
sinks_health(struct app *app, struct health *h)
{
	const struct all *all = h->level == HEALTH_DOWN ? NULL : look(app, HEALTH_PERIOD);

	for (size_t i = 0; all != NULL && i < all->n; i++)
		if (all->sinks[i].oldest > BEHIND)
			health_add(h, HEALTH_READY, NULL, "sink_behind",
			    "Sink %s is behind: %llu events wait for it, the first for %llu s; doorwardctl outbox status says "
			    "why.",
			    all->sinks[i].sink, (unsigned long long)all->sinks[i].waiting,
			    (unsigned long long)all->sinks[i].oldest);
}
