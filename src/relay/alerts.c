/* SPDX-License-Identifier: ISC */
/*
 * An event is counted in Redis (store/alert.h), under a MAC of the alert and of whom or what it is about: Redis learns no
 * address, and an alert whose window or step is changed begins anew. What is counted of a user lies where his record does, so
 * that an alert about him comes in the order of his other events; an alert about nobody goes wherever the MAC falls.
 *
 * It comes at least once, as to all sinks, and is counted once. What has to be done about an alert is done, or promised by the
 * spool, before the event is acknowledged that raised it; a relay that takes over finds it not done, and does it. What Redis
 * did not take is offered again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/pseudonym.h"
#include "base/address.h"
#include "base/log.h"
#include "base/str.h"
#include "crypto/keyring.h"
#include "crypto/mac.h"
#include "doorward/app.h"
#include "store/alert.h"
#include "store/redis.h"

#include "relay/alerts.h"

#define TYPES_MAX 33  /* rows, and the end */
#define NETWORK_LEN 8 /* bytes of an IPv6 address: /64, as for guesses (auth/throttle.c) */
#define LATE_SECONDS                                                                                                           \
	300           /* a step is kept so long beyond the windows that it is in: an event may be told of again after a crash */
#define OURS "alert:" /* begins the reason of an ending that came of an alert */

struct alerts {
	const struct sink_env *env;
};

const struct sink_conf *
alerts_sink(const struct config *c)
{
	static char name[] = SINK_ALERTS, type[] = SINK_ALERTS, none[] = "";
	static char *types[TYPES_MAX];
	static struct sink_conf sink = { .name = name,
		.type = type,
		.url = none,
		.secret_file = none,
		.password_file = none,
		.ca_file = none,
		.audience = none,
		.exchange = none,
		.events = types };

	for (size_t i = 0; i < TYPES_MAX; i++)
		types[i] = i < c->n_alerts ? c->alerts[i].event : NULL;
	return (&sink);
}

/* The step of the time ${at}. */
static int64_t
step_of(const struct alert_conf *a, int64_t at)
{

	return (at / (a->step / 1000));
}

/* How many a window has. */
static int64_t
steps_of(const struct alert_conf *a)
{

	return (a->window / a->step);
}

static void *
open_alerts(const struct sink_conf *c, const struct sink_env *env, char *why, size_t len)
{
	struct alerts *a = calloc(1, sizeof(*a));

	(void)c;
	if (a == NULL)
		snprintf(why, len, "out of memory");
	else
		a->env = env;
	return (a);
}

/* Of whom or what ${e} is, for ${a}: at most ${cap} bytes. False: of nobody, or of nothing that could be read. */
static bool
subject_of(const struct alert_conf *a, const struct sink_event *e, char *out, size_t cap, size_t *len)
{
	struct address ip;
	struct str text;

	*len = 0;
	if (a->by == ALERT_BY_ALL)
		return (true);
	if (a->by == ALERT_BY_USER) {
		*len = e->user_id == NULL ? 0 : strlen(e->user_id);
		return (e->user_id != NULL && str_copy(out, cap, str_of(e->user_id)));
	}
	text = e->ip == NULL ? STR_NONE : str_of(e->ip);
	if (text.p == NULL || !address_parse(str_cut(&text, '%'), &ip))
		return (false);
	*len = ip.bits == ADDRESS_BITS_V4 ? ADDRESS_BITS_V4 / 8 : NETWORK_LEN;
	memcpy(out, ip.bytes, *len);
	return (true);
}

static bool
set_counter(const struct alerts *s, const struct alert_conf *a, const struct sink_event *e, uint8_t counter[USER_KEY_LEN])
{
	const struct user_keys *keys = keyring_user(s->env->app->keys);
	char subject[USER_ID_MAX + ADDRESS_MAX], what[128];
	uint8_t mac[MAC_LEN], user_key[USER_KEY_LEN];
	size_t len;
	int n;

	if (!subject_of(a, e, subject, sizeof(subject), &len))
		return (false);
	n = snprintf(what, sizeof(what), "alert:%s:%s:%d:%lld:%lld:", a->name, a->event, (int)a->by, (long long)a->window,
	    (long long)a->step);
	mac_compute2(keys->guess, what, (size_t)n, subject, len, mac);
	memcpy(counter, mac, USER_KEY_LEN);
	if (a->by == ALERT_BY_USER) {
		pseudonym_of(keys, str_of(e->user_id), user_key);
		memcpy(counter, user_key, 2); /* his bucket is in the first ten bits */
	}
	return (true);
}

/* Everything that was opened before the alert. What Redis cannot end now is promised by the spool, and refused on this host. */
static enum dw_result
end_sessions(struct app *app, const struct alert_conf *a, const struct sink_event *e, int64_t at)
{
	char reason[sizeof(OURS) + ALERT_NAME_MAX];
	struct end_write w = {
		.cause = END_ANOMALY, .scope = SCOPE_ALL, .said_scope = SCOPE_ALL, .reason = reason, .act = { .at = at }
	};
	struct end_reply reply;
	enum dw_result rc;

	snprintf(reason, sizeof(reason), OURS "%s", a->name);
	pseudonym_of(keyring_user(app->keys), str_of(e->user_id), w.user_key);
	if ((rc = app->store->end(app->store_ctx, &w, NULL, &reply)) == DW_OK)
		log_warn("an alert ended a user's sessions alert=%s user=%s ended=%u", a->name,
		    log_text(str_of(reply.username)), reply.ended);
	return (rc == DW_PENDING ? DW_OK : rc);
}

/* Counts ${e} for ${a} and does what follows. */
static enum dw_result
count(struct alerts *s, const struct alert_conf *a, const struct sink_event *e)
{
	const struct notice n = { .type = "alert",
		.reason = a->name,
		.user_id = a->by == ALERT_BY_USER ? e->user_id : NULL,
		.username = a->by == ALERT_BY_USER ? e->username : NULL,
		.actor = { .ip = a->by == ALERT_BY_IP ? e->ip : NULL } };
	struct alert_count c = { .event_id = e->id,
		.step = step_of(a, e->at_seconds),
		.steps = steps_of(a),
		.count = a->count,
		.keep = 3 * a->window / 1000 + LATE_SECONDS,
		.kept = 3 * steps_of(a) + LATE_SECONDS / (a->step / 1000) + 1,
		.act = a->revoke,
		.notice = &n };
	enum dw_result rc;

	if (!set_counter(s, a, e, c.counter))
		return (DW_OK);
	if ((rc = alert_count(s->env->app->redis, &c)) != DW_OK || c.raised_at == 0)
		return (rc);
	if ((rc = end_sessions(s->env->app, a, e, c.raised_at)) != DW_OK)
		return (rc);
	return (alert_done(s->env->app->redis, &c));
}

/* An ending that came of an alert would else raise the next one. */
static bool
is_ours(const struct sink_event *e)
{

	return (strcmp(e->type, "anomaly") == 0 && e->reason != NULL && strncmp(e->reason, OURS, strlen(OURS)) == 0);
}

static bool
start(void *sink, struct sink_delivery *d, const struct sink_event *e)
{
	struct alerts *s = sink;
	const struct config *c = s->env->conf;
	enum dw_result rc = DW_OK;

	for (size_t i = 0; i < c->n_alerts && rc == DW_OK && !is_ours(e); i++)
		if (strcmp(c->alerts[i].event, e->type) == 0)
			rc = count(s, &c->alerts[i], e);
	if (rc == DW_UNAVAILABLE)
		return (false);
	s->env->done(d, rc == DW_OK ? SINK_DELIVERED : SINK_RETRY, "Redis did not count it");
	return (true);
}

static int
fd(void *sink)
{

	(void)sink;
	return (-1);
}

static int64_t
due(void *sink)
{

	(void)sink;
	return (-1);
}

static void
run(void *sink)
{

	(void)sink;
}

const struct sink_driver alerts_driver = {
	.type = SINK_ALERTS,
	.open = open_alerts,
	.start = start,
	.fd = fd,
	.due = due,
	.run = run,
	.close = free,
};
