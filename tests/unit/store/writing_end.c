#include "crypto/sid.h"

#include "fixture.h"

static void
log_in(uint8_t from, uint8_t to)
{

	for (uint8_t n = from; n <= to; n++) {
		struct login_write w = fixture_login(n);

		fixture_logged_in(&w);
	}
}

/* Every cause: what the record, the reply and the event say of it, in the words of base/ending.c. */
static void
test_causes(void **state)
{

	(void)state;
	for (enum end_cause cause = END_USER; cause <= END_ANOMALY; cause++) {
		struct end_write w = fixture_ending((uint8_t)cause, cause, SCOPE_SESSION);
		struct login_write in = fixture_login((uint8_t)cause);
		struct json_object *e;
		struct end_reply r;
		struct lookup_reply l;

		fixture_fresh(state);
		memcpy(w.up, fx.up, UP_LEN);
		memcpy(in.up, fx.up, UP_LEN);
		fixture_logged_in(&in);
		r = fixture_end(&w);
		l = fixture_lookup((uint8_t)cause);
		assert_true(r.ended == 1 && r.has_own && r.own.cause == cause && r.own.scope == SCOPE_SESSION);
		assert_string_equal(r.own.reason, end_cause_reason(cause));
		assert_string_equal(r.user_id, in.user_id);
		assert_string_equal(r.username, in.username);
		assert_memory_equal(&r.endings[0], &r.own, sizeof(r.own));
		assert_memory_equal(&l.ending, &r.own, sizeof(r.own));
		assert_true(!l.live && l.ended);
		e = fixture_event(end_cause_event(cause));
		assert_non_null(e);
		assert_string_equal(fixture_member(e, "reason"), end_cause_reason(cause));
		assert_string_equal(fixture_member(e, "ended"), "true");
		if (cause != END_EXPIRED) /* which nobody causes */
			assert_string_equal(fixture_member(e, "ip"), "198.51.100.1");
		assert_string_equal(fixture_member(e, "device_id"), r.own.device_id);
		json_object_put(e);
	}
}

/* Fifty times: one event, the same record. */
static void
test_repeated(void **state)
{
	struct end_write w = fixture_ending(1, END_USER, SCOPE_SESSION);
	struct end_reply first, again;

	(void)state;
	log_in(1, 1);
	first = fixture_end(&w);
	for (int i = 0; i < 50; i++) {
		w.said_scope = i % 2 == 0 ? SCOPE_ALL : SCOPE_SESSION;
		w.cause = i % 3 == 0 ? END_KICK : END_USER;
		again = fixture_end(&w);
		assert_int_equal(again.ended, 0);
		assert_true(again.has_own);
		assert_memory_equal(&again.own, &first.own, sizeof(first.own));
	}
	assert_int_equal(fixture_count("logout"), 1);
	assert_int_equal(fixture_count("kick"), 0);
}

static void
test_nothing_known(void **state)
{
	struct end_write w = fixture_ending(1, END_USER, SCOPE_SESSION);
	struct end_reply r = fixture_end(&w);

	(void)state;
	assert_string_equal(r.user_id, "");
	assert_false(r.has_own);
	assert_int_equal(fixture_int("EXISTS %s", fx.key), 0);
	log_in(2, 2);
	r = fixture_end(&w);
	assert_true(r.ended == 0 && !r.has_own && r.user_id[0] != '\0');
	assert_true(fixture_lookup(2).live);
}

static void
test_device(void **state)
{
	struct end_write w = fixture_ending(1, END_USER, SCOPE_DEVICE);
	struct end_reply r;

	(void)state;
	log_in(1, 3);
	r = fixture_end(&w);
	assert_true(r.ended == 1 && r.has_own && r.own.scope == SCOPE_DEVICE);
	w = fixture_ending(2, END_KICK, SCOPE_DEVICE); /* an operator's, without a session */
	w.has_sid = false;
	w.reason = "lost \"phone\"";
	r = fixture_end(&w);
	assert_true(r.ended == 1 && !r.has_own);
	assert_string_equal(r.endings[0].reason, "lost \"phone\"");
	assert_true(fixture_lookup(3).live);
}

static void
test_others(void **state)
{
	struct end_write w = fixture_ending(2, END_USER, SCOPE_OTHERS);
	struct end_reply r;

	(void)state;
	log_in(1, 4);
	r = fixture_end(&w);
	assert_int_equal(r.ended, 3);
	assert_false(r.has_own);
	assert_true(fixture_lookup(2).live && fixture_lookup(2).not_before == 0);
	assert_false(fixture_lookup(1).live || fixture_lookup(3).live || fixture_lookup(4).live);
	assert_int_equal(fixture_end(&w).ended, 0);
	assert_int_equal(fixture_count("logout"), 3);
}

/* All: the mark is set, and a login in the very same second is alive. */
static void
test_all(void **state)
{
	struct end_write w = fixture_ending(1, END_KICK, SCOPE_ALL);
	struct end_reply r;
	struct lookup_reply l;

	(void)state;
	w.has_sid = false;
	log_in(1, 5);
	r = fixture_end(&w);
	assert_int_equal(r.ended, 5);
	log_in(6, 6);
	l = fixture_lookup(6);
	assert_true(l.live && l.not_before > 0 && l.session.created >= l.not_before);
	r = fixture_end(&w);
	assert_int_equal(r.ended, 1);
	assert_int_equal(fixture_count("kick"), 6);
}

/* A session made before the mark is dead even if its field had stayed. */
static void
test_before_mark(void **state)
{
	struct end_write all = fixture_ending(1, END_KICK, SCOPE_ALL);

	(void)state;
	log_in(1, 2);
	fixture_end(&all);
	log_in(3, 3);
	fixture_age(3, 20);
	assert_int_equal(redis_store_prune(fx.store, fx.up), DW_OK);
	assert_int_equal(fixture_lookup(3).ending.cause, END_EXPIRED);
}

/* A dead token ends nothing: what was opened since the logout stays. An operator's word and a new password count all the same. */
static void
test_dead_caller(void **state)
{
	struct end_write w = fixture_ending(1, END_USER, SCOPE_SESSION);
	struct end_reply first, r;

	(void)state;
	log_in(1, 1);
	first = fixture_end(&w);
	log_in(2, 3);
	for (enum end_scope scope = SCOPE_DEVICE; scope <= SCOPE_ALL; scope++) {
		w.scope = w.said_scope = scope;
		r = fixture_end(&w);
		assert_int_equal(r.ended, 0);
		assert_memory_equal(&r.own, &first.own, sizeof(r.own));
	}
	assert_int_equal(fixture_lookup(2).not_before, 0);
	w.scope = SCOPE_OTHERS;
	w.cause = END_PASSWORD;
	assert_int_equal(fixture_end(&w).ended, 2);
}

/* What is past leaves as expired, at the time it was, and a logout then finds that record. */
static void
test_expired(void **state)
{
	struct end_write w = fixture_ending(1, END_USER, SCOPE_SESSION);
	struct json_object *e;
	struct end_reply r;

	(void)state;
	log_in(1, 2);
	fixture_age(1, 5050);
	r = fixture_end(&w);
	assert_true(r.ended == 0 && r.has_own && r.own.cause == END_EXPIRED);
	assert_true(r.own.at <= fixture_time() - 50);
	e = fixture_event("expired");
	assert_string_equal(fixture_member(e, "ended"), "true");
	assert_null(fixture_member(e, "ip"));
	assert_string_equal(fixture_member(e, "reason"), "expired");
	json_object_put(e);
	assert_int_equal(fixture_count("logout"), 0);
	assert_true(fixture_lookup(2).live);
}

/* Logout records go by age, with their device id, and beyond the newest 32. */
static void
test_forgotten(void **state)
{
	struct end_write w = fixture_ending(1, END_USER, SCOPE_SESSION);
	struct login_write in = fixture_login(1);

	(void)state;
	in.session.flags = SESSION_DEVICE_CHOSEN;
	strcpy(in.session.device_id, "phone");
	fixture_logged_in(&in);
	fixture_end(&w);
	log_in(2, 2);
	fixture_age_ending(1, 604799);
	assert_int_equal(redis_store_prune(fx.store, fx.up), DW_OK);
	assert_true(fixture_lookup(1).ended);
	fixture_age_ending(1, 2);
	assert_int_equal(redis_store_prune(fx.store, fx.up), DW_OK);
	assert_false(fixture_lookup(1).ended);
	assert_int_equal(fixture_int("HLEN %s", fx.key), 3); /* A s f */
	log_in(3, 42);
	w = fixture_ending(2, END_KICK, SCOPE_ALL);
	fixture_end(&w);
	for (uint8_t n = 2; n <= 42; n++)
		fixture_age_ending(n, 1000 - n);
	assert_int_equal(redis_store_prune(fx.store, fx.up), DW_OK);
	assert_int_equal(fixture_int("HLEN %s", fx.key), 2 + 32);
	assert_true(fixture_lookup(42).ended);
	assert_false(fixture_lookup(2).ended);
}

/* The ids of ended sessions are made by the script: the same ones as here. */
static void
test_public_ids(void **state)
{
	struct end_write w = fixture_ending(1, END_KICK, SCOPE_ALL);
	char expect[PUBLIC_SID_LEN + 1];
	struct json_object *all;
	size_t found = 0;

	(void)state;
	w.has_sid = false;
	log_in(1, 20);
	fixture_end(&w);
	all = fixture_events();
	for (size_t i = 0; i < json_object_array_length(all); i++) {
		struct json_object *e = json_object_array_get_idx(all, i);

		for (uint8_t n = 1; n <= 20 && strcmp(fixture_member(e, "type"), "kick") == 0; n++) {
			uint8_t sid8[SID_LEN];

			fixture_fill(sid8, SID_LEN, n);
			sid_public(keyring_user(fx.keys), fx.up, sid8, expect);
			found += strcmp(expect, fixture_member(e, "session_id")) == 0;
		}
	}
	json_object_put(all);
	assert_int_equal(found, 20);
}

/* Without room for the records, or with nobody who wants them. */
static void
test_arena(void **state)
{
	struct end_write w = fixture_ending(1, END_KICK, SCOPE_ALL);
	char small[64];
	struct arena tiny;
	struct end_reply r;

	(void)state;
	log_in(1, 3);
	assert_int_equal(redis_store_ops.end(fx.store, &w, NULL, &r), DW_OK);
	assert_true(r.ended == 3 && r.endings == NULL);
	log_in(4, 5);
	arena_init(&tiny, small, sizeof(small));
	assert_int_equal(redis_store_ops.end(fx.store, &w, &tiny, &r), DW_FAULT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_causes, fixture_fresh),
		cmocka_unit_test_setup(test_repeated, fixture_fresh),
		cmocka_unit_test_setup(test_nothing_known, fixture_fresh),
		cmocka_unit_test_setup(test_device, fixture_fresh),
		cmocka_unit_test_setup(test_others, fixture_fresh),
		cmocka_unit_test_setup(test_all, fixture_fresh),
		cmocka_unit_test_setup(test_before_mark, fixture_fresh),
		cmocka_unit_test_setup(test_dead_caller, fixture_fresh),
		cmocka_unit_test_setup(test_expired, fixture_fresh),
		cmocka_unit_test_setup(test_forgotten, fixture_fresh),
		cmocka_unit_test_setup(test_public_ids, fixture_fresh),
		cmocka_unit_test_setup(test_arena, fixture_fresh),
	};

	return (fixture_main_both("end", tests, sizeof(tests) / sizeof(tests[0])));
}
