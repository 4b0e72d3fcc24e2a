/* SPDX-License-Identifier: ISC */
/* The same as JSON, with more numbers: what doorwardctl status shows and what a program reads. */
#include "config.h"

#include "admin/health.h"
#include "admin/numbers.h"
#include "admin/sinks.h"
#include "base/clock.h"
#include "crypto/jwk.h"
#include "crypto/keyring.h"
#include "store/look.h"
#include "store/redis.h"
#include "web/route.h"

#include "admin/status.h"

static void
put_number(struct buf *b, const char *name, uint64_t value)
{

	buf_printf(b, "\"%s\":%llu,", name, (unsigned long long)value);
}

/* -1 = nobody knows. */
static void
put_known(struct buf *b, const char *name, int64_t value)
{

	if (value < 0)
		buf_printf(b, "\"%s\":null,", name);
	else
		put_number(b, name, (uint64_t)value);
}

static void
put_worker(struct buf *b, const struct board *board, const struct board_slot *s)
{
	char trace[sizeof(s->trace)];
	bool busy = s->state == BOARD_BUSY;

	board_trace(s, trace);
	buf_printf(b, "{\"role\":\"%s\",\"pid\":%d,\"generation\":%u,\"state\":\"%s\",\"stage\":\"%s\",",
	    s->role < BOARD_ROLES ? board->roles[s->role].name : "", s->pid, s->generation, board_state_word(s->state),
	    board_stage_word(s->stage));
	buf_printf(
	    b, "\"age_ms\":%lld,\"busy_ms\":%lld,", (long long)(clock_wall_ms() - s->started), (long long)status_busy_ms(s));
	put_number(b, "requests", board_counted(&s->numbers, COUNT_REQUESTS));
	put_number(b, "connections", s->connections);
	buf_printf(b, "\"breaker\":\"%s\",\"route\":", status_breaker_word(s));
	buf_json(b, busy ? str_of(route_name(s->route)) : STR_NONE);
	buf_puts(b, ",\"trace_id\":");
	buf_json(b, busy && trace[0] != '\0' ? str_of(trace) : STR_NONE);
	buf_putc(b, '}');
}

static void
put_workers(struct buf *b, const struct board *board, uint32_t role)
{
	bool first = true;

	buf_puts(b, "\"workers\":[");
	for (size_t i = 0; i < BOARD_SLOTS; i++) {
		const struct board_slot *s = &board->slots[i];

		if (s->state == BOARD_FREE || s->role != role)
			continue;
		if (!first)
			buf_putc(b, ',');
		first = false;
		put_worker(b, board, s);
	}
	buf_putc(b, ']');
}

/* -1: there were none, or longer than can be told. */
static int64_t
within_us(const struct board_numbers *t, enum board_stage s, unsigned percent)
{
	uint64_t ns = numbers_observed(t, s) == 0 ? 0 : numbers_quantile(t, s, percent);

	return (ns == 0 ? -1 : (int64_t)(ns / 1000));
}

static void
put_times(struct buf *b, const struct board_numbers *t)
{

	buf_puts(b, "\"stages\":{");
	for (enum board_stage s = STAGE_NONE; s < BOARD_STAGES; s++) {
		buf_printf(b, "%s\"%s\":{", s > 0 ? "," : "", s == STAGE_NONE ? "request" : board_stage_word(s));
		put_number(b, "count", numbers_observed(t, s));
		put_number(b, "total_us", t->span_ns[s] / 1000);
		put_known(b, "p50_us", within_us(t, s, 50));
		put_known(b, "p99_us", within_us(t, s, 99));
		b->len--; /* the last comma */
		buf_putc(b, '}');
	}
	buf_puts(b, "},");
}

static void
put_routes(struct buf *b, const struct board_numbers *t)
{
	bool first = true;

	buf_puts(b, "\"routes\":{");
	for (uint32_t r = 0; r <= ROUTE_NONE; r++) {
		const char *name = r == ROUTE_NONE ? "none" : route_name(r);

		if (name == NULL)
			continue;
		buf_printf(b, "%s\"%s\":{", first ? "" : ",", name);
		first = false;
		for (int class = 2; class < BOARD_CLASSES; class ++)
			buf_printf(b, "%s\"%dxx\":%llu", class > 2 ? "," : "", class, (unsigned long long)t->answers[r][class]);
		buf_putc(b, '}');
	}
	buf_puts(b, "},");
}

static void
put_pool(struct buf *b, const struct board *board, uint32_t role)
{
	const struct board_role *r = &board->roles[role];
	struct board_numbers t;

	board_totals(board, role, &t);
	buf_printf(b, "{\"name\":\"%s\",", r->name);
	put_number(b, "wanted", r->wanted);
	for (uint32_t state = BOARD_STARTING; state <= BOARD_LEAVING; state++)
		put_number(b, board_state_word(state), numbers_in_state(board, role, state));
	put_number(b, "deaths", r->deaths);
	put_known(b, "queue", numbers_serves(board, role) ? r->queue_len : BOARD_QUEUE_UNKNOWN);
	put_known(b, "queue_limit", numbers_serves(board, role) ? r->queue_max : BOARD_QUEUE_UNKNOWN);
	for (enum board_counter c = 0; c < BOARD_COUNTERS; c++)
		put_number(b, board_counter_name(c), board_counted(&t, c));
	buf_puts(b, "\"status\":{");
	for (int class = 1; class < BOARD_CLASSES; class ++)
		buf_printf(b, "%s\"%dxx\":%llu", class > 1 ? "," : "", class, (unsigned long long)board_answered(&t, class));
	buf_puts(b, "},");
	if (numbers_serves(board, role)) {
		put_times(b, &t);
		put_routes(b, &t);
	}
	put_workers(b, board, role);
	buf_putc(b, '}');
}

static void
put_cache(struct buf *b, const struct app *app)
{
	struct cache_numbers n;

	if (app->cache == NULL) {
		buf_puts(b, "\"cache\":null,");
		return;
	}
	cache_numbers(app->cache, &n);
	buf_printf(b, "\"cache\":{\"on\":%s,", n.lease_left > 0 ? "true" : "false");
	put_number(b, "entries", n.entries);
	put_number(b, "evictions", n.evictions);
	buf_printf(b, "\"flushes\":%llu},", (unsigned long long)n.flushes);
}

static void
put_outbox(struct buf *b, struct app *app)
{
	struct numbers_outbox o;

	numbers_outbox(app, &o);
	if (!o.known) {
		buf_puts(b, "\"outbox\":null,");
		return;
	}
	buf_puts(b, "\"outbox\":{");
	put_number(b, "events", o.events);
	put_number(b, "longest", o.longest);
	buf_printf(b, "\"age_ms\":%lld},", (long long)o.age_ms);
}

static void
put_master(struct buf *b, const struct board *board)
{

	buf_printf(b, "{\"version\":\"" PACKAGE_VERSION "\",\"pid\":%d,\"started_at\":\"", board->master_pid);
	buf_time(b, board->started / 1000);
	buf_printf(b, "\",\"uptime\":%lld,\"generation\":%u,\"last_reload\":\"%s\",\"reloaded_at\":",
	    (long long)(clock_wall_ms() - board->started) / 1000, board->generation, status_reload_word(board));
	if (board->reloaded_at == 0) {
		buf_puts(b, "null,");
	} else {
		buf_putc(b, '"');
		buf_time(b, board->reloaded_at / 1000);
		buf_puts(b, "\",");
	}
	put_number(b, "respawns", board->respawns);
	put_number(b, "slow", board->slow);
	put_number(b, "killed", board->killed);
	put_number(b, "requests", status_requests(board));
	put_number(b, "hashing", numbers_hashing(board));
	put_number(b, "max_hashing", board->max_hashing);
	put_number(b, "redis_respawns", board->redis_respawns);
}

static void
put_word(struct buf *b, const char *name, const char *word)
{

	buf_printf(b, "\"%s\":", name);
	buf_json(b, word[0] == '\0' ? STR_NONE : str_of(word));
	buf_putc(b, ',');
}

/* The private server's process, and that which guards it, its parent: null where there is none. */
static void
put_private_redis(struct buf *b, const struct board *board, const struct look *l)
{
	uint32_t guard = board->redis_pid;

	put_known(b, "redis_pid", guard == 0 || l->pid == 0 ? -1 : (int64_t)l->pid);
	put_known(b, "redis_guard_pid", guard == 0 ? -1 : (int64_t)guard);
}

/* Which server answers, as this process saw it last. */
static void
put_redis(struct buf *b, struct app *app)
{
	struct redis_server first;
	const char *why;
	struct look l;

	(void)redis_store_look(app->redis, &l, &why);
	put_private_redis(b, app->board, &l);
	buf_puts(b, "\"redis\":{");
	put_word(b, "server", redis_store_server(app->redis, 0, &first) ? first.name : "");
	put_word(b, "role", l.role);
	put_word(b, "version", l.version);
	buf_printf(b, "\"failovers\":%llu},", (unsigned long long)board_redis_failovers(app->board));
}

/* One row a server: several where there is a cluster. */
static void
put_servers(struct buf *b, struct app *app)
{
	struct redis_server server;

	buf_puts(b, "\"redis_servers\":[");
	for (size_t i = 0; redis_store_server(app->redis, i, &server); i++) {
		buf_puts(b, i > 0 ? ",{" : "{");
		put_word(b, "server", server.name);
		put_word(b, "role", server.seen->role);
		put_word(b, "version", server.seen->version);
		buf_printf(
		    b, "\"replicas\":%u,\"failovers\":%llu}", server.seen->replicas, (unsigned long long)server.failovers);
	}
	buf_puts(b, "],");
}

/* Endings that were promised; null where there is no spool, or it cannot be read. */
static void
put_spool(struct buf *b, struct app *app)
{
	struct spool_numbers n;

	if (app->spool == NULL || spool_numbers(app->spool, &n) != DW_OK) {
		buf_puts(b, "\"spool\":null,");
		return;
	}
	buf_puts(b, "\"spool\":{");
	put_number(b, "pending", n.pending);
	put_number(b, "replayed", n.replayed);
	put_number(b, "damaged_files", n.damaged);
	buf_printf(b, "\"oldest_seconds\":%lld},", (long long)n.oldest_seconds);
}

/* Which keys make new tokens: those that were made since the last reload do not yet. */
static void
put_keys(struct buf *b, const struct app *app)
{

	buf_puts(b, "\"keys\":{\"signing\":");
	buf_json(b, str_of(jwk_kid(keyring_signer(app->keys))));
	buf_printf(b, ",\"token\":\"token-%03u\"},", keyring_token(app->keys)->version);
}

static void
put_health(struct buf *b, const struct health *h)
{

	buf_printf(b, "\"health\":\"%s\",\"problems\":[", health_word(h->level));
	for (size_t i = 0; i < h->n; i++) {
		buf_printf(b, "%s{\"level\":\"%s\",\"reason\":\"%s\",\"text\":", i > 0 ? "," : "",
		    h->all[i].level == HEALTH_READY ? "warning" : health_word(h->all[i].level), h->all[i].reason);
		buf_json(b, str_of(h->all[i].text));
		buf_putc(b, '}');
	}
	buf_puts(b, "],");
}

void
status_json(struct app *app, struct response *r)
{
	struct buf *b = &r->body;

	response_json(r, 200);
	put_master(b, app->board);
	put_health(b, health_look(app));
	put_redis(b, app);
	put_servers(b, app);
	put_spool(b, app);
	put_keys(b, app);
	put_cache(b, app);
	put_outbox(b, app);
	if (app->conf->relay_enabled)
		sinks_json(app, b);
	buf_puts(b, "\"pools\":[");
	for (uint32_t i = 0; numbers_role(app->board, i); i++) {
		if (i > 0)
			buf_putc(b, ',');
		put_pool(b, app->board, i);
	}
	buf_puts(b, "]}");
}
