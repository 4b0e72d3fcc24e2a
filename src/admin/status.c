/* The scoreboard, for people and for programs. No user, no address: a route and a trace id lead on in the log. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "auth/csrf.h"
#include "base/clock.h"
#include "web/route.h"

#include "admin/routes.h"

static const char style[] =
    "body{margin:2rem auto;max-width:70rem;padding:0 1rem;font:1rem/1.5 system-ui,sans-serif;color:#1c2733;"
    "background:#fff}table{border-collapse:collapse;margin:1rem 0;width:100%}"
    "th,td{text-align:left;padding:.25rem .75rem;border-bottom:1px solid #d5dce4;"
    "font-variant-numeric:tabular-nums}th{font-weight:600}.n{text-align:right}.alarm{color:#a3271f;"
    "font-weight:600}@media (prefers-color-scheme:dark){body{color:#e4e9ef;background:#12171d}"
    "th,td{border-color:#313c48}.alarm{color:#ff9b93}}";

static const char *
reload_word(const struct board *board)
{
	static const char *const words[] = { "none", "ok", "failed" };

	return (words[board->last_reload <= RELOAD_FAILED ? board->last_reload : RELOAD_NONE]);
}

static const char *
breaker_word(const struct board_slot *s)
{
	static const char *const words[] = { "closed", "open", "half-open" };

	return (s->breaker < 3 ? words[s->breaker] : "unknown");
}

static const char *
role_name(const struct board *board, const struct board_slot *s)
{

	return (s->role < BOARD_ROLES ? board->roles[s->role].name : "");
}

/* Milliseconds the request in hand has taken; 0 if there is none. */
static int64_t
busy_ms(const struct board_slot *s)
{
	int64_t ms = clock_mono_ms() - s->busy_since;

	return (s->state == BOARD_BUSY && ms > 0 ? ms : 0);
}

static void
put_route(struct buf *b, const struct board_slot *s)
{

	buf_json(b, s->state == BOARD_BUSY ? str_of(route_name(s->route)) : STR_NONE);
}

static void
json_worker(struct buf *b, const struct board *board, const struct board_slot *s)
{
	char trace[sizeof(s->trace)];

	board_trace(s, trace);
	buf_printf(b, "{\"role\":\"%s\",\"pid\":%d,\"generation\":%u,\"state\":\"%s\",\"stage\":\"%s\",",
	    role_name(board, s), s->pid, s->generation, board_state_word(s->state), board_stage_word(s->stage));
	buf_printf(b, "\"age_ms\":%lld,\"busy_ms\":%lld,\"requests\":%llu,\"connections\":%u,\"breaker\":\"%s\",",
	    (long long)(clock_wall_ms() - s->started), (long long)busy_ms(s), (unsigned long long)board_counted(&s->numbers, COUNT_REQUESTS),
	    s->connections, breaker_word(s));
	buf_puts(b, "\"route\":");
	put_route(b, s);
	buf_puts(b, ",\"trace_id\":");
	buf_json(b, s->state == BOARD_BUSY && trace[0] != '\0' ? str_of(trace) : STR_NONE);
	buf_putc(b, '}');
}

static void
json_pool(struct buf *b, const struct board *board, uint32_t role)
{
	struct board_numbers t;
	bool first = true;

	board_totals(board, role, &t);
	buf_printf(b, "{\"name\":\"%s\",\"wanted\":%u,\"deaths\":%llu,\"requests\":%llu,\"accepted\":%llu,",
	    board->roles[role].name, board->roles[role].wanted, (unsigned long long)board->roles[role].deaths,
	    (unsigned long long)board_counted(&t, COUNT_REQUESTS), (unsigned long long)board_counted(&t, COUNT_ACCEPTED));
	buf_printf(b,
	    "\"store_errors\":%llu,\"userdb_errors\":%llu,\"refused_overload\":%llu,\"hash_ms\":%llu,\"status\":{",
	    (unsigned long long)board_counted(&t, COUNT_STORE_ERRORS), (unsigned long long)board_counted(&t, COUNT_USERDB_ERRORS),
	    (unsigned long long)board_counted(&t, COUNT_REFUSED_OVERLOAD), (unsigned long long)board_counted(&t, COUNT_HASH_MS));
	for (int class = 1; class <= 5; class++)
		buf_printf(b, "%s\"%dxx\":%llu", class > 1 ? "," : "", class, (unsigned long long)board_answered(&t, class));
	buf_puts(b, "},\"workers\":[");
	for (size_t i = 0; i < BOARD_SLOTS; i++) {
		const struct board_slot *s = &board->slots[i];

		if (s->state == BOARD_FREE || s->role != role)
			continue;
		if (!first)
			buf_putc(b, ',');
		first = false;
		json_worker(b, board, s);
	}
	buf_puts(b, "]}");
}

/* Requests of all pools that serve; the operators' own are not the service's. */
static uint64_t
all_requests(const struct board *board)
{
	struct board_numbers t;
	uint64_t n = 0;

	for (uint32_t i = 0; i < BOARD_ROLES && board->roles[i].name[0] != '\0'; i++) {
		if (strcmp(board->roles[i].name, "admin") == 0)
			continue;
		board_totals(board, i, &t);
		n += board_counted(&t, COUNT_REQUESTS);
	}
	return (n);
}

static void
put_json(struct response *r, const struct board *board)
{
	struct buf *b = &r->body;

	response_json(r, 200);
	buf_printf(b, "{\"version\":\"" PACKAGE_VERSION "\",\"pid\":%d,\"started_at\":\"", board->master_pid);
	buf_time(b, board->started / 1000);
	buf_printf(b, "\",\"uptime\":%lld,\"generation\":%u,\"last_reload\":\"%s\",\"reloaded_at\":",
	    (long long)(clock_wall_ms() - board->started) / 1000, board->generation, reload_word(board));
	if (board->reloaded_at == 0) {
		buf_puts(b, "null");
	} else {
		buf_putc(b, '"');
		buf_time(b, board->reloaded_at / 1000);
		buf_putc(b, '"');
	}
	buf_printf(b,
	    ",\"respawns\":%llu,\"slow\":%llu,\"killed\":%llu,\"requests\":%llu,\"max_hashing\":%u,\"redis_pid\":",
	    (unsigned long long)board->respawns, (unsigned long long)board->slow, (unsigned long long)board->killed,
	    (unsigned long long)all_requests(board), board->max_hashing);
	if (board->redis_pid == 0)
		buf_puts(b, "null");
	else
		buf_printf(b, "%u", board->redis_pid);
	buf_puts(b, ",\"pools\":[");
	for (uint32_t i = 0; i < BOARD_ROLES && board->roles[i].name[0] != '\0'; i++) {
		if (i > 0)
			buf_putc(b, ',');
		json_pool(b, board, i);
	}
	buf_puts(b, "]}");
}

static void
html_worker(struct buf *b, const struct board *board, const struct board_slot *s)
{
	const char *route = s->state == BOARD_BUSY ? route_name(s->route) : NULL;
	char trace[sizeof(s->trace)];

	board_trace(s, trace);
	buf_printf(b, "<tr><td>%s</td><td class=\"n\">%d</td><td class=\"n\">%u</td><td>%s</td>", role_name(board, s),
	    s->pid, s->generation, board_state_word(s->state));
	buf_printf(b, "<td class=\"n\">%lld s</td><td class=\"n\">%llu</td><td class=\"n\">%u</td><td>%s</td>",
	    (long long)(clock_wall_ms() - s->started) / 1000, (unsigned long long)board_counted(&s->numbers, COUNT_REQUESTS), s->connections,
	    s->breaker == 0 ? "" : breaker_word(s));
	if (s->state == BOARD_BUSY)
		buf_printf(b, "<td>%s %s, %lld ms, %s</td></tr>\n", route == NULL ? "" : route,
		    board_stage_word(s->stage), (long long)busy_ms(s), trace);
	else
		buf_puts(b, "<td></td></tr>\n");
}

static void
html_pool(struct buf *b, const struct board *board, uint32_t role)
{
	struct board_numbers t;

	board_totals(board, role, &t);
	buf_printf(b, "<tr><td>%s</td><td class=\"n\">%u</td><td class=\"n\">%llu</td>", board->roles[role].name,
	    board->roles[role].wanted, (unsigned long long)board_counted(&t, COUNT_REQUESTS));
	for (int class = 2; class <= 5; class++)
		buf_printf(b, "<td class=\"n\">%llu</td>", (unsigned long long)board_answered(&t, class));
	buf_printf(b, "<td class=\"n\">%llu</td><td class=\"n\">%llu</td></tr>\n", (unsigned long long)board_counted(&t, COUNT_STORE_ERRORS),
	    (unsigned long long)board->roles[role].deaths);
}

static void
begin_html(struct response *r)
{
	char nonce[CSRF_COOKIE_TEXT + 1] = "", csp[256];

	(void)csrf_random(nonce); /* without randomness the page is plain */
	snprintf(csp, sizeof(csp), "default-src 'none'; style-src 'nonce-%s'; frame-ancestors 'none'; base-uri 'none'",
	    nonce);
	response_html(r, 200);
	r->own_csp = true;
	response_header(r, "Content-Security-Policy", str_of(csp));
	buf_printf(&r->body,
	    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>doorward: "
	    "status</title>\n"
	    "<style nonce=\"%s\">%s</style>\n</head>\n<body>\n<h1>doorward</h1>\n",
	    nonce, style);
}

static void
put_html(struct response *r, const struct board *board)
{
	struct buf *b = &r->body;

	begin_html(r);
	buf_printf(b,
	    "<p>Version " PACKAGE_VERSION
	    ", master %d, up %lld s, generation %u, replaced %llu, slow %llu, killed %llu.",
	    board->master_pid, (long long)(clock_wall_ms() - board->started) / 1000, board->generation,
	    (unsigned long long)board->respawns, (unsigned long long)board->slow, (unsigned long long)board->killed);
	if (board->last_reload == RELOAD_FAILED)
		buf_puts(b, " <span class=\"alarm\">The last reload was refused, the log says why.</span>");
	buf_puts(b, "</p>\n<h2>Pools</h2>\n<table>\n<tr><th>pool</th><th>wanted</th><th>requests</th><th>2xx</"
		    "th><th>3xx</th><th>4xx</th>"
		    "<th>5xx</th><th>Redis errors</th><th>deaths</th></tr>\n");
	for (uint32_t i = 0; i < BOARD_ROLES && board->roles[i].name[0] != '\0'; i++)
		html_pool(b, board, i);
	buf_puts(b, "</table>\n<h2>Processes</h2>\n<table>\n<tr><th>pool</th><th>pid</th><th>generation</th><th>state</"
		    "th><th>age</th>"
		    "<th>requests</th><th>connections</th><th>breaker</th><th>in hand</th></tr>\n");
	for (size_t i = 0; i < BOARD_SLOTS; i++)
		if (board->slots[i].state != BOARD_FREE)
			html_worker(b, board, &board->slots[i]);
	buf_puts(b, "</table>\n</body>\n</html>\n");
}

/* ?json, whatever its value. */
static bool
wants_json(const struct request *q)
{
	bool bad = false;

	return (str_is(q->query, "json") || request_query(q, "json", &bad).p != NULL);
}

void
status_page(struct app *app, struct request *q, struct response *r)
{

	if (wants_json(q))
		put_json(r, app->board);
	else
		put_html(r, app->board);
}
