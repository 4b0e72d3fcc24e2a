/* SPDX-License-Identifier: ISC */
/*
 * "outbox": what waits for each sink, its dead letters, and what to do with them. All of it stands in Redis, so it is the same
 * on every host, and the daemon need not run. A sink is one that is configured here, the ledger, or one that still has a
 * consumer group: what was removed from the configuration keeps its events until it is forgotten.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/json.h"
#include "ctl/ctl.h"
#include "ctl/options.h"
#include "ctl/print.h"
#include "doorward/config.h"
#include "store/backlog.h"
#include "store/dead.h"
#include "store/lease.h"
#include "store/look.h"
#include "store/redis.h"
#include "store/sink_numbers.h"

#include "ctl/commands.h"

#define SINKS_ALL (BACKLOG_SINKS_MAX + 32)
#define LETTER_MAX 8192 /* bytes of one as JSON */
#define MS 1000

struct names {
	const char *all[SINKS_ALL];
	size_t n;
};

static bool
is_configured(const struct config *c, const char *sink)
{

	if (strcmp(sink, SINK_LEDGER) == 0 || (c->n_alerts > 0 && strcmp(sink, SINK_ALERTS) == 0))
		return (true);
	for (size_t i = 0; i < c->n_sinks; i++)
		if (strcmp(c->sinks[i].name, sink) == 0)
			return (true);
	return (false);
}

/* Whoever is woken by an alert about sinks asks here first: it is to be said what is in the way. */
static int
say_redis(const struct ctl *c)
{
	const char *why;
	struct look l;

	if (redis_store_look(c->store, &l, &why) == DW_OK || why[0] == '\0')
		ctl_say("Redis could not be asked, or its answer made no sense");
	else
		ctl_say("Redis could not be asked: %s", why);
	return (-1);
}

/* The ledger, the configured ones in their order, then what only Redis knows of. */
static void
find_names(const struct ctl *c, const struct backlog *b, struct names *out)
{

	out->n = 0;
	out->all[out->n++] = SINK_LEDGER;
	for (size_t i = 0; i < c->conf->n_sinks; i++)
		out->all[out->n++] = c->conf->sinks[i].name;
	if (c->conf->n_alerts > 0)
		out->all[out->n++] = SINK_ALERTS;
	for (size_t i = 0; i < b->n; i++)
		if (!is_configured(c->conf, b->rows[i].sink))
			out->all[out->n++] = b->rows[i].sink;
}

static int
look(struct ctl *c, struct backlog *b, struct names *out)
{

	if (ctl_store(c) != 0)
		return (-1);
	if (backlog_look(c->store, b) != DW_OK)
		return (say_redis(c));
	find_names(c, b, out);
	return (0);
}

/* Leaves only ${sink} in ${names}, NULL: all. */
static int
choose(struct names *names, const char *sink)
{

	for (size_t i = 0; sink != NULL && i < names->n; i++)
		if (strcmp(names->all[i], sink) == 0) {
			names->all[0] = names->all[i];
			names->n = 1;
			return (0);
		}
	if (sink == NULL)
		return (0);
	ctl_say("there is no sink %s", sink);
	return (-1);
}

/* --- status */

struct state {
	const char *sink;
	uint64_t waiting, dead;
	int64_t oldest; /* seconds */
	bool configured;
	struct sink_numbers numbers;
	char host[LEASE_HOLDER_MAX + 1];
};

static int
ask_state(struct ctl *c, const struct backlog *b, const char *sink, struct state *out)
{
	const struct backlog_row *row = backlog_find(b, sink);
	int64_t age = row == NULL || row->oldest == 0 ? 0 : redis_store_ops.now(c->store) - row->oldest / MS;

	*out = (struct state){ .sink = sink,
		.waiting = row == NULL ? 0 : row->waiting,
		.oldest = age > 0 ? age : 0,
		.configured = is_configured(c->conf, sink) };
	if (dead_count(c->store, sink, &out->dead) != DW_OK || sink_numbers_read(c->store, sink, &out->numbers) != DW_OK ||
	    lease_holder(c->store, sink, out->host) != DW_OK)
		return (say_redis(c));
	out->host[strcspn(out->host, "/")] = '\0';
	return (0);
}

static void
put_member(struct buf *b, const char *name, const char *text)
{

	buf_printf(b, ",\"%s\":", name);
	buf_json(b, text[0] == '\0' ? STR_NONE : str_of(text));
}

/* Why it failed, or why nobody tries. */
static const char *
remark(const struct state *s)
{

	if (!s->configured)
		return ("not configured; events are kept for it until outbox forget");
	return (s->numbers.error[0] == '\0' ? "-" : s->numbers.error);
}

static int
print_state(const struct state *s, bool json, bool first)
{
	char text[OBJECT_MAX];
	struct buf b;

	if (!json) {
		if (first)
			printf("%-16s  %8s  %9s  %10s  %7s  %6s  %-16s  %s\n", "SINK", "WAITING", "OLDEST", "DELIVERED",
			    "FAILED", "DEAD", "ACTIVE HOST", "LAST ERROR");
		print_line("%-16s  %8llu  %8llds  %10llu  %7llu  %6llu  %-16s  %s", s->sink, (unsigned long long)s->waiting,
		    (long long)s->oldest, (unsigned long long)s->numbers.delivered, (unsigned long long)s->numbers.failed,
		    (unsigned long long)s->dead, s->host[0] == '\0' ? "-" : s->host, remark(s));
		return (0);
	}
	buf_init(&b, text, sizeof(text));
	buf_printf(&b, "%s{\"sink\":", first ? "" : ",");
	buf_json(&b, str_of(s->sink));
	buf_printf(&b, ",\"waiting\":%llu,\"oldest_seconds\":%lld,\"delivered\":%llu,\"failed\":%llu,\"dead\":%llu",
	    (unsigned long long)s->waiting, (long long)s->oldest, (unsigned long long)s->numbers.delivered,
	    (unsigned long long)s->numbers.failed, (unsigned long long)s->dead);
	put_member(&b, "last_error", s->numbers.error);
	put_member(&b, "active_host", s->host);
	buf_putc(&b, '}');
	return (print_buf(&b));
}

int
outbox_status(struct ctl *c, const struct options *o)
{
	struct state states[SINKS_ALL];
	struct backlog b;
	struct names names;
	int rc = 0;

	if (look(c, &b, &names) != 0)
		return (CTL_FAILED);
	redis_store_ops.look_at_clock(c->store);
	for (size_t i = 0; i < names.n; i++)
		if (ask_state(c, &b, names.all[i], &states[i]) != 0)
			return (CTL_FAILED);
	if (o->json)
		fputs("{\"sinks\":[", stdout);
	for (size_t i = 0; i < names.n && rc == 0; i++)
		rc = print_state(&states[i], o->json, i == 0);
	if (o->json)
		puts("]}");
	return (rc == 0 ? CTL_DONE : CTL_FAILED);
}

/* --- dead letters */

/* What is done with the dead letters of one sink after the other. */
struct letters {
	struct ctl *c;
	const struct options *o;
	const char *sink;
	bool *found; /* of the ids that were named */
	uint64_t n;
	bool failed;
	void (*act)(struct letters *l, const struct dead_letter *d, struct str id);
};

/* Is it one that is meant? All are, where none was named. */
static bool
is_meant(struct letters *l, struct str id)
{
	bool meant = l->o->n_args == 0;

	for (size_t i = 0; i < l->o->n_args; i++)
		if (str_is(id, l->o->args[i]))
			meant = l->found[i] = true;
	return (meant);
}

static void
each_letter(void *arg, const struct dead_letter *d)
{
	struct letters *l = arg;
	struct json_object *event = json_parse_strict(d->json);
	bool wrong = false;
	struct str id = event == NULL ? STR_LIT("") : json_string(event, "id", &wrong);

	if (!l->failed && is_meant(l, id.p == NULL ? STR_LIT("") : id))
		l->act(l, d, id);
	json_object_put(event);
}

/* Goes through the letters of all ${names}. Returns 0, or -1 after saying why not. */
static int
each_sink(struct letters *l, const struct names *names)
{
	size_t n;

	for (size_t i = 0; i < names->n; i++) {
		struct stream_id after = { 0, 0 };

		l->sink = names->all[i];
		do
			if (dead_list(l->c->store, l->sink, &after, each_letter, l, &n) != DW_OK)
				return (say_redis(l->c));
		while (n > 0 && !l->failed);
	}
	return (l->failed ? say_redis(l->c) : 0);
}

/* Looks for those that were named and not found. */
static int
say_missing(const struct letters *l)
{
	int rc = CTL_DONE;

	for (size_t i = 0; i < l->o->n_args; i++)
		if (!l->found[i]) {
			ctl_say("there is no dead letter %s", l->o->args[i]);
			rc = CTL_FAILED;
		}
	return (rc);
}

static int
with_letters(struct ctl *c, const struct options *o, struct letters *l)
{
	struct backlog b;
	struct names names;
	int rc = CTL_FAILED;

	if (look(c, &b, &names) != 0 || choose(&names, o->sink) != 0)
		return (CTL_FAILED);
	l->c = c;
	l->o = o;
	if ((l->found = calloc(o->n_args + 1, sizeof(*l->found))) == NULL) {
		ctl_say("out of memory");
		return (CTL_FAILED);
	}
	if (each_sink(l, &names) == 0)
		rc = say_missing(l);
	free(l->found);
	return (rc);
}

static void
print_letter(struct letters *l, const struct dead_letter *d, struct str id)
{
	struct json_object *event = json_parse_strict(d->json);
	char text[LETTER_MAX];
	bool wrong = false;
	struct str type = event == NULL ? STR_NONE : json_string(event, "type", &wrong);
	struct str at = event == NULL ? STR_NONE : json_string(event, "at", &wrong);
	struct buf b;

	if (!l->o->json) {
		if (l->n++ == 0)
			printf("%-16s  %-34s  %-16s  %-20s  %8s  %s\n", "SINK", "EVENT", "TYPE", "AT", "ATTEMPTS", "ERROR");
		print_line("%-16s  %-34.*s  %-16.*s  %-20.*s  %8lld  %.*s", l->sink, (int)id.len, id.p, (int)type.len,
		    type.p == NULL ? "" : type.p, (int)at.len, at.p == NULL ? "" : at.p, (long long)d->attempts,
		    (int)d->error.len, d->error.p);
	} else {
		buf_init(&b, text, sizeof(text));
		buf_puts(&b, l->n++ == 0 ? "{\"sink\":" : ",{\"sink\":");
		buf_json(&b, str_of(l->sink));
		buf_puts(&b, ",\"id\":");
		buf_json(&b, id);
		buf_puts(&b, ",\"type\":");
		buf_json(&b, type);
		buf_puts(&b, ",\"at\":");
		buf_json(&b, at);
		buf_printf(&b, ",\"attempts\":%lld,\"error\":", (long long)d->attempts);
		buf_json(&b, d->error);
		buf_putc(&b, '}');
		(void)print_buf(&b);
	}
	json_object_put(event);
}

int
outbox_dead(struct ctl *c, const struct options *o)
{
	struct letters l = { .act = print_letter };
	struct backlog b;
	struct names names;
	int rc;

	if (look(c, &b, &names) != 0 || choose(&names, o->sink) != 0)
		return (CTL_FAILED);
	l.c = c;
	l.o = o;
	if (o->json)
		fputs("{\"dead\":[", stdout);
	rc = each_sink(&l, &names);
	if (o->json)
		puts("]}");
	else if (rc == 0 && l.n == 0)
		ctl_say("there are no dead letters");
	return (rc == 0 ? CTL_DONE : CTL_FAILED);
}

/* Queued first: what happens in between leaves it twice rather than not at all. */
static void
retry_letter(struct letters *l, const struct dead_letter *d, struct str id)
{

	(void)id;
	l->failed = dead_retry(l->c->store, l->sink, d->json) != DW_OK || dead_remove(l->c->store, l->sink, d->id) != DW_OK;
	l->n += !l->failed;
}

int
outbox_retry(struct ctl *c, const struct options *o)
{
	struct letters l = { .act = retry_letter };
	int rc = with_letters(c, o, &l);

	if (l.n > 0 || rc == CTL_DONE)
		printf("%llu to be tried again\n", (unsigned long long)l.n);
	return (rc);
}

static void
drop_letter(struct letters *l, const struct dead_letter *d, struct str id)
{

	(void)id;
	l->failed = dead_remove(l->c->store, l->sink, d->id) != DW_OK;
	l->n += !l->failed;
}

int
outbox_drop(struct ctl *c, const struct options *o)
{
	struct letters l = { .act = drop_letter };
	int rc;

	if (o->sink == NULL || o->n_args == 0)
		return (CTL_USAGE);
	rc = with_letters(c, o, &l);
	if (l.n > 0 || rc == CTL_DONE)
		printf("%llu dropped\n", (unsigned long long)l.n);
	return (rc);
}

/* One that a relay of another host delivers to now is not to be forgotten by a host without a relay. */
static bool
is_in_use(struct ctl *c, const char *sink)
{
	char holder[LEASE_HOLDER_MAX + 1];

	return (lease_holder(c->store, sink, holder) != DW_OK || holder[0] != '\0');
}

/* A sink that is configured would begin anew, with all that the outboxes hold; where no relay runs nothing begins. */
int
outbox_forget(struct ctl *c, const struct options *o)
{
	bool found;

	if (c->conf->relay_enabled && is_configured(c->conf, o->args[0])) {
		ctl_say("the sink %s is configured: take it out of the configuration and reload first", o->args[0]);
		return (CTL_FAILED);
	}
	if (strlen(o->args[0]) > SINK_NAME_MAX || strchr(o->args[0], ':') != NULL) {
		ctl_say("there is no sink %s", o->args[0]);
		return (CTL_FAILED);
	}
	if (ctl_store(c) != 0)
		return (CTL_FAILED);
	if (is_in_use(c, o->args[0])) {
		ctl_say("a relay delivers to the sink %s, or Redis could not be asked", o->args[0]);
		return (CTL_FAILED);
	}
	if (group_forget(c->store, o->args[0], &found) != DW_OK) {
		(void)say_redis(c);
		return (CTL_FAILED);
	}
	if (found)
		return (CTL_DONE);
	ctl_say("there is no sink %s", o->args[0]);
	return (CTL_FAILED);
}
