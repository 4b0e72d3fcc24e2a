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

#define ASK_PERIOD 5000 /* ms: a look costs Redis some milliseconds */
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

static const struct {
	const char *name, *type, *help;
} metrics[] = {
	{ "waiting", "gauge", "Events that the sink has not been given yet." },
	{ "oldest_seconds", "gauge", "Age of the oldest of these." },
	{ "delivered_total", "counter", "Events that the sink has." },
	{ "failed_total", "counter", "Tries that did not deliver." },
	{ "dead", "gauge", "Events that it could not be given: doorwardctl outbox dead." },
};

#define METRICS (sizeof(metrics) / sizeof(metrics[0]))

static uint64_t
value(const struct shown *s, size_t metric)
{
	const uint64_t values[METRICS] = { s->waiting, s->oldest, s->numbers.delivered, s->numbers.failed, s->dead };

	return (values[metric]);
}

void
sinks_metrics(struct app *app, struct buf *b)
{
	static struct all all;
	static int64_t at; /* mono, ms; 0 = never asked */
	static bool known;
	int64_t now = clock_mono_ms();

	if (at == 0 || now - at >= ASK_PERIOD) {
		known = ask(app, &all);
		at = now;
	}
	for (size_t m = 0; m < METRICS && known; m++) {
		buf_printf(b, "# HELP doorward_sink_%s %s\n# TYPE doorward_sink_%s %s\n", metrics[m].name, metrics[m].help,
		    metrics[m].name, metrics[m].type);
		for (size_t i = 0; i < all.n; i++)
			buf_printf(b, "doorward_sink_%s{sink=\"%s\"} %llu\n", metrics[m].name, all.sinks[i].sink,
			    (unsigned long long)value(&all.sinks[i], m));
	}
}
