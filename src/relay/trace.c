/* SPDX-License-Identifier: ISC */
/*
 * Once a second what lies in the rings becomes one request of OTLP over HTTP, in JSON, which the driver "otlp" of the module
 * sink_http sends. One is under way at a time; meanwhile spans wait in the rings, which drop what has no room. A batch that was
 * not taken is sent again, a few times, and then dropped and counted: traces are worth no more.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "doorward/board.h"
#include "doorward/sink.h"
#include "doorward/trace.h"
#include "relay/sinks.h"

#include "relay/trace.h"

#define LOOK_MS 1000
#define BATCH_MAX 512
#define SPAN_JSON 1024 /* bytes of one, a long mount included */
#define BODY_MAX_BYTES (BATCH_MAX * SPAN_JSON + 1024)
#define TRIES 5 /* after 1, 2, 4, 8 s */

struct trace {
	struct relay *relay;
	const struct sink_driver *driver;
	struct sink_env env;
	void *sink;
	char *body; /* of the batch */
	size_t len, n;
	bool flying;
	unsigned tries;
	int64_t due;
	struct span spans[BATCH_MAX];
};

/* The delivery that drivers hand back is none of the queue's. */
static void
done(struct sink_delivery *d, enum sink_outcome outcome, const char *error)
{
	struct trace *t = (struct trace *)(void *)d;
	static int64_t said;

	t->flying = false;
	t->due = clock_mono_ms() + (outcome == SINK_DELIVERED ? LOOK_MS : LOOK_MS << t->tries);
	if (outcome != SINK_DELIVERED) {
		if (log_due(&said))
			log_warn("the collector does not take spans error=%s", log_text(str_of(error == NULL ? "" : error)));
		if (outcome == SINK_RETRY && ++t->tries < TRIES)
			return;
		trace_lost(t->relay->child->trace, t->n);
	}
	t->n = t->len = t->tries = 0;
}

static void
put_text(struct buf *b, const char *key, const char *value)
{

	buf_printf(b, ",{\"key\":\"%s\",\"value\":{\"stringValue\":", key);
	buf_json(b, str_of(value));
	buf_puts(b, "}}");
}

/* A star of the table of routes as people write templates. */
static void
template_of(const struct trace *t, const char *route, char *out, size_t cap)
{
	const char *star = strchr(route, '*');

	if (star == NULL)
		snprintf(out, cap, "%s%s", t->relay->app.conf->mount, route);
	else
		snprintf(out, cap, "%s%.*s{sid}%s", t->relay->app.conf->mount, (int)(star - route), route, star + 1);
}

static void
put_request(const struct trace *t, const struct span *s, struct buf *b)
{
	char route[512], name[540];

	template_of(t, s->route, route, sizeof(route));
	snprintf(name, sizeof(name), "%s%s%s", strcmp(s->method, "_OTHER") == 0 ? "HTTP" : s->method,
	    s->route[0] != '\0' ? " " : "", s->route[0] != '\0' ? route : "");
	buf_puts(b, "\"name\":");
	buf_json(b, str_of(name));
	buf_printf(b, ",\"kind\":2,\"attributes\":[{\"key\":\"http.response.status_code\",\"value\":{\"intValue\":\"%u\"}}",
	    s->status);
	put_text(b, "http.request.method", s->method);
	if (s->route[0] != '\0')
		put_text(b, "http.route", route);
	buf_printf(b, "]%s", s->status >= 500 ? ",\"status\":{\"code\":2}" : "");
}

static void
put_part(const struct trace *t, const struct span *s, struct buf *b)
{
	const char *url = t->relay->app.conf->userdb_url;
	char system[16];

	snprintf(system, sizeof(system), "%.*s", (int)strcspn(url, ":"), url);
	if (s->stage == STAGE_HASH)
		buf_puts(b, "\"name\":\"hash password\",\"kind\":1");
	else if (s->stage == STAGE_REDIS)
		buf_puts(b,
		    "\"name\":\"redis\",\"kind\":3,\"attributes\":[{\"key\":\"db.system.name\",\"value\":{\"stringValue\":"
		    "\"redis\"}}]");
	else
		buf_printf(b,
		    "\"name\":\"userdb\",\"kind\":3,\"attributes\":[{\"key\":\"db.system.name\",\"value\":{\"stringValue\":"
		    "\"%s\"}}]",
		    system);
}

static void
put_span(const struct trace *t, const struct span *s, struct buf *b)
{

	buf_printf(b, "{\"traceId\":\"%s\",\"spanId\":\"", s->trace_id);
	for (size_t i = 0; i < SPAN_ID_LEN; i++)
		buf_printf(b, "%02x", s->id[i]);
	buf_puts(b, "\",");
	if (s->parent[0] != '\0')
		buf_printf(b, "\"parentSpanId\":\"%s\",", s->parent);
	buf_printf(b, "\"startTimeUnixNano\":\"%" PRId64 "\",\"endTimeUnixNano\":\"%" PRId64 "\",", s->start, s->end);
	if (s->stage == STAGE_NONE)
		put_request(t, s, b);
	else
		put_part(t, s, b);
	buf_putc(b, '}');
}

static void
write_batch(struct trace *t)
{
	struct buf b;

	buf_init(&b, t->body, BODY_MAX_BYTES);
	buf_puts(&b, "{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":"
		     "\"doorward\"}}");
	put_text(&b, "service.version", PACKAGE_VERSION);
	buf_puts(&b, "]},\"scopeSpans\":[{\"scope\":{\"name\":\"doorward\"},\"spans\":[");
	for (size_t i = 0; i < t->n; i++) {
		if (i > 0)
			buf_putc(&b, ',');
		put_span(t, &t->spans[i], &b);
	}
	buf_puts(&b, "]}]}]}");
	t->len = b.len;
	if (!b.overflow)
		return;
	trace_lost(t->relay->child->trace, t->n);
	t->n = t->len = 0;
}

static void
trace_close(void *task)
{
	struct trace *t = task;
	int saved = errno;

	if (t->sink != NULL)
		t->driver->close(t->sink);
	trace_lost(t->relay->child->trace, t->n);
	free(t->body);
	free(t);
	errno = saved;
}

static void *
trace_open(struct relay *r, bool *off, char *why, int len)
{
	struct trace *t;

	*off = r->app.conf->trace_otlp[0] == '\0' || r->child->trace == NULL;
	if (*off || (t = calloc(1, sizeof(*t))) == NULL)
		return (NULL);
	t->relay = r;
	t->env = (struct sink_env){ .done = done, .conf = r->app.conf, .keys = r->app.keys, .app = &r->app };
	if ((t->body = malloc(BODY_MAX_BYTES)) != NULL && (t->driver = sinks_driver(SINK_TRACES, why, (size_t)len)) != NULL &&
	    (t->sink = t->driver->open(sinks_traces(r->app.conf), &t->env, why, (size_t)len)) != NULL)
		return (t);
	trace_close(t);
	return (NULL);
}

static int
trace_fd(void *task)
{
	struct trace *t = task;

	return (t->driver->fd(t->sink));
}

static int64_t
trace_due(void *task)
{
	struct trace *t = task;
	int64_t own = t->due - clock_mono_ms(), theirs = t->driver->due(t->sink);

	own = own < 0 ? 0 : own;
	if (t->flying)
		return (theirs);
	return (theirs >= 0 && theirs < own ? theirs : own);
}

static void
trace_run(void *task)
{
	struct trace *t = task;
	struct sink_event e = { .id = "traces", .type = "traces", .at = "" };

	t->driver->run(t->sink);
	if (t->flying || clock_mono_ms() < t->due)
		return;
	t->due = clock_mono_ms() + LOOK_MS;
	if (t->n == 0 && (t->n = trace_take(t->relay->child->trace, t->spans, BATCH_MAX)) > 0)
		write_batch(t);
	if (t->n == 0)
		return;
	e.json = t->body;
	e.json_len = t->len;
	t->flying = true;
	if (!t->driver->start(t->sink, (struct sink_delivery *)(void *)t, &e))
		t->flying = false;
}

const struct relay_task trace_task = {
	.name = "send spans",
	.open = trace_open,
	.fd = trace_fd,
	.due = trace_due,
	.run = trace_run,
	.close = trace_close,
};
