/* SPDX-License-Identifier: ISC */
/* What is done about unusual logins and refreshes, in which order, and what is asked where nothing is to be asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../fake.h"
#include "auth/anomaly.h"

#define HERE "192.0.2.1"
#define ELSEWHERE "198.51.100.1"

static struct anomaly a;
static struct rotate_reply r;
static struct session session;
static int places;
static const uint8_t user_key[USER_KEY_LEN] = { 1, 2, 3 };

static bool
place(void *geo, const char *ip, struct location *out)
{

	(void)geo;
	places++;
	*out = (struct location){ "DE", 64496, true, 4814, 1158 };
	if (strcmp(ip, ELSEWHERE) == 0)
		*out = (struct location){ "AU", 64499, true, -3387, 15121 };
	return (true);
}

static int
fresh(void **state)
{

	fake_fresh(state);
	fake.conf.risk_enabled = true;
	fake.conf.risk_deny = false;
	fake.conf.risk_travel_speed = 900;
	fake.conf.risk_alert_at = 40;
	fake.conf.risk_revoke_at = 100;
	for (int i = 0; i < RISK_SIGNALS; i++)
		fake.conf.risk_weight[i] = 40;
	fake.app.place = place;
	fake.history = (struct history){ .known = true, .at = FAKE_NOW - 60, .place = { "DE", 64496, true, 4814, 1158 } };
	fake.end_reply.ended = 2;
	places = 0;
	a = (struct anomaly){ .user_id = "user-1", .username = "alice", .actor = { HERE, "trace", "default" } };
	r = (struct rotate_reply){ .now = FAKE_NOW, .user_id = "user-1", .username = "alice", .session.ip = HERE };
	session = (struct session){ .device_id = "phone", .ip = HERE };
	return (0);
}

static enum dw_result
log_in(const char *ip, bool known, int64_t failures)
{

	a.actor.ip = ip;
	return (anomaly_login(&fake.app, &a, STR_NONE, known, failures));
}

static enum dw_result
refresh_from(const char *ip)
{
	const struct actor by = { ip, "trace", "default" };

	return (anomaly_refresh(&fake.app, user_key, &r, &by));
}

static void
test_off(void **state)
{

	(void)state;
	fake.conf.risk_enabled = false;
	assert_int_equal(log_in(ELSEWHERE, false, 9), DW_OK);
	anomaly_signed_in(&fake.app, &a, &session);
	assert_int_equal(refresh_from(ELSEWHERE), DW_OK);
	assert_string_equal(fake.trail_text, "");
	assert_int_equal(places, 0);
}

static void
test_usual(void **state)
{

	(void)state;
	assert_int_equal(log_in(HERE, true, 0), DW_OK);
	anomaly_signed_in(&fake.app, &a, &session);
	assert_string_equal(fake.trail_text, "history remember ");
	assert_int_equal(places, 1);
	assert_int_equal(fake.history.at, FAKE_NOW);
}

static void
test_alert(void **state)
{

	(void)state;
	assert_int_equal(log_in(HERE, false, 0), DW_OK);
	anomaly_signed_in(&fake.app, &a, &session);
	assert_string_equal(fake.trail_text, "history notify remember ");
	assert_string_equal(fake.noticed_type, "anomaly");
	assert_string_equal(fake.noticed_reason, "new_device");
	assert_string_equal(fake.noticed_username, "alice");
	assert_ptr_equal(fake.noticed.session_key, session.session_key);
}

/* All others end before the new one begins. Each ending tells it; where nothing ended, something else has to. */
static void
test_revoke(void **state)
{

	(void)state;
	assert_int_equal(log_in(ELSEWHERE, true, 5), DW_OK);
	assert_string_equal(fake.trail_text, "history end ");
	assert_int_equal(fake.ended.cause, END_ANOMALY);
	assert_int_equal(fake.ended.scope, SCOPE_ALL);
	assert_false(fake.ended.has_sid);
	anomaly_signed_in(&fake.app, &a, &session);
	assert_string_equal(fake.trail_text, "history end remember ");

	fresh(state);
	fake.end_reply.ended = 0;
	assert_int_equal(log_in(ELSEWHERE, true, 5), DW_OK);
	anomaly_signed_in(&fake.app, &a, &session);
	assert_string_equal(fake.trail_text, "history end notify remember ");
	assert_string_equal(fake.noticed_reason, "new_country+travel+failures");
}

static void
test_deny(void **state)
{

	(void)state;
	fake.conf.risk_deny = true;
	assert_int_equal(log_in(HERE, false, 0), DW_OK);
	assert_string_equal(fake.trail_text, "history ");

	fresh(state);
	fake.conf.risk_deny = true;
	assert_int_equal(log_in(ELSEWHERE, false, 0), DW_REFUSED);
	assert_string_equal(fake.trail_text, "history end ");

	fresh(state);
	fake.conf.risk_deny = true;
	fake.end_reply.ended = 0;
	assert_int_equal(log_in(ELSEWHERE, false, 0), DW_REFUSED);
	assert_string_equal(fake.trail_text, "history end notify ");
	assert_int_equal(fake.history.at, FAKE_NOW - 60); /* it is no history */
}

/* What cannot be done is not taken for done. */
static void
test_no_store(void **state)
{

	(void)state;
	fake.history_rc = DW_UNAVAILABLE;
	assert_int_equal(log_in(HERE, true, 0), DW_UNAVAILABLE);
	assert_int_equal(refresh_from(ELSEWHERE), DW_UNAVAILABLE);
	fake.history_rc = DW_OK;
	fake.end_rc = DW_PENDING;
	assert_int_equal(log_in(ELSEWHERE, false, 0), DW_UNAVAILABLE);
	assert_int_equal(refresh_from(ELSEWHERE), DW_REFUSED); /* it is promised, and over here */
	fake.conf.risk_deny = true;
	assert_int_equal(log_in(ELSEWHERE, false, 0), DW_REFUSED);
	fake.conf.risk_deny = false;
	fake.end_rc = DW_UNAVAILABLE;
	assert_int_equal(refresh_from(ELSEWHERE), DW_UNAVAILABLE);
	fake.end_rc = DW_OK;
	fake.notify_rc = fake.remember_rc = DW_UNAVAILABLE; /* stops nobody */
	assert_int_equal(log_in(HERE, false, 0), DW_OK);
	anomaly_signed_in(&fake.app, &a, &session);
}

static void
test_device(void **state)
{
	const struct str phone = STR_LIT("phone");

	(void)state;
	fake.get_device_rc = DW_OK;
	assert_int_equal(anomaly_login(&fake.app, &a, phone, false, 0), DW_OK);
	assert_int_equal(a.signals, 0);
	fake.get_device_rc = DW_UNAVAILABLE;
	assert_int_equal(anomaly_login(&fake.app, &a, phone, false, 0), DW_OK);
	assert_int_equal(a.signals, 0);
	fake.get_device_rc = DW_ABSENT;
	assert_int_equal(anomaly_login(&fake.app, &a, phone, false, 0), DW_OK);
	assert_int_equal(a.signals, 1U << RISK_NEW_DEVICE);
}

/* From where the login came nothing is asked, in whatever spelling. */
static void
test_refresh_at_home(void **state)
{

	(void)state;
	assert_int_equal(refresh_from(HERE), DW_OK);
	strcpy(r.session.ip, "2001:db8::1");
	assert_int_equal(refresh_from("2001:DB8:0::0001"), DW_OK);
	assert_string_equal(fake.trail_text, "");
	assert_int_equal(places, 0);
}

static void
test_refresh_elsewhere(void **state)
{

	(void)state;
	assert_int_equal(refresh_from("192.0.2.77"), DW_OK); /* the same country and system */
	assert_string_equal(fake.trail_text, "history remember ");
	assert_int_equal(places, 2);

	fresh(state);
	assert_int_equal(refresh_from(ELSEWHERE), DW_REFUSED);
	assert_string_equal(fake.trail_text, "history end ");
	assert_int_equal(places, 2);

	fresh(state);
	fake.conf.risk_revoke_at = 1000;
	assert_int_equal(refresh_from(ELSEWHERE), DW_OK);
	assert_string_equal(fake.trail_text, "history notify remember ");
	assert_string_equal(fake.noticed_reason, "new_country+travel+refresh_moved");
	assert_int_equal(refresh_from(ELSEWHERE), DW_OK); /* told once */
	assert_string_equal(fake.trail_text, "history notify remember history remember ");
}

/* Told once, but never let pass: where moving alone is enough to end all. */
static void
test_refresh_strict(void **state)
{

	(void)state;
	fake.conf.risk_revoke_at = 1000;
	assert_int_equal(refresh_from(ELSEWHERE), DW_OK);
	fake.conf.risk_revoke_at = 40;
	assert_int_equal(refresh_from(ELSEWHERE), DW_REFUSED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_off, fresh),
		cmocka_unit_test_setup(test_usual, fresh),
		cmocka_unit_test_setup(test_alert, fresh),
		cmocka_unit_test_setup(test_revoke, fresh),
		cmocka_unit_test_setup(test_deny, fresh),
		cmocka_unit_test_setup(test_no_store, fresh),
		cmocka_unit_test_setup(test_device, fresh),
		cmocka_unit_test_setup(test_refresh_at_home, fresh),
		cmocka_unit_test_setup(test_refresh_elsewhere, fresh),
		cmocka_unit_test_setup(test_refresh_strict, fresh),
	};

	return (cmocka_run_group_tests(tests, fake_begin, fake_end));
}
