/* SPDX-License-Identifier: ISC */
/*
 * The status page: what is wrong, some numbers, the pools, Redis and the spool, the stages, the processes. Without script;
 * everything that is not a number of ours is escaped.
 */
#include "config.h"

#include <stdio.h>

#include "admin/health.h"
#include "admin/numbers.h"
#include "admin/pages.h"
#include "admin/sinks.h"
#include "base/clock.h"
#include "store/look.h"
#include "store/redis.h"
#include "web/route.h"

#include "admin/status.h"

#define REFRESH_MAX 3600 /* seconds */

/* Loads itself again only if it is asked to, as a page on a wall is: who reads it would lose the place, and the focus. */
static void
begin(const struct request *q, struct response *r)
{
	struct operators_page p;
	struct str seconds = pages_asked(q, "refresh");
	uint64_t n;

	pages_begin(&p, "Status");
	if (seconds.p != NULL && str_to_u64(seconds, REFRESH_MAX, &n) && n > 0)
		pages_set(&p, "refresh", seconds);
	pages_finish(&p, r, 200, template_status);
}

/* A number cell; nothing and worse than nothing look different. */
static void
cell(struct buf *b, uint64_t n, bool bad)
{

	buf_printf(b, "<td class=\"n%s\">%llu</td>", n == 0 ? " z" : bad ? " bad" : "", (unsigned long long)n);
}

static void
put_time(struct buf *b, uint64_t ns)
{

	if (ns == 0)
		buf_puts(b, "&gt; 4.2&#8239;s");
	else if (ns < 1000000)
		buf_printf(b, "%llu&#8239;&#181;s", (unsigned long long)(ns / 1000));
	else if (ns < 1000000000)
		buf_printf(b, "%llu&#8239;ms", (unsigned long long)(ns / 1000000));
	else
		buf_printf(
		    b, "%llu.%llu&#8239;s", (unsigned long long)(ns / 1000000000), (unsigned long long)(ns / 100000000 % 10));
}

static void
put_duration(struct buf *b, int64_t s)
{

	if (s >= 2 * 86400)
		buf_printf(b, "%lld&#8239;d", (long long)s / 86400);
	else if (s >= 2 * 3600)
		buf_printf(b, "%lld&#8239;h", (long long)s / 3600);
	else if (s >= 2 * 60)
		buf_printf(b, "%lld&#8239;min", (long long)s / 60);
	else
		buf_printf(b, "%lld&#8239;s", (long long)s);
}

/* Opens the list of what is wrong at its first use, and says one thing. */
static void
alarm_of(struct buf *b, unsigned *n, const char *text)
{

	buf_printf(b, "%s<li>", (*n)++ == 0 ? "<ul class=\"alarm\">\n" : "");
	buf_html(b, str_of(text));
	buf_puts(b, "</li>\n");
}

/* What is wrong with one pool: processes that are missing, breakers that are open, a queue that is half full. */
static void
alarm_pool(struct buf *b, const struct board *board, uint32_t role, unsigned *n)
{
	const struct board_role *r = &board->roles[role];
	uint64_t alive = numbers_in_state(board, role, BOARD_READY) + numbers_in_state(board, role, BOARD_BUSY);
	uint64_t open = numbers_breakers(board, role, 1) + numbers_breakers(board, role, 2);
	char text[160];

	if (alive < r->wanted) {
		snprintf(
		    text, sizeof(text), "Pool %s has %llu of %u processes.", r->name, (unsigned long long)alive, r->wanted);
		alarm_of(b, n, text);
	}
	if (open > 0) {
		snprintf(text, sizeof(text), "Pool %s does not reach Redis: %llu of %llu processes.", r->name,
		    (unsigned long long)open, (unsigned long long)alive);
		alarm_of(b, n, text);
	}
	if (numbers_serves(board, role) && r->queue_max > 0 && r->queue_len * 2 > r->queue_max) {
		snprintf(text, sizeof(text), "Pool %s does not keep up: %d of %d connections wait.", r->name, (int)r->queue_len,
		    (int)r->queue_max);
		alarm_of(b, n, text);
	}
}

static void
put_verdict(struct buf *b, struct app *app)
{
	const struct health *h = health_look(app);
	struct cache_numbers c = { .lease_left = 1 };
	unsigned n = 0;

	if (app->cache != NULL)
		cache_numbers(app->cache, &c);
	for (size_t i = 0; i < h->n; i++)
		alarm_of(b, &n, h->all[i].text);
	if (app->board->last_reload == RELOAD_FAILED)
		alarm_of(b, &n, "The last reload was refused; the log says why. The old configuration goes on.");
	for (uint32_t i = 0; numbers_role(app->board, i); i++)
		alarm_pool(b, app->board, i, &n);
	if (c.lease_left <= 0)
		alarm_of(b, &n, "The session cache is off: Redis does not tell of changes. Every check asks Redis.");
	buf_puts(b, n > 0 ? "</ul>\n" : "<p class=\"well\">All is well.</p>\n");
}

static void
tile(struct buf *b, const char *name, uint64_t value, const char *unit)
{

	buf_printf(b, "<div><dt>%s</dt><dd>%llu <small>%s</small></dd></div>\n", name, (unsigned long long)value, unit);
}

/* Sums over the pools that serve; helpers answer only us. */
static void
put_tiles(struct buf *b, struct app *app)
{
	uint64_t server = 0, busy = 0, hits = 0, misses = 0, slow = 0;
	struct numbers_outbox o;
	struct board_numbers t;
	char text[64];

	for (uint32_t i = 0; numbers_role(app->board, i); i++) {
		if (!numbers_serves(app->board, i))
			continue;
		board_totals(app->board, i, &t);
		server += board_answered(&t, 5);
		hits += board_counted(&t, COUNT_CACHE_HITS);
		misses += board_counted(&t, COUNT_CACHE_MISSES);
		slow += board_counted(&t, COUNT_SLOW);
		busy += numbers_in_state(app->board, i, BOARD_BUSY);
	}
	buf_puts(b, "<dl class=\"tiles\">\n");
	tile(b, "Requests", status_requests(app->board), "");
	tile(b, "In hand", busy, "");
	tile(b, "Answers 5xx", server, "");
	tile(b, "Slow", slow, "requests");
	snprintf(text, sizeof(text), "of %u", app->board->max_hashing);
	tile(b, "Hashing", numbers_hashing(app->board), text);
	if (app->cache != NULL)
		tile(b, "Cache hits", hits + misses == 0 ? 0 : hits * 100 / (hits + misses), "%");
	numbers_outbox(app, &o);
	if (o.known)
		tile(b, "Outbox", o.events, "events");
	tile(b, "Replaced", app->board->respawns, "processes");
	buf_puts(b, "</dl>\n");
}

static void
put_pool(struct buf *b, const struct board *board, uint32_t role)
{
	const struct board_role *r = &board->roles[role];
	uint64_t ready = numbers_in_state(board, role, BOARD_READY), busy = numbers_in_state(board, role, BOARD_BUSY);
	struct board_numbers t;

	board_totals(board, role, &t);
	buf_printf(b, "<tr><td>%s</td><td class=\"n\">%u</td>", r->name, r->wanted);
	buf_printf(
	    b, "<td class=\"n%s\">%llu</td>", ready + busy < r->wanted ? " bad" : "", (unsigned long long)(ready + busy));
	cell(b, busy, false);
	if (numbers_serves(board, role) && r->queue_len >= 0)
		cell(b, (uint64_t)r->queue_len, true);
	else
		buf_puts(b, "<td></td>");
	cell(b, board_counted(&t, COUNT_REQUESTS), false);
	for (int class = 2; class <= 5; class ++)
		cell(b, board_answered(&t, class), class == 5);
	for (int percent = 50; percent <= 99; percent += 49) {
		buf_puts(b, "<td class=\"n\">");
		if (numbers_observed(&t, STAGE_NONE) > 0)
			put_time(b, numbers_quantile(&t, STAGE_NONE, (unsigned)percent));
		buf_puts(b, "</td>");
	}
	cell(b, board_counted(&t, COUNT_STORE_ERRORS), true);
	cell(b, board_counted(&t, COUNT_USERDB_ERRORS), true);
	cell(b, board_counted(&t, COUNT_REFUSED_OVERLOAD), true);
	cell(b, board_counted(&t, COUNT_THROTTLED), true);
	cell(b, r->deaths, true);
	buf_puts(b, "</tr>\n");
}

static void
put_pools(struct buf *b, const struct board *board)
{

	buf_puts(b,
	    "<h2>Pools</h2>\n<div class=\"scroll\" tabindex=\"0\"><table>\n<tr><th>pool<th class=\"n\">wanted<th "
	    "class=\"n\">up<th "
	    "class=\"n\">busy"
	    "<th class=\"n\">waiting<th class=\"n\">requests<th class=\"n\">2xx<th class=\"n\">3xx<th class=\"n\">4xx"
	    "<th class=\"n\">5xx<th class=\"n\">half within<th class=\"n\">99 % within<th class=\"n\">Redis errors"
	    "<th class=\"n\">user db errors<th class=\"n\">refused<th class=\"n\">throttled<th class=\"n\">deaths</tr>\n");
	for (uint32_t i = 0; numbers_role(board, i); i++)
		put_pool(b, board, i);
	buf_puts(b, "</table></div>\n");
}

static void
put_servers(struct buf *b, struct app *app)
{
	struct redis_server server;

	buf_puts(b,
	    "<h2>Redis</h2>\n<div class=\"scroll\" tabindex=\"0\"><table>\n<tr><th>server<th>role<th>version<th class=\"n\">"
	    "replicas<th class=\"n\">failovers</tr>\n");
	for (size_t i = 0; redis_store_server(app->redis, i, &server); i++) {
		buf_puts(b, "<tr><td>");
		buf_html(b, str_of(server.name[0] != '\0' ? server.name : "not found"));
		buf_puts(b, "</td><td>");
		buf_html(b, str_of(server.seen->role));
		buf_puts(b, "</td><td>");
		buf_html(b, str_of(server.seen->version));
		buf_puts(b, "</td>");
		cell(b, server.seen->replicas, false);
		cell(b, server.failovers, true);
		buf_puts(b, "</tr>\n");
	}
	buf_puts(b, "</table></div>\n");
}

/* What was promised while Redis was away, in a line: what waits is bad, and so is a file that nobody can read. */
static void
put_spool(struct buf *b, struct app *app)
{
	struct spool_numbers n;

	if (app->spool == NULL)
		return;
	if (spool_numbers(app->spool, &n) != DW_OK) {
		buf_puts(b, "<p id=\"spool\" class=\"bad\">Spool: it cannot be read, the log says why.</p>\n");
		return;
	}
	buf_printf(b, "<p id=\"spool\"%s>Spool: %llu endings wait for Redis", n.pending > 0 ? " class=\"bad\"" : "",
	    (unsigned long long)n.pending);
	if (n.pending > 0) {
		buf_puts(b, ", the first of them for ");
		put_duration(b, n.oldest_seconds);
	}
	buf_printf(b, "; %llu written lately, %zu refused here, %llu damaged files.</p>\n", (unsigned long long)n.replayed,
	    deny_count(app->deny), (unsigned long long)n.damaged);
}

/* Where the time goes: 99 of 100 requests that were in a stage left it within this time. */
static void
put_stages(struct buf *b, const struct board *board)
{
	struct board_numbers t;

	buf_puts(b, "<h2>Time by stage, 99 % within</h2>\n<div class=\"scroll\" tabindex=\"0\"><table>\n<tr><th>pool");
	for (enum board_stage s = STAGE_READ; s < BOARD_STAGES; s++)
		buf_printf(b, "<th class=\"n\">%s", board_stage_word(s));
	buf_puts(b, "</tr>\n");
	for (uint32_t i = 0; numbers_role(board, i); i++) {
		if (!numbers_serves(board, i))
			continue;
		board_totals(board, i, &t);
		buf_printf(b, "<tr><td>%s</td>", board->roles[i].name);
		for (enum board_stage s = STAGE_READ; s < BOARD_STAGES; s++) {
			buf_puts(b, "<td class=\"n\">");
			if (numbers_observed(&t, s) > 0)
				put_time(b, numbers_quantile(&t, s, 99));
			buf_puts(b, "</td>");
		}
		buf_puts(b, "</tr>\n");
	}
	buf_puts(b, "</table></div>\n");
}

static void
put_process(struct buf *b, const struct board *board, const struct board_slot *s)
{
	const char *route = route_name(s->route);
	char trace[sizeof(s->trace)];

	buf_printf(b, "<tr><td>%s</td><td class=\"n\">%d</td><td class=\"n\">%u</td><td>%s</td><td class=\"n\">",
	    s->role < BOARD_ROLES ? board->roles[s->role].name : "", s->pid, s->generation, board_state_word(s->state));
	put_duration(b, (clock_wall_ms() - s->started) / 1000);
	buf_puts(b, "</td>");
	cell(b, board_counted(&s->numbers, COUNT_REQUESTS), false);
	cell(b, s->connections, false);
	buf_printf(b, "<td class=\"bad\">%s</td><td>", s->breaker == 0 ? "" : status_breaker_word(s));
	if (s->state == BOARD_BUSY) {
		board_trace(s, trace);
		buf_printf(b, "%s, %s, %lld ms, trace %s", route == NULL ? "admin" : route, board_stage_word(s->stage),
		    (long long)status_busy_ms(s), trace);
	}
	buf_puts(b, "</td></tr>\n");
}

static void
put_processes(struct buf *b, const struct board *board)
{

	buf_puts(b, "<h2>Processes</h2>\n<div class=\"scroll\" tabindex=\"0\"><table>\n<tr><th>pool<th class=\"n\">pid<th "
		    "class=\"n\">generation<th>state"
		    "<th class=\"n\">age<th class=\"n\">requests<th class=\"n\">connections<th>breaker<th>in hand</tr>\n");
	for (size_t i = 0; i < BOARD_SLOTS; i++)
		if (board->slots[i].state != BOARD_FREE)
			put_process(b, board, &board->slots[i]);
	buf_puts(b, "</table></div>\n");
}

void
status_html(struct app *app, const struct request *q, struct response *r)
{
	const struct board *board = app->board;
	struct buf *b = &r->body;

	begin(q, r);
	buf_printf(
	    b, "<p>doorward, version " PACKAGE_VERSION ", master %d, generation %u, up ", board->master_pid, board->generation);
	put_duration(b, (clock_wall_ms() - board->started) / 1000);
	buf_puts(b, ", at ");
	buf_time(b, clock_wall_ms() / 1000);
	buf_puts(b, "</p>\n");
	put_verdict(b, app);
	put_tiles(b, app);
	put_pools(b, board);
	put_servers(b, app);
	put_spool(b, app);
	if (app->conf->relay_enabled)
		sinks_html(app, b);
	put_stages(b, board);
	put_processes(b, board);
	buf_puts(b, "</main>\n</body>\n</html>\n");
}
