/* SPDX-License-Identifier: ISC */
/*
 * "risk explain": what would be unusual about a login now, by the rules and the memory that the daemon works with. Nothing is
 * changed by asking: no try is counted, and nothing is remembered. What is not said (an address, a device) is not known.
 */
#include <time.h>

#include <stdio.h>
#include <string.h>

#include "auth/device.h"
#include "auth/risk.h"
#include "auth/throttle.h"
#include "base/address.h"
#include "ctl/ctl.h"
#include "ctl/options.h"
#include "ctl/print.h"
#include "geo/geo.h"
#include "store/redis.h"

#include "ctl/commands.h"

#define FAULT_MAX 512 /* bytes of what is wrong with both databases */

/* The times that the tool prints, or seconds since the epoch; nothing may follow. */
static bool
read_time(const char *text, int64_t *at)
{
	struct tm t = { .tm_sec = 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &t);
	uint64_t seconds;

	if (str_to_u64(str_of(text), UINT32_MAX, &seconds)) {
		*at = (int64_t)seconds;
		return (true);
	}
	*at = timegm(&t);
	return (end != NULL && *end == '\0' && *at >= 0);
}

static int
read_options(const struct options *o, int64_t *at)
{
	struct address a;

	if (o->ip != NULL && !address_parse(str_of(o->ip), &a))
		ctl_say("--ip: \"%s\" is no address", o->ip);
	else if (o->device != NULL && !device_id_valid(str_of(o->device)))
		ctl_say("--device: \"%s\" cannot be a device", o->device);
	else if (o->at != NULL && !read_time(o->at, at))
		ctl_say("--at: \"%s\" is no time such as 2026-11-23T04:05:06Z", o->at);
	else
		return (0);
	return (-1);
}

static int
find_device(struct ctl *c, const struct account *a, const char *id, bool *known)
{
	struct device d;
	enum dw_result rc = id == NULL ? DW_ABSENT : c->records->get_device(c->records_ctx, a->id, id, &d);

	*known = rc == DW_OK;
	if (rc == DW_OK || rc == DW_ABSENT)
		return (0);
	ctl_say("the database of records could not be asked");
	return (-1);
}

/* Wrong passwords that are counted now. */
static int
count_failures(struct ctl *c, const struct account *a, int64_t *failures)
{
	struct guess_limits limits = { .reset = c->conf->throttle_reset };
	struct guess g = { .step = GUESS_LOOK, .kind = GUESS_ACCOUNT, .limits = &limits };

	if (!c->conf->throttle_enabled)
		return (0);
	throttle_account_key(ctl_keys(c), str_of(a->name), true, g.counter);
	redis_store_ops.guess(c->store, &g, 1);
	*failures = g.failures;
	if (g.rc == DW_OK)
		return (0);
	ctl_say("Redis could not be asked: repeat the command");
	return (-1);
}

static int
recall(struct ctl *c, const struct account *a, struct history *h)
{
	uint8_t user_key[USER_KEY_LEN];
	enum dw_result rc;

	ctl_pseudonym(c, a->id, user_key);
	if ((rc = redis_store_ops.history(c->store, user_key, h)) == DW_OK)
		return (0);
	ctl_say_store(rc, user_key);
	return (-1);
}

/*
 * As the daemon sees it, but without a copy: this process does not last. A database that cannot be asked is not one that knows
 * nothing of the address.
 */
static int
find_place(const struct ctl *c, const char *ip, struct location *out)
{
	char why[FAULT_MAX];
	struct geo *g;

	if (ip == NULL)
		return (0);
	if ((g = geo_open(c->conf, false)) == NULL) {
		ctl_say("no memory");
		return (-1);
	}
	(void)geo_place(g, ip, out);
	if (geo_fault(g, why, sizeof(why)))
		ctl_say("%s", why);
	geo_close(g);
	return (0);
}

static const char *
action(const struct config *conf, int64_t sum)
{

	switch (risk_judge(conf, sum)) {
	case RISK_ALERT:
		return ("alert");
	case RISK_REVOKE:
		return (conf->risk_deny ? "deny" : "revoke");
	default:
		return ("none");
	}
}

static int
print_json(const struct ctl *c, const struct account *a, const struct risk_visit *v, const struct history *h, unsigned signals)
{
	int64_t sum = risk_sum(c->conf, signals);
	char text[OBJECT_MAX];
	bool first = true;
	struct buf b;

	buf_init(&b, text, sizeof(text));
	buf_puts(&b, "{\"username\":");
	buf_json(&b, str_of(a->name));
	buf_puts(&b, ",\"at\":\"");
	buf_time(&b, v->at);
	buf_printf(&b, "\",\"enabled\":%s,\"history\":%s,\"country\":", c->conf->risk_enabled ? "true" : "false",
	    h->known ? "true" : "false");
	buf_json(&b, v->here.country[0] == '\0' ? STR_NONE : str_of(v->here.country));
	buf_puts(&b, ",\"as\":");
	if (v->here.as == 0)
		buf_puts(&b, "null");
	else
		buf_printf(&b, "%u", v->here.as);
	buf_puts(&b, ",\"signals\":[");
	for (int i = 0; i < RISK_SIGNALS; i++)
		if ((signals & 1U << i) != 0) {
			buf_printf(&b, "%s{\"name\":\"%s\",\"weight\":%lld}", first ? "" : ",", risk_name((enum risk_signal)i),
			    (long long)c->conf->risk_weight[i]);
			first = false;
		}
	buf_printf(&b, "],\"sum\":%lld,\"alert_at\":%lld,\"revoke_at\":%lld,\"action\":\"%s\"}\n", (long long)sum,
	    (long long)c->conf->risk_alert_at, (long long)c->conf->risk_revoke_at, action(c->conf, sum));
	return (print_buf(&b) == 0 ? CTL_DONE : CTL_FAILED);
}

static int
print_text(const struct ctl *c, const struct history *h, unsigned signals)
{
	int64_t sum = risk_sum(c->conf, signals);

	if (!c->conf->risk_enabled)
		ctl_say("risk.enabled is false: logins are not weighed");
	if (!h->known)
		ctl_say("nothing is remembered of this user: most signals need a login before");
	for (int i = 0; i < RISK_SIGNALS; i++)
		if ((signals & 1U << i) != 0)
			print_line("%-14s %4lld", risk_name((enum risk_signal)i), (long long)c->conf->risk_weight[i]);
	print_line("%-14s %4lld  %s (alert at %lld, revoke at %lld)", "sum", (long long)sum, action(c->conf, sum),
	    (long long)c->conf->risk_alert_at, (long long)c->conf->risk_revoke_at);
	return (CTL_DONE);
}

int
risk_explain(struct ctl *c, const struct options *o)
{
	struct risk_visit v = { .at = 0 };
	struct history h;
	struct account a;
	unsigned signals;

	if (read_options(o, &v.at) != 0)
		return (CTL_USAGE);
	if (ctl_users(c) != 0 || ctl_records(c) != 0 || ctl_account(c, o->args[0], &a) != 0 || ctl_store(c) != 0 ||
	    find_device(c, &a, o->device, &v.device_known) != 0 || recall(c, &a, &h) != 0 ||
	    count_failures(c, &a, &v.failures) != 0 || find_place(c, o->ip, &v.here) != 0)
		return (CTL_FAILED);
	if (o->at == NULL)
		v.at = redis_store_ops.now(c->store);
	signals = risk_signals(c->conf, &h, &v);
	return (o->json ? print_json(c, &a, &v, &h, signals) : print_text(c, &h, signals));
}
