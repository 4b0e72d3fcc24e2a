/* SPDX-License-Identifier: ISC */
/*
 * "status --watch": two samples a second apart, and what happened between them as rates. After the first answer an outage is
 * shown and not an end: what is watched may be a restart.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/clock.h"
#include "base/json.h"
#include "ctl/ctl.h"
#include "ctl/http.h"
#include "ctl/print.h"

#include "ctl/top.h"

#define ANSWER_MAX (1 << 20)
#define PERIOD 1000 /* ms */
#define BUSY_MAX 10 /* processes shown */
#define ROW_MAX 512 /* bytes of a line */

static volatile sig_atomic_t ended;

struct top {
	const char *path;
	char *mem;
	bool terminal;            /* we may draw */
	struct json_object *last; /* the sample before this one; NULL = none */
	int64_t last_at;
};

static void
on_signal(int number)
{

	(void)number;
	ended = 1;
}

/* A line of the picture. What was longer there before is wiped. */
static void line(const struct top *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void
line(const struct top *t, const char *fmt, ...)
{
	char row[ROW_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(row, sizeof(row), fmt, ap);
	va_end(ap);
	print_shown(stdout, str_of(row));
	puts(t->terminal ? "\033[K" : "");
}

static struct json_object *
member(struct json_object *o, const char *name)
{
	struct json_object *v = NULL;

	return (o != NULL && json_object_object_get_ex(o, name, &v) ? v : NULL);
}

/* A number, 0 for one that is not there. */
static double
number(struct json_object *o, const char *name)
{

	return (json_object_get_double(member(o, name)));
}

static const char *
text(struct json_object *o, const char *name)
{
	const char *s = json_object_get_string(member(o, name));

	return (s == NULL ? "" : s);
}

/* The element of array ${list} whose name is that of ${like}; NULL if there is none. */
static struct json_object *
same_pool(struct json_object *list, struct json_object *like)
{

	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++)
		if (strcmp(text(json_object_array_get_idx(list, i), "name"), text(like, "name")) == 0)
			return (json_object_array_get_idx(list, i));
	return (NULL);
}

/* How much a counter has grown; after a restart of the daemon it may have begun again. */
static double
grown(struct json_object *now, struct json_object *before, const char *name)
{
	double n = number(now, name), old = number(before, name);

	return (before == NULL ? 0 : n < old ? n : n - old);
}

static void
draw_pool(const struct top *t, struct json_object *now, struct json_object *before, double seconds)
{
	struct json_object *s = member(now, "status"), *old = member(before, "status"), *queue = member(now, "queue");
	struct json_object *all = member(member(now, "stages"), "request"),
			   *all_old = member(member(before, "stages"), "request");
	double n = grown(all, all_old, "count"), us = grown(all, all_old, "total_us");
	char waiting[16] = "-", mean[24] = "-";

	if (json_object_is_type(queue, json_type_int))
		snprintf(waiting, sizeof(waiting), "%d", json_object_get_int(queue));
	if (n > 0)
		snprintf(mean, sizeof(mean), "%.3f", us / n / 1000);
	line(t, "%-8s %3.0f/%-3.0f %5.0f %7s %10.1f %8.1f %8.1f %8.1f %9s %9.1f %7.0f", text(now, "name"),
	    number(now, "ready") + number(now, "busy"), number(now, "wanted"), number(now, "busy"), waiting,
	    grown(now, before, "requests") / seconds, grown(s, old, "2xx") / seconds, grown(s, old, "4xx") / seconds,
	    grown(s, old, "5xx") / seconds, mean, grown(now, before, "store_errors") / seconds, number(now, "deaths"));
}

static void
draw_pools(const struct top *t, struct json_object *o, double seconds)
{
	struct json_object *pools = member(o, "pools");

	line(t, "%-8s %-7s %5s %7s %10s %8s %8s %8s %9s %9s %7s", "POOL", " UP", "BUSY", "WAITING", "REQUESTS/S", "2XX/S",
	    "4XX/S", "5XX/S", "MEAN MS", "REDIS E/S", "DEATHS");
	for (size_t i = 0; pools != NULL && i < json_object_array_length(pools); i++) {
		struct json_object *p = json_object_array_get_idx(pools, i);

		draw_pool(t, p, same_pool(member(t->last, "pools"), p), seconds);
	}
}

/* Where the time goes, in ms a request that was in the stage. */
static void
draw_stages(const struct top *t, struct json_object *o)
{
	static const char *const stages[] = { "read", "rules", "redis", "userdb", "pwhash", "write" };
	struct json_object *pools = member(o, "pools");

	line(t, "%-8s %9s %9s %9s %9s %9s %9s", "MEAN MS", "READ", "RULES", "REDIS", "USERDB", "PWHASH", "WRITE");
	for (size_t i = 0; pools != NULL && i < json_object_array_length(pools); i++) {
		struct json_object *p = json_object_array_get_idx(pools, i), *now = member(p, "stages");
		struct json_object *before = member(same_pool(member(t->last, "pools"), p), "stages");
		char row[128];
		int len = snprintf(row, sizeof(row), "%-8s", text(p, "name"));

		if (now == NULL)
			continue;
		for (size_t k = 0; k < sizeof(stages) / sizeof(stages[0]); k++) {
			struct json_object *s = member(now, stages[k]), *old = member(before, stages[k]);
			double n = grown(s, old, "count");

			if (n > 0)
				len += snprintf(
				    row + len, sizeof(row) - (size_t)len, " %9.3f", grown(s, old, "total_us") / n / 1000);
			else
				len += snprintf(row + len, sizeof(row) - (size_t)len, " %9s", "-");
		}
		line(t, "%s", row);
	}
}

static void
draw_busy(const struct top *t, struct json_object *o)
{
	struct json_object *pools = member(o, "pools");
	int shown = 0;

	line(t, "%-8s %8s %-12s %-8s %8s %s", "IN HAND", "PID", "ROUTE", "STAGE", "MS", "TRACE");
	for (size_t i = 0; pools != NULL && i < json_object_array_length(pools); i++) {
		struct json_object *p = json_object_array_get_idx(pools, i), *workers = member(p, "workers");

		if (member(p, "stages") == NULL) /* the helpers, the one among them that answers us */
			continue;
		for (size_t k = 0; workers != NULL && k < json_object_array_length(workers) && shown < BUSY_MAX; k++) {
			struct json_object *w = json_object_array_get_idx(workers, k);

			if (strcmp(text(w, "state"), "busy") != 0)
				continue;
			shown++;
			line(t, "%-8s %8.0f %-12s %-8s %8.0f %s", text(p, "name"), number(w, "pid"), text(w, "route"),
			    text(w, "stage"), number(w, "busy_ms"), text(w, "trace_id"));
		}
	}
}

/* Hits and misses of all pools since the last sample. */
static void
draw_cache(const struct top *t, struct json_object *o)
{
	struct json_object *pools = member(o, "pools");
	double hits = 0, asked = 0;

	for (size_t i = 0; pools != NULL && i < json_object_array_length(pools); i++) {
		struct json_object *p = json_object_array_get_idx(pools, i), *old = same_pool(member(t->last, "pools"), p);

		hits += grown(p, old, "cache_hits");
		asked += grown(p, old, "cache_hits") + grown(p, old, "cache_misses");
	}
	line(t, "cache %s, hits %.0f %%   hashing %.0f of %.0f   outbox %s   slow %.0f   killed %.0f   replaced %.0f",
	    member(o, "cache") == NULL                                  ? "none"
	    : json_object_get_boolean(member(member(o, "cache"), "on")) ? "on"
									: "OFF",
	    asked > 0 ? hits * 100 / asked : 0, number(o, "hashing"), number(o, "max_hashing"),
	    member(o, "outbox") == NULL ? "unknown" : text(member(o, "outbox"), "events"), number(o, "slow"),
	    number(o, "killed"), number(o, "respawns"));
}

static void
draw(struct top *t, struct json_object *o)
{
	int64_t now = clock_mono_ms();
	double seconds = t->last == NULL || now <= t->last_at ? 1 : (double)(now - t->last_at) / 1000;

	if (t->terminal)
		fputs("\033[H", stdout);
	line(t, "doorward %s   master %.0f   generation %.0f   last reload %s   up %.0f s%s", text(o, "version"),
	    number(o, "pid"), number(o, "generation"), text(o, "last_reload"), number(o, "uptime"),
	    t->terminal ? "   (q leaves)" : "");
	draw_cache(t, o);
	line(t, "%s", "");
	draw_pools(t, o, seconds);
	line(t, "%s", "");
	draw_stages(t, o);
	line(t, "%s", "");
	draw_busy(t, o);
	if (t->terminal)
		fputs("\033[J", stdout); /* what was below */
	else
		putchar('\n');
	fflush(stdout);
	json_object_put(t->last);
	t->last = o;
	t->last_at = now;
}

/* False after saying why there is no sample. */
static bool
sample(struct top *t)
{
	struct json_object *o;
	struct str body;
	int status = http_get(t->path, "/status?json", t->mem, ANSWER_MAX, &body);

	if (status < 0)
		return (false);
	if (status != 200 || (o = json_parse_strict(body)) == NULL) {
		ctl_say("the daemon's answer cannot be read");
		return (false);
	}
	draw(t, o);
	return (true);
}

/* Waits for the next turn. False: q was pressed, or a signal came. */
static bool
wait_turn(bool keys)
{
	int64_t until = clock_mono_ms() + PERIOD, left;
	struct pollfd p = { .fd = keys ? STDIN_FILENO : -1, .events = POLLIN };
	char c;

	while (!ended && (left = until - clock_mono_ms()) > 0) {
		if (poll(&p, 1, (int)left) <= 0 || p.revents == 0)
			continue;
		if (read(STDIN_FILENO, &c, 1) != 1)
			p.fd = -1;
		else if (c == 'q' || c == 'Q')
			return (false);
	}
	return (!ended);
}

/* Keys without a return and unseen, as long as we watch. False: there are none. */
static bool
take_keys(struct termios *old)
{
	struct termios raw;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, old) != 0)
		return (false);
	raw = *old;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	return (tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0);
}

static bool
can_draw(void)
{
	const char *term = getenv("TERM");

	return (isatty(STDOUT_FILENO) && term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0);
}

int
top_run(const char *path)
{
	struct top t = { .path = path, .mem = malloc(ANSWER_MAX), .terminal = can_draw() };
	const struct sigaction stop = { .sa_handler = on_signal };
	struct termios old;
	int result = CTL_FAILED;
	bool keys;

	if (t.mem == NULL) {
		ctl_say("out of memory");
		return (CTL_FAILED);
	}
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	keys = take_keys(&old);
	if (t.terminal)
		fputs("\033[2J", stdout);
	/* Once it has answered, an outage is something to look at too: a restart, for example. */
	if (sample(&t)) {
		result = CTL_DONE;
		while (wait_turn(keys))
			(void)sample(&t);
	}
	if (keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &old);
	json_object_put(t.last);
	free(t.mem);
	return (result);
}
