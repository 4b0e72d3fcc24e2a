/* SPDX-License-Identifier: ISC */
/*
 * Signals compare a visit with what is remembered. What is not known is no signal: without a history, a country, coordinates or
 * an autonomous system the comparisons that need them are not made. Only that two addresses belong to one country and one
 * system has to be known to take them for one place: phones and large networks come from anywhere within these.
 *
 * Where a refresh is compared with is the last place that is known of its user: that of his history, or that of the login,
 * where the client has refreshed from there since. So who steals a token on the fifth day is compared with that day's last
 * refresh and not with the login.
 *
 * Hours are UTC. When clocks are put forward or back, people come an hour earlier or later: once a new hour, and 15 is below
 * every threshold.
 */
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "crypto/mac.h"

#include "auth/risk.h"

#define HOUR 3600
#define DAY 86400
#define EARTH_KM 6371.0
#define RADIANS(hundredths) ((hundredths) / 100.0 * M_PI / 180.0)
#define BIT(signal) (1U << (signal))

static const char *const names[RISK_SIGNALS] = {
	[RISK_NEW_DEVICE] = "new_device",
	[RISK_NEW_COUNTRY] = "new_country",
	[RISK_TRAVEL] = "travel",
	[RISK_HOUR] = "hour",
	[RISK_FAILURES] = "failures",
	[RISK_REFRESH_MOVED] = "refresh_moved",
};

static bool
other_country(const struct location *a, const struct location *b)
{

	return (a->country[0] != '\0' && b->country[0] != '\0' && memcmp(a->country, b->country, 2) != 0);
}

static bool
other_system(const struct location *a, const struct location *b)
{

	return (a->as != 0 && b->as != 0 && a->as != b->as);
}

static bool
same_country_and_system(const struct location *a, const struct location *b)
{

	return (a->country[0] != '\0' && memcmp(a->country, b->country, 2) == 0 && a->as != 0 && a->as == b->as);
}

/* Along the earth's surface: the haversine formula. */
static double
distance_km(const struct location *a, const struct location *b)
{
	double north = sin((RADIANS(b->latitude) - RADIANS(a->latitude)) / 2);
	double east = sin((RADIANS(b->longitude) - RADIANS(a->longitude)) / 2);
	double h = north * north + cos(RADIANS(a->latitude)) * cos(RADIANS(b->latitude)) * east * east;

	return (2 * EARTH_KM * asin(sqrt(h > 1 ? 1 : h)));
}

/* A clock that stepped back makes no time to travel in. */
static bool
too_fast(const struct config *c, const struct location *from, const struct location *to, int64_t seconds)
{
	double km;

	if (!from->has_coordinates || !to->has_coordinates || same_country_and_system(from, to))
		return (false);
	km = distance_km(from, to);
	return (km > RISK_TRAVEL_KM && km * HOUR > (double)c->risk_travel_speed * (double)(seconds > 0 ? seconds : 0));
}

static int
hour_of(int64_t at)
{

	return ((int)(at % DAY / HOUR));
}

static bool
is_new_hour(const struct history *h, int64_t at)
{
	unsigned logins = 0;

	for (int i = 0; i < HISTORY_HOURS; i++)
		logins += h->hours[i];
	return (logins >= RISK_HOUR_LOGINS && h->hours[hour_of(at)] == 0);
}

static unsigned
of_place(const struct config *c, const struct history *h, const struct risk_visit *v)
{
	bool since = v->is_refresh && v->login_until > h->at;
	const struct location *from = since ? &v->login : &h->place;
	int64_t left = since ? v->login_until : h->at;

	return ((other_country(from, &v->here) ? BIT(RISK_NEW_COUNTRY) : 0) |
		(too_fast(c, from, &v->here, v->at - left) ? BIT(RISK_TRAVEL) : 0));
}

static unsigned
of_refresh(const struct risk_visit *v)
{

	return (other_country(&v->login, &v->here) || other_system(&v->login, &v->here) ? BIT(RISK_REFRESH_MOVED) : 0);
}

unsigned
risk_signals(const struct config *c, const struct history *h, const struct risk_visit *v)
{
	unsigned found = h->known ? of_place(c, h, v) : 0;

	if (v->is_refresh)
		found |= of_refresh(v);
	else if (v->failures >= RISK_FAILURES_MIN)
		found |= BIT(RISK_FAILURES);
	if (!v->is_refresh && h->known && !v->device_known)
		found |= BIT(RISK_NEW_DEVICE);
	if (!v->is_refresh && is_new_hour(h, v->at))
		found |= BIT(RISK_HOUR);
	for (int i = 0; i < RISK_SIGNALS; i++)
		if (c->risk_weight[i] == 0)
			found &= ~BIT(i);
	return (found);
}

int64_t
risk_sum(const struct config *c, unsigned signals)
{
	int64_t sum = 0;

	for (int i = 0; i < RISK_SIGNALS; i++)
		if ((signals & BIT(i)) != 0)
			sum += c->risk_weight[i];
	return (sum);
}

enum risk_verdict
risk_judge(const struct config *c, int64_t sum)
{

	return (sum >= c->risk_revoke_at ? RISK_REVOKE : sum >= c->risk_alert_at ? RISK_ALERT : RISK_NOTHING);
}

const char *
risk_name(enum risk_signal signal)
{

	return (names[signal]);
}

void
risk_reason(unsigned signals, char out[RISK_REASON_MAX])
{
	struct buf b;

	buf_init(&b, out, RISK_REASON_MAX - 1);
	for (int i = 0; i < RISK_SIGNALS; i++)
		if ((signals & BIT(i)) != 0) {
			if (b.len > 0)
				buf_putc(&b, '+');
			buf_puts(&b, names[i]);
		}
	out[b.len] = '\0';
}

/* A session and where it moved to, in a few bytes: two that are the same by chance cost an event. */
static void
move_of(const struct risk_visit *v, uint8_t out[HISTORY_TOLD_LEN])
{
	uint8_t where[2 + sizeof(v->here.as)], digest[MAC_LEN];

	memcpy(where, v->here.country, 2);
	memcpy(where + 2, &v->here.as, sizeof(v->here.as));
	mac_sha256_2(v->session_key, SESSION_KEY_LEN, where, sizeof(where), digest);
	memcpy(out, digest, HISTORY_TOLD_LEN);
}

bool
risk_was_told(const struct history *h, const struct risk_visit *v, unsigned signals)
{
	uint8_t move[HISTORY_TOLD_LEN];

	if (signals != BIT(RISK_REFRESH_MOVED))
		return (false);
	move_of(v, move);
	for (int i = 0; i < HISTORY_TOLD; i++)
		if (memcmp(h->told[i], move, sizeof(move)) == 0)
			return (true);
	return (false);
}

static void
count_hour(struct history *h, int64_t at)
{
	uint8_t *n = &h->hours[hour_of(at)];

	if (*n == UINT8_MAX)
		for (int i = 0; i < HISTORY_HOURS; i++)
			h->hours[i] = (uint8_t)((h->hours[i] + 1) / 2); /* what was used stays used */
	(*n)++;
}

void
risk_remember(struct history *h, const struct risk_visit *v, bool told)
{

	h->known = true;
	if (v->here.country[0] != '\0' || v->here.has_coordinates) {
		h->place = v->here;
		h->at = v->at;
	}
	if (!v->is_refresh)
		count_hour(h, v->at);
	if (told) {
		memmove(h->told[1], h->told[0], (HISTORY_TOLD - 1) * HISTORY_TOLD_LEN);
		move_of(v, h->told[0]);
	}
}
