/* SPDX-License-Identifier: ISC */
/* The board as Prometheus text, exposition format 0.0.4. Names end in their unit; counters in _total. */
#include <string.h>

#include "config.h"
#include "doorward/trace.h"

#include "admin/health.h"
#include "admin/numbers.h"
#include "admin/routes.h"
#include "admin/sinks.h"
#include "store/look.h"
#include "store/redis.h"
#include "web/route.h"

static void
head(struct buf *b, const char *name, const char *type, const char *help)
{

	buf_printf(b, "# HELP doorward_%s %s\n# TYPE doorward_%s %s\n", name, help, name, type);
}

static void
put_value(struct buf *b, uint64_t value)
{

	buf_printf(b, " %llu\n", (unsigned long long)value);
}

/* ${ns} as seconds: exact, and without a locale's comma. */
static void
put_seconds(struct buf *b, uint64_t ns)
{

	buf_printf(b, "%llu.%09llu", (unsigned long long)(ns / 1000000000), (unsigned long long)(ns % 1000000000));
}

static void
single(struct buf *b, const char *name, const char *type, const char *help, uint64_t value)
{

	head(b, name, type, help);
	buf_printf(b, "doorward_%s", name);
	put_value(b, value);
}

static void
put_sample(struct buf *b, const char *name, const struct board *board, uint32_t role, uint64_t value)
{

	buf_printf(b, "doorward_%s{pool=\"%s\"}", name, board->roles[role].name);
	put_value(b, value);
}

/* Zeros too, where requests can come: a counter that appears with its first event hides it from rate(). */
static void
put_requests(struct buf *b, const struct board *board)
{
	struct board_numbers t;

	head(b, "requests_total", "counter", "Requests answered, by pool, route and class of status.");
	for (uint32_t i = 0; numbers_role(board, i); i++) {
		bool serves = numbers_serves(board, i);

		board_totals(board, i, &t);
		for (uint32_t route = 0; route <= ROUTE_NONE; route++) {
			const char *name = route == ROUTE_NONE ? "none" : route_name(route);

			for (int class = 2; class < BOARD_CLASSES && name != NULL; class ++)
				if (serves || t.answers[route][class] > 0) {
					buf_printf(b, "doorward_requests_total{pool=\"%s\",route=\"%s\",status=\"%dxx\"}",
					    board->roles[i].name, name, class);
					put_value(b, t.answers[route][class]);
				}
		}
	}
}

/* Everything that is counted by pool has the same form; what has another unit here follows below. */
static void
put_counters(struct buf *b, const struct board *board)
{
	struct board_numbers t;

	for (enum board_counter c = COUNT_REQUESTS + 1; c < BOARD_COUNTERS; c++) {
		if (c == COUNT_HASH_MS)
			continue;
		buf_printf(b, "# HELP doorward_%s_total %s\n# TYPE doorward_%s_total counter\n", board_counter_name(c),
		    board_counter_help(c), board_counter_name(c));
		for (uint32_t i = 0; numbers_role(board, i); i++) {
			board_totals(board, i, &t);
			buf_printf(b, "doorward_%s_total{pool=\"%s\"}", board_counter_name(c), board->roles[i].name);
			put_value(b, board_counted(&t, c));
		}
	}
}

/* ${labels}: pool and stage, without braces. */
static void
put_histogram(struct buf *b, const char *name, const char *labels, const struct board_numbers *t, enum board_stage stage)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < BOARD_BUCKETS; i++) {
		sum += t->spans[stage][i];
		buf_printf(b, "doorward_%s_bucket{%s,le=\"", name, labels);
		if (board_bucket_end(i) == 0)
			buf_puts(b, "+Inf");
		else
			put_seconds(b, board_bucket_end(i));
		buf_puts(b, "\"}");
		put_value(b, sum);
	}
	buf_printf(b, "doorward_%s_sum{%s} ", name, labels);
	put_seconds(b, t->span_ns[stage]);
	buf_printf(b, "\ndoorward_%s_count{%s}", name, labels);
	put_value(b, sum);
}

static void
put_times(struct buf *b, const struct board *board)
{
	struct board_numbers t;
	char text[96];
	struct buf labels;

	head(b, "request_seconds", "histogram", "Time from the first look at a request to the end of its answer, by pool.");
	for (uint32_t i = 0; numbers_role(board, i); i++) {
		if (!numbers_serves(board, i))
			continue;
		board_totals(board, i, &t);
		buf_init(&labels, text, sizeof(text));
		buf_printf(&labels, "pool=\"%s\"", board->roles[i].name);
		put_histogram(b, "request_seconds", text, &t, STAGE_NONE);
	}
	head(b, "stage_seconds", "histogram", "Time requests spent in a stage, by pool and stage; those that were in it.");
	for (uint32_t i = 0; numbers_role(board, i); i++) {
		if (!numbers_serves(board, i))
			continue;
		board_totals(board, i, &t);
		for (enum board_stage s = STAGE_READ; s < BOARD_STAGES; s++) {
			buf_init(&labels, text, sizeof(text));
			buf_printf(&labels, "pool=\"%s\",stage=\"%s\"", board->roles[i].name, board_stage_word(s));
			put_histogram(b, "stage_seconds", text, &t, s);
		}
	}
}

static void
put_hashing(struct buf *b, const struct board *board)
{
	struct board_numbers t;
	uint64_t ms = 0;

	for (uint32_t i = 0; numbers_role(board, i); i++) {
		board_totals(board, i, &t);
		ms += board_counted(&t, COUNT_HASH_MS);
	}
	single(b, "hashing", "gauge", "Passwords being hashed.", numbers_hashing(board));
	single(b, "hashing_limit", "gauge", "Passwords that may be hashed at a time.", board->max_hashing);
	head(b, "hashing_seconds_total", "counter", "Time spent on hashing passwords.");
	buf_puts(b, "doorward_hashing_seconds_total ");
	put_seconds(b, ms * 1000000);
	buf_putc(b, '\n');
}

static void
put_queues(struct buf *b, const struct board *board)
{

	head(b, "queue_length", "gauge", "Connections that wait to be accepted, by pool.");
	for (uint32_t i = 0; numbers_role(board, i); i++)
		if (board->roles[i].queue_len >= 0 && numbers_serves(board, i))
			put_sample(b, "queue_length", board, i, (uint64_t)board->roles[i].queue_len);
	head(b, "queue_limit", "gauge", "Connections that may wait, by pool.");
	for (uint32_t i = 0; numbers_role(board, i); i++)
		if (board->roles[i].queue_max >= 0 && numbers_serves(board, i))
			put_sample(b, "queue_limit", board, i, (uint64_t)board->roles[i].queue_max);
}

/* All states, zeros too: a graph needs to see the zero. */
static void
put_workers(struct buf *b, const struct board *board)
{

	head(b, "workers", "gauge", "Processes, by pool and state.");
	for (uint32_t i = 0; numbers_role(board, i); i++)
		for (uint32_t state = BOARD_STARTING; state <= BOARD_LEAVING; state++) {
			buf_printf(
			    b, "doorward_workers{pool=\"%s\",state=\"%s\"}", board->roles[i].name, board_state_word(state));
			put_value(b, numbers_in_state(board, i, state));
		}
	head(b, "workers_wanted", "gauge", "Processes there should be, by pool.");
	for (uint32_t i = 0; numbers_role(board, i); i++)
		put_sample(b, "workers_wanted", board, i, board->roles[i].wanted);
	head(b, "worker_deaths_total", "counter", "Processes that ended without being told to, by pool.");
	for (uint32_t i = 0; numbers_role(board, i); i++)
		put_sample(b, "worker_deaths_total", board, i, board->roles[i].deaths);
}

static void
put_breakers(struct buf *b, const struct board *board)
{
	static const char *const words[] = { "closed", "open", "half-open" };

	head(b, "breakers", "gauge",
	    "Processes by what their breaker says: open is not asking Redis for a while, as it failed.");
	for (uint32_t i = 0; numbers_role(board, i); i++)
		for (uint32_t state = 0; numbers_serves(board, i) && state < 3; state++) {
			buf_printf(b, "doorward_breakers{pool=\"%s\",state=\"%s\"}", board->roles[i].name, words[state]);
			put_value(b, numbers_breakers(board, i, state));
		}
}

static void
put_cache(struct buf *b, const struct app *app)
{
	struct cache_numbers n;

	single(b, "cache_enabled", "gauge", "1 if there is a session cache.", app->cache != NULL);
	if (app->cache == NULL)
		return;
	cache_numbers(app->cache, &n);
	single(b, "cache_entries", "gauge", "Places of the session cache.", n.entries);
	single(b, "cache_evictions_total", "counter", "Times the entries of a user were made void.", n.evictions);
	single(b, "cache_flushes_total", "counter", "Times all entries were made void.", n.flushes);
	single(b, "cache_lease_valid", "gauge", "1 while the session cache is believed, as Redis is known to tell of changes.",
	    n.lease_left > 0);
}

/*
 * The state that the last process to look has seen: at most a second old while there is a cache, else as old as the newest
 * connection.
 */
static void
put_redis(struct buf *b, struct app *app)
{
	const struct board *board = app->board;
	struct redis_server server;

	head(b, "redis_server_info", "gauge",
	    "Always 1; the labels tell which Redis this host uses, and as what it was seen last.");
	for (size_t i = 0; redis_store_server(app->redis, i, &server); i++)
		if (server.name[0] != '\0')
			buf_printf(
			    b, "doorward_redis_server_info{server=\"%s\",role=\"%s\"} 1\n", server.name, server.seen->role);
	single(b, "failovers_total", "counter", "Times another Redis answered as the master than before.",
	    board_redis_failovers(board));
	single(b, "cluster_map_changes_total", "counter", "Times the slots of a Redis Cluster were found to lie differently.",
	    board_redis_map_changes(board));
	head(b, "redis_fault", "gauge", "1 while Redis lacks this, see doorwardctl status.");
	for (enum look_fault f = 0; f < LOOK_FAULTS; f++) {
		buf_printf(b, "doorward_redis_fault{fault=\"%s\"}", look_name(f));
		put_value(b, (board_redis_faults(board) & LOOK_BIT(f)) != 0);
	}
}

static void
put_outbox(struct buf *b, struct app *app)
{
	struct numbers_outbox o;

	numbers_outbox(app, &o);
	single(b, "outbox_known", "gauge", "1 if Redis could be asked how many events the outboxes hold.", o.known);
	if (!o.known)
		return;
	single(b, "outbox_events", "gauge", "Events in all outboxes, with those that outbox.keep keeps for who asks later.",
	    o.events);
	single(b, "outbox_max_events", "gauge", "How many there may be: outbox.max.", (uint64_t)app->conf->outbox_max);
	single(b, "outbox_longest_events", "gauge", "Events in the longest outbox.", o.longest);
	head(b, "outbox_age_seconds", "gauge", "How old these two numbers are.");
	buf_puts(b, "doorward_outbox_age_seconds ");
	put_seconds(b, (uint64_t)o.age_ms * 1000000);
	buf_putc(b, '\n');
}

/* Where it cannot be read nobody knows how many wait. */
static void
put_spool(struct buf *b, struct app *app)
{
	struct spool_numbers n;
	bool known;

	if (app->spool == NULL)
		return;
	known = spool_numbers(app->spool, &n) == DW_OK;
	single(b, "spool_usable", "gauge", "1 if the spool of endings can be read.", known);
	single(b, "spool_damaged_files", "gauge", "Files of the spool that were damaged and set aside.", n.damaged);
	single(b, "spool_denied", "gauge", "Entries of the table of who is refused here for what the spool holds.",
	    deny_count(app->deny));
	if (!known)
		return;
	single(b, "spool_pending", "gauge", "Endings that were promised and that Redis does not have yet.", n.pending);
	single(b, "spool_oldest_seconds", "gauge", "How long the first of them has waited.", (uint64_t)n.oldest_seconds);
}

static void
put_traces(struct buf *b, const struct app *app)
{

	/* Also where no traces are sent: a rule must not have to do without the name. */
	single(b, "trace_dropped_total", "counter", "Spans that had no room, or that the collector did not take.",
	    app->trace == NULL ? 0 : trace_dropped(app->trace));
}

static void
put_master(struct buf *b, const struct board *board)
{

	single(b, "generation", "gauge", "Reloads that succeeded, and one.", board->generation);
	single(b, "last_reload_failed", "gauge", "1 if the last reload was refused.", board->last_reload == RELOAD_FAILED);
	single(b, "last_reload_time_seconds", "gauge", "When the last reload was tried, seconds since the epoch; 0 = never.",
	    (uint64_t)board->reloaded_at / 1000);
	single(b, "respawns_total", "counter", "Processes started to replace one that ended.", board->respawns);
	single(b, "slow_notices_total", "counter", "Requests the master found taking longer than workers.slow_after.",
	    board->slow);
	single(b, "stuck_kills_total", "counter", "Workers killed because their request took too long.", board->killed);
	single(b, "redis_respawns_total", "counter", "Times the private Redis ended and was started again.",
	    board->redis_respawns);
}

/* How many of the first ${n} problems have the level and the reason of problem ${i}: two pools may lack the same. */
static uint64_t
alike(const struct health *h, size_t i, size_t n)
{
	uint64_t same = 0;

	for (size_t k = 0; k < n; k++)
		same += h->all[k].level == h->all[i].level && strcmp(h->all[k].reason, h->all[i].reason) == 0;
	return (same);
}

static void
put_problem(struct buf *b, enum health_level level, const char *reason, uint64_t n)
{

	buf_printf(b, "doorward_problems{level=\"%s\",reason=\"%s\"}", health_word(level), reason);
	put_value(b, n);
}

/* A level that nothing is of has a row all the same: what is not there cannot be told from what is not asked. */
static void
put_health(struct buf *b, struct app *app)
{
	const struct health *h = health_look(app);
	size_t of[HEALTH_DOWN + 1] = { 0 };

	single(b, "health", "gauge", "0 is ready, 1 degraded and 2 down, as /health/ready has it.", (uint64_t)h->level);
	head(b, "problems", "gauge", "What is wrong now; doorwardctl status says it in words.");
	for (size_t i = 0; i < h->n; of[h->all[i++].level]++)
		if (alike(h, i, i) == 0)
			put_problem(b, h->all[i].level, h->all[i].reason, alike(h, i, h->n));
	for (int level = HEALTH_READY; level <= HEALTH_DOWN; level++)
		if (of[level] == 0)
			put_problem(b, (enum health_level)level, "none", 0);
}

/* The order is that of a reader: what runs, requests, times, counters, the rest. */
void
metrics_text(struct app *app, struct request *q, struct response *r)
{
	const struct board *board = app->board;
	struct buf *b = &r->body;

	(void)q;
	r->status = 200;
	r->type = "text/plain; version=0.0.4; charset=utf-8";
	head(b, "build_info", "gauge", "Always 1; the labels tell what runs.");
	buf_puts(b, "doorward_build_info{version=\"" PACKAGE_VERSION "\"} 1\n");
	single(b, "start_time_seconds", "gauge", "When the master was started, seconds since the epoch.",
	    (uint64_t)board->started / 1000);
	put_health(b, app);
	put_requests(b, board);
	put_times(b, board);
	put_counters(b, board);
	put_hashing(b, board);
	put_queues(b, board);
	put_workers(b, board);
	put_breakers(b, board);
	put_redis(b, app);
	put_cache(b, app);
	put_outbox(b, app);
	if (app->conf->relay_enabled)
		sinks_metrics(app, b);
	put_spool(b, app);
	put_traces(b, app);
	put_master(b, board);
}
