/* SPDX-License-Identifier: ISC */
#include "fixture.h"
#include "store/record.h"

/* The hash of the first refresh token is made of 0. */
static void
log_in(bool chosen)
{
	struct login_write w = fixture_login(1);

	if (chosen) {
		w.session.flags = SESSION_DEVICE_CHOSEN;
		strcpy(w.session.device_id, "phone");
	}
	fixture_logged_in(&w);
}

/* The same rotation, its device id sent along. */
static struct rotate_write
with_device(uint8_t presented, uint8_t next, uint8_t device)
{
	struct rotate_write w = fixture_rotation(1, presented, next);

	w.has_device = true;
	fixture_fill(w.device_key, DEVICE_KEY_LEN, device);
	return (w);
}

/* Moves the last rotation back, as if the client had slept. */
static void
sleep_over(int64_t seconds)
{

	fixture_age(1, seconds);
}

static void
test_done(void **state)
{
	struct rotate_write w = fixture_rotation(1, 0, 1);
	struct rotate_reply r;
	struct json_object *e;

	(void)state;
	log_in(false);
	assert_int_equal(fixture_rotate(&w, &r), ROTATE_DONE);
	assert_true(r.session.rotated == r.now && r.session.access_exp >= r.now + 300 && r.session.has_cookie);
	assert_true(r.before > 0 && r.before <= r.now);
	assert_string_equal(r.user_id, "u-0123456789abcdefghij");
	assert_string_equal(r.groups, "admins,users");
	assert_int_equal(r.generation, 2);
	assert_memory_equal(r.salt + GENERATION_LEN, w.nonce, NONCE_LEN);
	e = fixture_event("refresh");
	assert_string_equal(fixture_member(e, "ended"), "false");
	assert_string_equal(fixture_member(e, "ip"), "192.0.2.8");
	json_object_put(e);
	sleep_over(50);
	w = fixture_rotation(1, 1, 2);
	assert_int_equal(fixture_rotate(&w, &r), ROTATE_DONE);
	assert_true(r.before >= r.now - 60 && r.before <= r.now - 50);
	assert_int_equal(fixture_count("refresh"), 2);
}

/* Within the window the stored nonce comes back, not the proposed one, and the window does not move. */
static void
test_repeated(void **state)
{
	struct rotate_write first = fixture_rotation(1, 0, 1), again = fixture_rotation(1, 0, 2);
	struct rotate_reply a, b;

	(void)state;
	log_in(false);
	again.key_version = 9;
	assert_int_equal(fixture_rotate(&first, &a), ROTATE_DONE);
	sleep_over(8);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(fixture_rotate(&again, &b), ROTATE_REPEATED);
		assert_memory_equal(b.salt + GENERATION_LEN, first.nonce, NONCE_LEN);
		assert_int_equal(b.key_version, 1);
		assert_true(b.session.rotated <= a.session.rotated - 8);
		assert_int_equal(b.before, 0);
		assert_true(b.session.access_exp >= b.now + 300);
	}
	assert_int_equal(fixture_count("refresh"), 1);
	sleep_over(5);
	assert_int_equal(fixture_rotate(&again, NULL), ROTATE_REUSED);
}

/* Once the successor was used its predecessor is dead, inside the window too. */
static void
test_successor_used(void **state)
{
	struct rotate_write first = fixture_rotation(1, 0, 1), second = fixture_rotation(1, 1, 2),
			    late = fixture_rotation(1, 0, 3);
	struct lookup_reply l;
	struct json_object *e;

	(void)state;
	log_in(false);
	fixture_rotate(&first, NULL);
	fixture_rotate(&second, NULL);
	assert_int_equal(fixture_rotate(&late, NULL), ROTATE_REUSED);
	l = fixture_lookup(1);
	assert_true(!l.live && l.ended && l.logout_record.cause == END_REUSE);
	assert_int_equal(fixture_count("refresh_reuse"), 1);
	e = fixture_event("refresh_reuse");
	assert_string_equal(fixture_member(e, "ended"), "true");
	assert_string_equal(fixture_member(e, "reason"), "refresh_reuse");
	json_object_put(e);
	second = fixture_rotation(1, 2, 4);
	assert_int_equal(fixture_rotate(&second, NULL), ROTATE_REVOKED);
	assert_int_equal(fixture_count("refresh_reuse"), 1);
}

/* No grace: a repeat is a reuse. But the same call sent twice, after a lost answer, is not a repeat of the client's. */
static void
test_no_grace(void **state)
{
	struct rotate_write w = fixture_rotation(1, 0, 1), other = fixture_rotation(1, 0, 2);

	(void)state;
	log_in(false);
	w.grace = other.grace = 0;
	assert_int_equal(fixture_rotate(&w, NULL), ROTATE_DONE);
	assert_int_equal(fixture_rotate(&w, NULL), ROTATE_REPEATED);
	assert_int_equal(fixture_rotate(&other, NULL), ROTATE_REUSED);
}

/* A lost answer and a sleeping client: one new successor, once; the unused one is dead; a normal rotation forgives. */
static void
test_recovered(void **state)
{
	struct rotate_write first = with_device(0, 1, 101), late = with_device(0, 2, 101), later = with_device(0, 3, 101);
	struct rotate_reply r;

	(void)state;
	log_in(true);
	assert_int_equal(fixture_rotate(&first, NULL), ROTATE_DONE);
	sleep_over(60);
	assert_int_equal(fixture_rotate(&late, &r), ROTATE_RECOVERED);
	assert_memory_equal(r.salt + GENERATION_LEN, late.nonce, NONCE_LEN);
	assert_true((r.session.family_flags & FAMILY_RECOVERED) != 0 && r.session.rotated == r.now);
	assert_int_equal(fixture_rotate(&later, &r), ROTATE_REPEATED); /* the window starts anew */
	assert_memory_equal(r.salt + GENERATION_LEN, late.nonce, NONCE_LEN);
	first = with_device(2, 4, 101);
	assert_int_equal(fixture_rotate(&first, &r), ROTATE_DONE);
	assert_int_equal(r.session.family_flags & FAMILY_RECOVERED, 0);
	sleep_over(60);
	late = with_device(2, 5, 101);
	assert_int_equal(fixture_rotate(&late, NULL), ROTATE_RECOVERED);
	sleep_over(60);
	later = with_device(2, 6, 101);
	assert_int_equal(fixture_rotate(&later, NULL), ROTATE_REUSED); /* once */
}

/* Whoever comes with the successor that recovery killed is the thief, or the victim of one. */
static void
test_unused_successor(void **state)
{
	struct rotate_write w = with_device(0, 1, 101);

	(void)state;
	log_in(true);
	fixture_rotate(&w, NULL);
	sleep_over(60);
	w = with_device(0, 2, 101);
	assert_int_equal(fixture_rotate(&w, NULL), ROTATE_RECOVERED);
	w = with_device(1, 3, 101);
	assert_int_equal(fixture_rotate(&w, NULL), ROTATE_REUSED);
}

/* Without the device, or with a generated one, nothing is recovered. */
static void
test_not_recovered(void **state)
{
	struct rotate_write w = with_device(0, 1, 101);

	log_in(true);
	fixture_rotate(&w, NULL);
	sleep_over(60);
	w = fixture_rotation(1, 0, 2);
	assert_int_equal(fixture_rotate(&w, NULL), ROTATE_REUSED);
	fixture_fresh(state);
	log_in(false);
	w = with_device(0, 1, 101);
	fixture_rotate(&w, NULL);
	sleep_over(60);
	assert_int_equal(fixture_rotate(&w, NULL), ROTATE_REPEATED); /* the same nonce: sent twice */
	w = with_device(0, 2, 101);
	assert_int_equal(fixture_rotate(&w, NULL), ROTATE_REUSED);
}

static void
test_device(void **state)
{
	struct rotate_write w = fixture_rotation(1, 0, 1);

	log_in(true);
	assert_int_equal(fixture_rotate(&w, NULL), ROTATE_DEVICE_MISSING);
	assert_true(fixture_lookup(1).live);
	w = with_device(0, 1, 101);
	assert_int_equal(fixture_rotate(&w, NULL), ROTATE_DONE);
	w = with_device(1, 2, 55);
	assert_int_equal(fixture_rotate(&w, NULL), ROTATE_DEVICE_MISMATCH);
	assert_int_equal(fixture_lookup(1).logout_record.cause, END_MISMATCH);
	assert_string_equal(fixture_lookup(1).logout_record.reason, "device_mismatch");
	fixture_fresh(state);
	log_in(false); /* a generated one need not come, but must match */
	w = with_device(0, 1, 101);
	assert_int_equal(fixture_rotate(&w, NULL), ROTATE_DONE);
	w = with_device(1, 2, 55);
	assert_int_equal(fixture_rotate(&w, NULL), ROTATE_DEVICE_MISMATCH);
	assert_int_equal(fixture_count("refresh_reuse"), 1);
}

static void
test_client(void **state)
{
	struct rotate_write w = fixture_rotation(1, 0, 1);
	struct login_write in = fixture_login(1);
	struct json_object *e;

	(void)state;
	log_in(false);
	w.has_client = true;
	memcpy(w.client_hash, in.session.client_hash, CLIENT_HASH_LEN);
	assert_int_equal(fixture_rotate(&w, NULL), ROTATE_DONE);
	w = fixture_rotation(1, 1, 2);
	w.has_client = true;
	assert_int_equal(fixture_rotate(&w, NULL), ROTATE_CLIENT_MISMATCH);
	assert_int_equal(fixture_lookup(1).logout_record.cause, END_MISMATCH);
	assert_string_equal(fixture_lookup(1).logout_record.reason, "client_mismatch");
	e = fixture_event("refresh_reuse");
	assert_string_equal(fixture_member(e, "reason"), "client_mismatch");
	json_object_put(e);
}

static void
test_gone(void **state)
{
	struct rotate_write w = fixture_rotation(1, 0, 1);
	struct end_write out = fixture_logout_record(1, END_USER, SCOPE_SESSION);

	assert_int_equal(fixture_rotate(&w, NULL), ROTATE_UNKNOWN);
	log_in(false);
	fixture_end(&out);
	assert_int_equal(fixture_rotate(&w, NULL), ROTATE_REVOKED);
	fixture_fresh(state);
	memcpy(w.user_key, fx.user_key, USER_KEY_LEN);
	log_in(false);
	fixture_age(1, 5050);
	assert_int_equal(fixture_rotate(&w, NULL), ROTATE_EXPIRED);
	assert_true(fixture_lookup(1).ended); /* the whole session was past */
	assert_int_equal(fixture_rotate(&w, NULL), ROTATE_EXPIRED);
	fixture_fresh(state);
	memcpy(w.user_key, fx.user_key, USER_KEY_LEN);
	log_in(false);
	fixture_fill(w.session_key, SESSION_KEY_LEN, 2);
	assert_int_equal(fixture_rotate(&w, NULL), ROTATE_UNKNOWN);
}

/* A family can be past while the cookie lives: expired, and nothing ends. */
static void
test_family_expired(void **state)
{
	struct login_write in = fixture_login(1);
	struct rotate_write w = fixture_rotation(1, 0, 1);

	(void)state;
	in.session.policy = POLICY_FIXED;
	in.session.family_idle = 30;
	in.access_in = 10;
	fixture_logged_in(&in);
	fixture_age(1, 40);
	assert_int_equal(fixture_rotate(&w, NULL), ROTATE_EXPIRED);
	assert_true(fixture_lookup(1).live);
}

/* What was never rotated has no predecessor: not even the hash that is all zero. */
static void
test_zero(void **state)
{
	struct rotate_write w = fixture_rotation(1, 0, 1);

	(void)state;
	log_in(false);
	memset(w.presented, 0, HASH_LEN);
	assert_int_equal(fixture_rotate(&w, NULL), ROTATE_REUSED);
}

/* A token never outlives the family. */
static void
test_capped(void **state)
{
	struct rotate_write w = fixture_rotation(1, 0, 1);
	struct rotate_reply r;

	(void)state;
	log_in(false);
	fixture_age(1, 1900);
	assert_int_equal(fixture_rotate(&w, &r), ROTATE_DONE);
	w = fixture_rotation(1, 1, 2);
	w.access_in = 100000;
	assert_int_equal(fixture_rotate(&w, &r), ROTATE_DONE);
	assert_true(r.session.access_exp == r.now + 2000);
}

/* A failover: the record is that of an earlier rotation, and the client has what came of a later one. */
static void
test_newer(void **state)
{
	struct rotate_write w = fixture_rotation(1, 0, 1), again, lost;
	struct rotate_reply r;

	(void)state;
	log_in(false);
	assert_int_equal(fixture_rotate(&w, &r), ROTATE_DONE);
	lost = fixture_rotation(1, 77, 3); /* of generation 5; 2 is known here */
	lost.generation = 5;
	assert_int_equal(fixture_rotate(&lost, &r), ROTATE_DONE);
	assert_int_equal(r.generation, 6);
	assert_int_equal(fixture_rotate(&lost, &r), ROTATE_REPEATED); /* the same call */
	again = fixture_rotation(1, 77, 4);
	again.generation = 5;
	assert_int_equal(fixture_rotate(&again, &r), ROTATE_REPEATED); /* another tab */
	assert_int_equal(r.generation, 6);
	assert_memory_equal(r.salt + GENERATION_LEN, lost.nonce, NONCE_LEN);
	w = fixture_rotation(1, 3, 4);
	w.generation = 6;
	assert_int_equal(fixture_rotate(&w, &r), ROTATE_DONE);
	w = fixture_rotation(1, 88, 5); /* of the generation that is known, and not the one that is known: that is theft */
	w.generation = 7;
	assert_int_equal(fixture_rotate(&w, NULL), ROTATE_REUSED);
}

/* Being newer is no excuse for another device. */
static void
test_newer_device(void **state)
{
	struct rotate_write w = with_device(77, 3, 102);

	(void)state;
	log_in(true);
	w.generation = 5;
	assert_int_equal(fixture_rotate(&w, NULL), ROTATE_DEVICE_MISMATCH);
}

/* Makes the family one of before there were generations, with ${salt}. */
static void
make_salted(const uint8_t salt[SALT_LEN])
{
	uint8_t field[1 + SESSION_KEY_LEN] = { 'f' };
	redisReply *r;

	fixture_fill(field + 1, SESSION_KEY_LEN, 1);
	r = fixture_raw("HGET %s %b", fx.key, field, sizeof(field));
	assert_int_equal(r->len, RECORD_F_LEN);
	memcpy(r->str + RECORD_F_GENERATION, salt, SALT_LEN);
	r->str[RECORD_F_FLAGS] = 0;
	freeReplyObject(fixture_raw("HSET %s %b %b", fx.key, field, sizeof(field), r->str, r->len));
	freeReplyObject(r);
}

static void
test_salted(void **state)
{
	const uint8_t salt[SALT_LEN] = "twelve bytes";
	struct rotate_write first = fixture_rotation(1, 0, 1), again = fixture_rotation(1, 0, 2),
			    next = fixture_rotation(1, 1, 3);
	struct rotate_reply r;

	(void)state;
	log_in(false);
	assert_int_equal(fixture_rotate(&first, NULL), ROTATE_DONE);
	make_salted(salt);
	again.generation = next.generation = 0;
	assert_int_equal(fixture_rotate(&again, &r), ROTATE_REPEATED);
	assert_int_equal(r.generation, 0);
	assert_memory_equal(r.salt, salt, SALT_LEN);
	assert_int_equal(fixture_rotate(&next, &r), ROTATE_DONE);
	assert_int_equal(r.generation, 1);
	assert_int_equal(fixture_rotate(&again, NULL), ROTATE_REUSED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_done, fixture_fresh),
		cmocka_unit_test_setup(test_repeated, fixture_fresh),
		cmocka_unit_test_setup(test_successor_used, fixture_fresh),
		cmocka_unit_test_setup(test_no_grace, fixture_fresh),
		cmocka_unit_test_setup(test_recovered, fixture_fresh),
		cmocka_unit_test_setup(test_unused_successor, fixture_fresh),
		cmocka_unit_test_setup(test_not_recovered, fixture_fresh),
		cmocka_unit_test_setup(test_device, fixture_fresh),
		cmocka_unit_test_setup(test_client, fixture_fresh),
		cmocka_unit_test_setup(test_gone, fixture_fresh),
		cmocka_unit_test_setup(test_family_expired, fixture_fresh),
		cmocka_unit_test_setup(test_zero, fixture_fresh),
		cmocka_unit_test_setup(test_capped, fixture_fresh),
		cmocka_unit_test_setup(test_newer, fixture_fresh),
		cmocka_unit_test_setup(test_newer_device, fixture_fresh),
		cmocka_unit_test_setup(test_salted, fixture_fresh),
	};

	return (fixture_main_both("rotate", tests, sizeof(tests) / sizeof(tests[0])));
}
