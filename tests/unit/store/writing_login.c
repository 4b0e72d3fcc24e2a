/* SPDX-License-Identifier: ISC */
#include "crypto/sid.h"

#include "fixture.h"

static void
test_login(void **state)
{
	struct login_write w = fixture_login(1);
	int64_t before = fixture_time();
	struct login_reply r = fixture_logged_in(&w);
	struct lookup_reply l = fixture_lookup(1);

	(void)state;
	assert_int_equal(r.outcome, LOGIN_DONE);
	assert_true(r.now >= before && r.now <= fixture_time());
	assert_int_equal(r.replaced, 0);
	assert_string_equal(l.user_id, w.user_id);
	assert_string_equal(l.username, w.username);
	assert_string_equal(l.groups, w.groups);
	assert_true(l.live && !l.ended && !l.blacklisted && l.not_before == 0);
	assert_true(l.session.created == r.now && l.session.last_seen == r.now && l.session.absolute == r.now + 1000);
	assert_true(
	    l.session.rotated == r.now && l.session.family_absolute == r.now + 5000 && l.session.access_exp == r.now + 300);
	assert_true(l.session.has_cookie && l.session.has_family && l.session.idle == 100 && l.session.family_idle == 2000);
	assert_string_equal(l.session.ip, "192.0.2.7");
	assert_int_equal(strlen(l.session.device_id), 11);
	assert_memory_equal(&l.session, &r.session, sizeof(r.session));
	assert_in_range(fixture_int("TTL %s", fx.key), 5000 + 604800, 5000 + 604800 + 3600); /* and its logout record */
}

/* All members, and those of this session; the id of the session is the one the C side makes. */
static void
test_event(void **state)
{
	struct login_write w = fixture_login(1);
	char sid[PUBLIC_SID_LEN + 1], expect[64];
	struct json_object *e;

	(void)state;
	sid_public(keyring_user(fx.keys), w.user_key, w.session.session_key, sid);
	fixture_logged_in(&w);
	e = fixture_event("login");
	assert_non_null(e);
	assert_int_equal(json_object_object_length(e), 13);
	assert_int_equal(strlen(fixture_member(e, "id")), 22);
	assert_int_equal(strlen(fixture_member(e, "at")), 20);
	snprintf(expect, sizeof(expect), "%.4s", fixture_member(e, "at"));
	assert_string_equal(expect, fixture_time() > 0 ? expect : "");
	assert_string_equal(fixture_member(e, "user_id"), w.user_id);
	assert_string_equal(fixture_member(e, "username"), w.username);
	assert_string_equal(fixture_member(e, "session_id"), sid);
	assert_int_equal(strlen(fixture_member(e, "device_id")), 11);
	assert_string_equal(fixture_member(e, "client_id"), "mobile");
	assert_string_equal(fixture_member(e, "ip"), "192.0.2.7");
	assert_null(fixture_member(e, "reason"));
	assert_string_equal(fixture_member(e, "ended"), "false");
	assert_non_null(fixture_member(e, "access_exp"));
	assert_string_equal(fixture_member(e, "trace_id"), w.actor.trace_id);
	json_object_put(e);
}

static void
test_collision(void **state)
{
	struct login_write w = fixture_login(1);

	(void)state;
	fixture_logged_in(&w);
	w.user_id = "u-somebody-else";
	fixture_fill(w.session.session_key, SESSION_KEY_LEN, 2);
	assert_int_equal(fixture_logged_in(&w).outcome, LOGIN_COLLISION);
	assert_false(fixture_lookup(2).live);
	assert_string_equal(fixture_lookup(1).user_id, "u-0123456789abcdefghij");
	assert_int_equal(fixture_count("login"), 1);
}

/* Sent again after a lost answer: as if done, told once. Ended meanwhile: it stays ended. */
static void
test_repeat(void **state)
{
	struct login_write w = fixture_login(1);
	struct end_write out = fixture_logout_record(1, END_USER, SCOPE_SESSION);
	struct login_reply a = fixture_logged_in(&w), b = fixture_logged_in(&w);

	(void)state;
	assert_int_equal(b.outcome, LOGIN_DONE);
	assert_memory_equal(&a.session, &b.session, sizeof(a.session));
	assert_int_equal(fixture_count("login"), 1);
	fixture_end(&out);
	assert_int_equal(fixture_logged_in(&w).outcome, LOGIN_DONE);
	assert_false(fixture_lookup(1).live);
	assert_true(fixture_lookup(1).ended);
	assert_int_equal(fixture_count("login"), 1);
}

static void
test_device(void **state)
{
	struct login_write a = fixture_login(1), b = fixture_login(2);
	struct lookup_reply l;
	struct json_object *e;

	(void)state;
	memcpy(b.session.device_key, a.session.device_key, DEVICE_KEY_LEN);
	a.session.flags = b.session.flags = SESSION_DEVICE_CHOSEN;
	strcpy(a.session.device_id, "phone");
	strcpy(b.session.device_id, "phone");
	fixture_logged_in(&a);
	assert_int_equal(fixture_logged_in(&b).replaced, 1);
	l = fixture_lookup(1);
	assert_true(!l.live && l.ended && l.logout_record.cause == END_DEVICE);
	assert_string_equal(l.logout_record.reason, "device");
	assert_string_equal(l.logout_record.device_id, "phone");
	assert_true(fixture_lookup(2).live);
	assert_int_equal(fixture_count("replaced"), 1);
	e = fixture_event("replaced");
	assert_string_equal(fixture_member(e, "reason"), "device");
	assert_string_equal(fixture_member(e, "ended"), "true");
	assert_string_equal(fixture_member(e, "device_id"), "phone");
	json_object_put(e);
}

/* The longest id, in two fields. */
static void
test_long_device(void **state)
{
	struct login_write w = fixture_login(1);

	(void)state;
	w.session.flags = SESSION_DEVICE_CHOSEN;
	for (size_t i = 0; i < DEVICE_ID_MAX; i++)
		w.session.device_id[i] = (char)('a' + i % 26);
	assert_string_equal(fixture_logged_in(&w).session.device_id, w.session.device_id);
	assert_string_equal(fixture_lookup(1).session.device_id, w.session.device_id);
}

static void
test_limit(void **state)
{
	struct rotate_write used = fixture_rotation(1, 0, 9);
	struct login_write w;

	(void)state;
	for (uint8_t n = 1; n <= 3; n++) {
		w = fixture_login(n);
		fixture_logged_in(&w);
		fixture_age(n, 90 - n);
	}
	assert_int_equal(fixture_rotate(&used, NULL), ROTATE_DONE); /* the oldest one, but refreshed just now */
	w = fixture_login(4);
	w.limit = 3;
	assert_int_equal(fixture_logged_in(&w).replaced, 1);
	assert_true(fixture_lookup(1).live);
	assert_true(fixture_lookup(2).logout_record.cause == END_LIMIT);
	assert_true(fixture_lookup(3).live);
	assert_true(fixture_lookup(4).live);
	w = fixture_login(5);
	w.limit = 1;
	assert_int_equal(fixture_logged_in(&w).replaced, 3);
	assert_int_equal(fixture_count("replaced"), 4);
}

/* Refused: nothing at all is written. The same device and dead sessions do not count. */
static void
test_reject(void **state)
{
	struct login_write w = fixture_login(1);

	(void)state;
	w.limit = 1;
	w.reject = true;
	fixture_logged_in(&w);
	fixture_fill(w.session.session_key, SESSION_KEY_LEN, 2);
	assert_int_equal(fixture_logged_in(&w).replaced, 1); /* its own device */
	fixture_fill(w.session.session_key, SESSION_KEY_LEN, 3);
	fixture_fill(w.session.device_key, DEVICE_KEY_LEN, 77);
	assert_int_equal(fixture_logged_in(&w).outcome, LOGIN_TOO_MANY);
	assert_false(fixture_lookup(3).live);
	assert_int_equal(fixture_count("login"), 2);
	fixture_age(2, 10000);
	assert_int_equal(fixture_logged_in(&w).outcome, LOGIN_DONE);
	assert_int_equal(fixture_lookup(2).logout_record.cause, END_EXPIRED);
	assert_int_equal(fixture_count("expired"), 1);
}

#define FEW 168 /* bytes of groups that fit the small fields, beside the longest id and name */

/* Names, devices and few groups of every length keep the record a listpack. */
static void
test_listpack(void **state)
{
	char name[USERNAME_MAX + 1], groups[FEW + 1], reason[REASON_MAX + 1];
	struct login_write w;
	struct end_write kick = fixture_logout_record(1, END_KICK, SCOPE_SESSION);
	redisReply *r;

	(void)state;
	memset(name, 'n', USERNAME_MAX);
	memset(groups, 'g', FEW);
	memset(reason, 'r', REASON_MAX);
	name[USERNAME_MAX] = groups[FEW] = reason[REASON_MAX] = '\0';
	for (uint8_t n = 1; n <= 20; n++) {
		w = fixture_login(n);
		w.username = name;
		w.groups = groups;
		w.session.flags = SESSION_DEVICE_CHOSEN;
		memset(w.session.device_id, 'd', DEVICE_ID_MAX);
		strcpy(w.session.ip, "2001:db8:1111:2222:3333:4444:5555:6666");
		fixture_logged_in(&w);
	}
	kick.reason = reason;
	assert_int_equal(fixture_end(&kick).ended, 1);
	assert_string_equal(fixture_lookup(1).logout_record.reason, reason);
	assert_string_equal(fixture_lookup(2).groups, groups);
	assert_string_equal(fixture_lookup(2).username, name);
	r = fixture_raw("OBJECT ENCODING %s", fx.key);
	assert_string_equal(r->str, "listpack");
	freeReplyObject(r);
	w = fixture_login(30); /* fewer groups: the other fields go */
	fixture_logged_in(&w);
	assert_string_equal(fixture_lookup(2).groups, "admins,users");
	assert_int_equal(fixture_int("HEXISTS %s B", fx.key), 0);
}

/* Lists of every kind of length, in a fresh record, in one that is there, and back: whole wherever they are read. */
static void
test_many_groups(void **state)
{
	static const size_t lengths[] = { 0, 1, FEW, FEW + 1, 1024, GROUPS_MAX, 12, GROUPS_MAX, GROUPS_MAX - 1, 0 };
	static char groups[GROUPS_MAX + 2];
	struct login_write w;
	struct login_reply r;
	struct session_list l;

	(void)state;
	for (uint8_t n = 0; n < sizeof(lengths) / sizeof(lengths[0]); n++) {
		struct rotate_reply rotated;
		struct rotate_write next = fixture_rotation((uint8_t)(n + 1), 0, 1);

		memset(groups, 'a' + n, lengths[n]);
		groups[lengths[n]] = '\0';
		w = fixture_login((uint8_t)(n + 1));
		w.groups = groups;
		fixture_logged_in(&w);
		assert_int_equal(redis_store_ops.set_groups(fx.store, fx.user_key, w.user_id, w.username, NULL, groups), DW_OK);
		assert_string_equal(fixture_lookup(1).groups, groups);
		assert_string_equal(fixture_lookup((uint8_t)(n + 1)).username, w.username);
		assert_int_equal(redis_store_ops.list(fx.store, fx.user_key, &fx.arena, &l), DW_OK);
		assert_string_equal(l.groups, groups);
		assert_int_equal(fixture_rotate(&next, &rotated), ROTATE_DONE);
		assert_string_equal(rotated.groups, groups);
		assert_int_equal(fixture_int("HEXISTS %s E", fx.key), lengths[n] > FEW + USERNAME_MAX);
	}
	memset(groups, 'x', GROUPS_MAX + 1);
	w = fixture_login(20);
	w.groups = groups;
	assert_int_equal(redis_store_ops.login(fx.store, &w, &r), DW_FAULT);
}

/* A login leaves the groups of a record as they are, and says which they are: they may be newer than what it read. */
static void
test_other_groups(void **state)
{
	struct login_write w = fixture_login(1);
	struct login_reply r;

	(void)state;
	w.groups = "staff";
	r = fixture_logged_in(&w);
	assert_string_equal(r.groups, "staff");
	for (uint8_t n = 2; n < 5; n++) {
		w = fixture_login(n);
		w.groups = n == 2 ? "" : n == 3 ? "admins,staff,users" : "staff";
		r = fixture_logged_in(&w);
		assert_int_equal(r.outcome, LOGIN_DONE);
		assert_string_equal(r.groups, "staff");
		assert_string_equal(fixture_lookup(1).groups, "staff");
		assert_string_equal(fixture_lookup(n).groups, "staff");
	}
}

/* What does not fit the fields is our caller's mistake, and is not sent. */
static void
test_insane(void **state)
{
	char long_name[USERNAME_MAX + 2];
	struct login_write w = fixture_login(1);
	struct login_reply r;

	(void)state;
	memset(long_name, 'n', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	w.username = long_name;
	assert_int_equal(redis_store_ops.login(fx.store, &w, &r), DW_FAULT);
	w.username = "\xff\xfe";
	assert_int_equal(redis_store_ops.login(fx.store, &w, &r), DW_FAULT);
	w.username = "";
	assert_int_equal(redis_store_ops.login(fx.store, &w, &r), DW_FAULT);
	assert_int_equal(fixture_int("EXISTS %s", fx.key), 0);
}

/* Kinds of logins: cookie only, tokens only. */
static void
test_kinds(void **state)
{
	struct login_write w = fixture_login(1);
	struct lookup_reply l;

	(void)state;
	w.session.has_family = false;
	fixture_logged_in(&w);
	l = fixture_lookup(1);
	assert_true(l.live && l.session.has_cookie && !l.session.has_family && l.session.access_exp == 0);
	w = fixture_login(2);
	w.session.has_cookie = false;
	w.access_in = 100000;
	fixture_logged_in(&w);
	l = fixture_lookup(2);
	assert_true(l.live && !l.session.has_cookie && l.session.has_family);
	assert_int_equal(l.session.access_exp, l.session.rotated + 2000); /* capped by the family's end */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_login, fixture_fresh),
		cmocka_unit_test_setup(test_event, fixture_fresh),
		cmocka_unit_test_setup(test_collision, fixture_fresh),
		cmocka_unit_test_setup(test_repeat, fixture_fresh),
		cmocka_unit_test_setup(test_device, fixture_fresh),
		cmocka_unit_test_setup(test_long_device, fixture_fresh),
		cmocka_unit_test_setup(test_limit, fixture_fresh),
		cmocka_unit_test_setup(test_reject, fixture_fresh),
		cmocka_unit_test_setup(test_listpack, fixture_fresh),
		cmocka_unit_test_setup(test_many_groups, fixture_fresh),
		cmocka_unit_test_setup(test_other_groups, fixture_fresh),
		cmocka_unit_test_setup(test_insane, fixture_fresh),
		cmocka_unit_test_setup(test_kinds, fixture_fresh),
	};

	return (fixture_main_both("login", tests, sizeof(tests) / sizeof(tests[0])));
}
