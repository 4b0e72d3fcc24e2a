/* SPDX-License-Identifier: ISC */
/* Each signal alone, what is none, and all sums at both thresholds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/risk.h"

#define NOON 1800014400 /* 12:00:00 UTC */
#define HOUR 3600
#define BIT(signal) (1U << (signal))

static const struct location munich = { "DE", 64496, true, 4814, 1158 };
static const struct location hamburg = { "DE", 64497, true, 5355, 999 }; /* 612 km */
static const struct location hamburg_same = { "DE", 64496, true, 5355, 999 };
static const struct location augsburg = { "DE", 64497, true, 4837, 1090 }; /* 56 km */
static const struct location salzburg = { "AT", 64498, true, 4780, 1305 }; /* 116 km */
static const struct location sydney = { "AU", 64499, true, -3387, 15121 };

static struct config conf;
static struct history history;
static struct risk_visit visit;

/* One day after a login in Munich, at the same hour, from there. */
static int
fresh(void **state)
{

	(void)state;
	conf = (struct config){ .risk_enabled = true, .risk_travel_speed = 900, .risk_alert_at = 40, .risk_revoke_at = 100 };
	conf.risk_weight[RISK_NEW_DEVICE] = 25;
	conf.risk_weight[RISK_NEW_COUNTRY] = 40;
	conf.risk_weight[RISK_TRAVEL] = 80;
	conf.risk_weight[RISK_HOUR] = 15;
	conf.risk_weight[RISK_FAILURES] = 25;
	conf.risk_weight[RISK_REFRESH_MOVED] = 40;
	history = (struct history){ .known = true, .at = NOON - 24 * HOUR, .place = munich };
	history.hours[12] = 19;
	visit = (struct risk_visit){ .at = NOON, .here = munich, .device_known = true };
	return (0);
}

static unsigned
signals(void)
{

	return (risk_signals(&conf, &history, &visit));
}

static void
test_new_device(void **state)
{

	(void)state;
	assert_int_equal(signals(), 0);
	visit.device_known = false;
	assert_int_equal(signals(), BIT(RISK_NEW_DEVICE));
	history = (struct history){ .known = false };
	assert_int_equal(signals(), 0);
}

static void
test_new_country(void **state)
{

	(void)state;
	visit.here = salzburg;
	assert_int_equal(signals(), BIT(RISK_NEW_COUNTRY));
	visit.here.country[0] = '\0';
	assert_int_equal(signals(), 0);
	visit.here = salzburg;
	history.place.country[0] = '\0';
	assert_int_equal(signals(), 0);
	history = (struct history){ .known = false };
	assert_int_equal(signals(), 0);
}

/* 612 km at 900 km/h are 41 minutes. */
static void
test_travel(void **state)
{

	(void)state;
	visit.here = hamburg;
	history.at = NOON - 42 * 60;
	assert_int_equal(signals(), 0);
	history.at = NOON - 40 * 60;
	assert_int_equal(signals(), BIT(RISK_TRAVEL));
	conf.risk_travel_speed = 1000;
	assert_int_equal(signals(), 0);
	history.at = NOON;
	assert_int_equal(signals(), BIT(RISK_TRAVEL));
	history.at = NOON + HOUR; /* the clock was set */
	assert_int_equal(signals(), BIT(RISK_TRAVEL));
	visit.here.has_coordinates = false;
	assert_int_equal(signals(), 0);
}

static void
test_no_journey(void **state)
{

	(void)state;
	history.at = NOON;
	visit.here = augsburg;
	assert_int_equal(signals(), 0);
	visit.here = hamburg_same; /* one country and system */
	assert_int_equal(signals(), 0);
	history.place.as = visit.here.as = 0; /* who knows? */
	assert_int_equal(signals(), BIT(RISK_TRAVEL));
	visit.here = sydney;
	assert_int_equal(signals(), BIT(RISK_TRAVEL) | BIT(RISK_NEW_COUNTRY));
}

static void
test_hour(void **state)
{

	(void)state;
	visit.at = NOON + 3 * HOUR;
	assert_int_equal(signals(), 0); /* 19 logins say nothing */
	history.hours[11] = 1;
	assert_int_equal(signals(), BIT(RISK_HOUR));
	visit.at = NOON - HOUR;
	assert_int_equal(signals(), 0);
	visit.at = NOON + 3 * HOUR;
	visit.is_refresh = true;
	assert_int_equal(signals(), 0);
}

static void
test_failures(void **state)
{

	(void)state;
	visit.failures = 4;
	assert_int_equal(signals(), 0);
	visit.failures = 5;
	assert_int_equal(signals(), BIT(RISK_FAILURES));
	history = (struct history){ .known = false };
	assert_int_equal(signals(), BIT(RISK_FAILURES)); /* these are counted elsewhere */
}

static void
refresh_from(struct location here)
{

	visit = (struct risk_visit){ .is_refresh = true, .at = NOON, .here = here, .login = munich };
	memcpy(visit.session_key, "12345678", SESSION_KEY_LEN);
}

static void
test_refresh_moved(void **state)
{

	(void)state;
	refresh_from(hamburg_same);
	assert_int_equal(signals(), 0);
	refresh_from(augsburg); /* the other system */
	assert_int_equal(signals(), BIT(RISK_REFRESH_MOVED));
	refresh_from(salzburg);
	assert_int_equal(signals(), BIT(RISK_NEW_COUNTRY) | BIT(RISK_REFRESH_MOVED));
	history.place = salzburg; /* he was there since */
	assert_int_equal(signals(), BIT(RISK_REFRESH_MOVED));
	visit.login = (struct location){ .as = 0 };
	assert_int_equal(signals(), 0);
	refresh_from(salzburg);
	history = (struct history){ .known = false };
	assert_int_equal(signals(), BIT(RISK_REFRESH_MOVED));
}

/* The login was a day ago, but its client has refreshed from there a minute ago: nobody is in Sydney since. */
static void
test_refreshed_since(void **state)
{

	(void)state;
	refresh_from(sydney);
	assert_int_equal(signals(), BIT(RISK_NEW_COUNTRY) | BIT(RISK_REFRESH_MOVED));
	visit.login_until = NOON - 60;
	assert_int_equal(signals(), BIT(RISK_NEW_COUNTRY) | BIT(RISK_TRAVEL) | BIT(RISK_REFRESH_MOVED));
	history.place = sydney; /* another session of his is there; but the last word was Munich's */
	assert_int_equal(signals(), BIT(RISK_NEW_COUNTRY) | BIT(RISK_TRAVEL) | BIT(RISK_REFRESH_MOVED));
	history.at = NOON - 30;
	assert_int_equal(signals(), BIT(RISK_REFRESH_MOVED));
}

static void
test_no_weight(void **state)
{

	(void)state;
	visit.device_known = false;
	conf.risk_weight[RISK_NEW_DEVICE] = 0;
	assert_int_equal(signals(), 0);
}

/* Every set of signals: its sum, what that comes to, its name. */
static void
test_sums(void **state)
{
	static const int64_t weights[] = { 25, 40, 80, 15, 25, 40 };
	static const char *const names[] = { "new_device", "new_country", "travel", "hour", "failures", "refresh_moved" };

	(void)state;
	for (unsigned set = 0; set < 1U << RISK_SIGNALS; set++) {
		char reason[RISK_REASON_MAX], wanted[128] = "";
		int64_t sum = 0;

		for (int i = 0; i < RISK_SIGNALS; i++)
			if ((set & BIT(i)) != 0) {
				sum += weights[i];
				strcat(wanted, wanted[0] != '\0' ? "+" : "");
				strcat(wanted, names[i]);
			}
		assert_int_equal(risk_sum(&conf, set), sum);
		assert_int_equal(risk_judge(&conf, sum), sum >= 100 ? RISK_REVOKE : sum >= 40 ? RISK_ALERT : RISK_NOTHING);
		risk_reason(set, reason);
		assert_string_equal(reason, wanted);
	}
	assert_int_equal(risk_judge(&conf, 39), RISK_NOTHING);
	assert_int_equal(risk_judge(&conf, 99), RISK_ALERT);
	conf.risk_alert_at = 200; /* to end without having warned is a choice */
	assert_int_equal(risk_judge(&conf, 99), RISK_NOTHING);
	assert_int_equal(risk_judge(&conf, 100), RISK_REVOKE);
}

static void
test_remember(void **state)
{

	(void)state;
	visit.here = salzburg;
	risk_remember(&history, &visit, false);
	assert_int_equal(history.at, NOON);
	assert_string_equal(history.place.country, "AT");
	assert_int_equal(history.hours[12], 20);
	visit.at = NOON + HOUR;
	visit.here = (struct location){ .as = 64500 }; /* an address nobody can place: the last place stays */
	risk_remember(&history, &visit, false);
	assert_int_equal(history.at, NOON);
	assert_string_equal(history.place.country, "AT");
	assert_int_equal(history.hours[13], 1);
	refresh_from(munich);
	risk_remember(&history, &visit, false);
	assert_string_equal(history.place.country, "DE");
	assert_int_equal(history.hours[12], 20);
	for (int i = 0; i < 1000; i++) {
		visit = (struct risk_visit){ .at = NOON, .here = munich };
		risk_remember(&history, &visit, false);
	}
	assert_int_equal(history.hours[13], 1); /* what was used stays used */
	assert_true(history.hours[12] > 100);
}

/* A session that moved is told of once; a fifth makes the first forgotten. */
static void
test_told_once(void **state)
{

	(void)state;
	refresh_from(augsburg);
	assert_false(risk_was_told(&history, &visit, signals()));
	risk_remember(&history, &visit, true);
	assert_true(risk_was_told(&history, &visit, BIT(RISK_REFRESH_MOVED)));
	assert_false(risk_was_told(&history, &visit, BIT(RISK_REFRESH_MOVED) | BIT(RISK_NEW_COUNTRY)));
	visit.here.as++;
	assert_false(risk_was_told(&history, &visit, BIT(RISK_REFRESH_MOVED)));
	visit.here.as--;
	visit.session_key[0]++;
	assert_false(risk_was_told(&history, &visit, BIT(RISK_REFRESH_MOVED)));
	for (int i = 0; i < HISTORY_TOLD; i++) {
		refresh_from(augsburg);
		assert_true(risk_was_told(&history, &visit, BIT(RISK_REFRESH_MOVED)));
		visit.session_key[0] = (uint8_t)i;
		risk_remember(&history, &visit, true);
	}
	refresh_from(augsburg);
	assert_false(risk_was_told(&history, &visit, BIT(RISK_REFRESH_MOVED)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_new_device, fresh),
		cmocka_unit_test_setup(test_new_country, fresh),
		cmocka_unit_test_setup(test_travel, fresh),
		cmocka_unit_test_setup(test_no_journey, fresh),
		cmocka_unit_test_setup(test_hour, fresh),
		cmocka_unit_test_setup(test_failures, fresh),
		cmocka_unit_test_setup(test_refresh_moved, fresh),
		cmocka_unit_test_setup(test_refreshed_since, fresh),
		cmocka_unit_test_setup(test_no_weight, fresh),
		cmocka_unit_test_setup(test_sums, fresh),
		cmocka_unit_test_setup(test_remember, fresh),
		cmocka_unit_test_setup(test_told_once, fresh),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
