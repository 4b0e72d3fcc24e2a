/* SPDX-License-Identifier: ISC */
/*
 * Two counters are asked together, which lie in different places: the account's, by its canonical name, and that of the
 * address, by its bytes (IPv4) or its network (the first 64 bits of IPv6, which one customer has to himself). Both keys are
 * MACs: Redis learns neither the names that were tried nor from where.
 *
 * The order of things: reserve, evaluate, settle, answer. A reservation counts against the budget like a failure until it is
 * settled, so a thousand guesses at once are no more than the budget. What cannot be evaluated is given back; where even that
 * is not possible, or the worker dies, the reservation expires by itself.
 *
 * An address that cannot be counted stops nobody; an account that cannot be counted stops everybody: else an attacker would
 * only have to keep the counter from being asked.
 */
#include <string.h>

#include "auth/device.h"
#include "auth/known_device.h"
#include "base/address.h"
#include "crypto/keyring.h"
#include "crypto/mac.h"
#include "crypto/random.h"
#include "doorward/app.h"

#include "auth/throttle.h"

#define NETWORK_LEN 8         /* bytes of an IPv6 address: /64 */
#define REPORT_EVERY_MS 60000 /* one event about refusals */
#define SETTLE_MARGIN_MS 5000 /* a reservation outlives the longest request, whose worker is killed then */
#define FOR_EVER INT64_C(0x7fffffff)

void
throttle_account_key(const struct user_keys *k, struct str name, bool is_name, uint8_t key[USER_KEY_LEN])
{
	uint8_t mac[MAC_LEN];

	mac_compute2(k->guess, is_name ? "name:" : "text:", 5, name.p, name.len, mac);
	memcpy(key, mac, USER_KEY_LEN);
}

static void
set_account(struct app *app, const struct throttle_who *who, struct throttle *t)
{
	const struct config *c = app->conf;

	t->account_limits = (struct guess_limits){ .free = c->throttle_free,
		.delay = c->throttle_delay,
		.delay_max = c->throttle_delay_max,
		.most = c->throttle_account_max,
		.device_most = c->throttle_device_max,
		.reset = c->throttle_reset };
	t->guesses[0] = (struct guess){ .kind = GUESS_ACCOUNT, .limits = &t->account_limits };
	throttle_account_key(keyring_user(app->keys), who->name, who->is_name, t->guesses[0].counter);
	if (who->is_name &&
	    known_device_read(app->keys, who->name, who->device_cookie, app->store->now(app->store_ctx), t->device))
		t->guesses[0].device = t->device;
	t->n = 1;
}

/* Not where the address is not known, or exempt. A zone is left out: "fe80::1%eth0" comes from the same network. */
static void
set_address(struct app *app, const struct throttle_who *who, struct throttle *t)
{
	const struct config *c = app->conf;
	struct guess *g = &t->guesses[1];
	struct str with_zone = str_of(who->ip);
	uint8_t mac[MAC_LEN];
	struct address a;

	if (!address_parse(str_cut(&with_zone, '%'), &a) || address_is_listed(c->throttle_exempt, &a))
		return;
	t->address_limits = (struct guess_limits){ .free = FOR_EVER,
		.delay = 1,
		.delay_max = 1,
		.most = c->throttle_address_max,
		.device_most = 1,
		.reset = c->throttle_address_window,
		.window = true };
	*g = (struct guess){ .kind = GUESS_ADDRESS, .limits = &t->address_limits };
	mac_compute2(keyring_user(app->keys)->guess, a.bits == ADDRESS_BITS_V4 ? "ipv4:" : "ipv6:", 5, a.bytes,
	    a.bits == ADDRESS_BITS_V4 ? ADDRESS_BITS_V4 / 8 : NETWORK_LEN, mac);
	memcpy(g->counter, mac, USER_KEY_LEN);
	t->n = 2;
}

static bool
is_granted(const struct guess *g)
{

	return (g->rc == DW_OK && g->verdict == GUESS_GRANTED);
}

static void
settle_one(struct app *app, struct guess *g, enum guess_step what)
{

	g->step = what;
	app->store->guess(app->store_ctx, g, 1);
}

/* Only what was granted can be settled. */
static void
give_back(struct app *app, struct throttle *t)
{

	for (size_t i = 0; i < t->n; i++)
		if (is_granted(&t->guesses[i]))
			settle_one(app, &t->guesses[i], GUESS_UNJUDGED);
}

static enum throttle_verdict
judge(struct throttle *t)
{
	bool undecided = false;

	t->wait_ms = 0;
	t->report = false;
	if (t->guesses[0].rc != DW_OK)
		return (THROTTLE_NO_STORE);
	for (size_t i = 0; i < t->n; i++) {
		const struct guess *g = &t->guesses[i];

		if (g->rc != DW_OK || g->verdict == GUESS_GRANTED)
			continue;
		undecided |= g->verdict == GUESS_UNDECIDED;
		t->report |= g->report;
		if (g->verdict == GUESS_WAIT && g->wait_ms > t->wait_ms)
			t->wait_ms = g->wait_ms;
	}
	return (t->wait_ms > 0 ? THROTTLE_WAIT : undecided ? THROTTLE_UNDECIDED : THROTTLE_GO);
}

/* A client whose device the user database may know, where nothing but the account's own counter is in the way. */
static bool
may_be_known(const struct throttle_who *who, const struct throttle *t)
{

	return (who->is_name && who->device_id.p != NULL && t->guesses[0].device == NULL && t->guesses[0].rc == DW_OK &&
		t->guesses[0].verdict != GUESS_GRANTED &&
		(t->n == 1 || t->guesses[1].rc != DW_OK || t->guesses[1].verdict == GUESS_GRANTED));
}

/* Asks for the device's own budget. */
static enum throttle_verdict
try_device(struct app *app, const struct throttle_who *who, struct throttle *t, enum throttle_verdict before)
{
	char name[USERNAME_MAX + 1];
	enum dw_result rc = str_copy(name, sizeof(name), who->name) ? known_device_find(app, name, who->device_id) : DW_ABSENT;

	if (rc != DW_OK)
		return (rc == DW_ABSENT ? before : THROTTLE_NO_USERDB);
	device_handle(who->device_id, t->device);
	t->guesses[0].device = t->device;
	app->store->guess(app->store_ctx, &t->guesses[0], 1);
	return (judge(t));
}

/* Without counters what is asked is only whether the store is there. */
static enum throttle_verdict
ping(struct app *app, struct throttle *t)
{

	t->n = 0;
	return (app->store->ping(app->store_ctx) == DW_OK ? THROTTLE_GO : THROTTLE_NO_STORE);
}

static bool
prepare(struct app *app, const struct throttle_who *who, struct throttle *t)
{
	uint8_t id[GUESS_ID_LEN];

	*t = (struct throttle){ .n = 0 };
	if (random_bytes(id, sizeof(id)) != 0)
		return (false);
	set_account(app, who, t);
	set_address(app, who, t);
	for (size_t i = 0; i < t->n; i++) {
		memcpy(t->guesses[i].id, id, sizeof(id));
		t->guesses[i].life = app->conf->request_timeout + SETTLE_MARGIN_MS;
		t->guesses[i].report_every = REPORT_EVERY_MS;
	}
	return (true);
}

enum throttle_verdict
throttle_reserve(struct app *app, const struct throttle_who *who, struct throttle *t)
{
	enum throttle_verdict verdict;

	if (!app->conf->throttle_enabled)
		return (ping(app, t));
	if (!prepare(app, who, t))
		return (THROTTLE_NO_STORE); /* without randomness no session could be made either */
	app->store->guess(app->store_ctx, t->guesses, t->n);
	verdict = judge(t);
	if (may_be_known(who, t))
		verdict = try_device(app, who, t, verdict);
	if (verdict != THROTTLE_GO)
		give_back(app, t);
	return (verdict);
}

/* The address keeps its failures when somebody there gets in: else one account of his own would give an attacker all others. */
bool
throttle_settle(struct app *app, struct throttle *t, enum guess_step what)
{
	size_t n = t->n == 2 && !is_granted(&t->guesses[1]) ? 1 : t->n;

	if (n == 0)
		return (true);
	t->guesses[0].step = what;
	t->guesses[1].step = what == GUESS_SUCCEEDED ? GUESS_UNJUDGED : what;
	app->store->guess(app->store_ctx, t->guesses, n);
	return (t->guesses[0].rc == DW_OK);
}
