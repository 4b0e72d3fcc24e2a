/* SPDX-License-Identifier: ISC */
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

/* Every cause: what the record, the reply and the event say of it, in the words of session/cause.c. */
static void
test_causes(void **state)
{

	(void)state;
	for (enum end_cause cause = END_USER; cause <= END_ANOMALY; cause++) {
		struct end_write w = fixture_logout_record((uint8_t)cause, cause, SCOPE_SESSION);
		struct login_write in = fixture_login((uint8_t)cause);
		struct json_object *e;
		struct end_reply r;
		struct lookup_reply l;

		fixture_fresh(state);
		memcpy(w.user_key, fx.user_key, USER_KEY_LEN);
		memcpy(in.user_key, fx.user_key, USER_KEY_LEN);
		fixture_logged_in(&in);
		r = fixture_end(&w);
		l = fixture_lookup((uint8_t)cause);
		assert_true(r.ended == 1 && r.has_own && r.own.cause == cause && r.own.scope == SCOPE_SESSION);
		assert_string_equal(r.own.reason, end_cause_reason(cause));
		assert_string_equal(r.user_id, in.user_id);
		assert_string_equal(r.username, in.username);
		assert_memory_equal(&r.logout_records[0], &r.own, sizeof(r.own));
		assert_memory_equal(&l.logout_record, &r.own, sizeof(r.own));
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
	struct end_write w = fixture_logout_record(1, END_USER, SCOPE_SESSION);
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
	struct end_write w = fixture_logout_record(1, END_USER, SCOPE_SESSION);
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
	struct end_write w = fixture_logout_record(1, END_USER, SCOPE_DEVICE);
	struct end_reply r;

	(void)state;
	log_in(1, 3);
	r = fixture_end(&w);
	assert_true(r.ended == 1 && r.has_own && r.own.scope == SCOPE_DEVICE);
	w = fixture_logout_record(2, END_KICK, SCOPE_DEVICE); /* an operator's, without a session */
	w.has_sid = false;
	w.reason = "lost \"phone\"";
	r = fixture_end(&w);
	assert_true(r.ended == 1 && !r.has_own);
	assert_string_equal(r.logout_records[0].reason, "lost \"phone\"");
	assert_true(fixture_lookup(3).live);
}

static void
test_others(void **state)
{
	struct end_write w = fixture_logout_record(2, END_USER, SCOPE_OTHERS);
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
	struct end_write w = fixture_logout_record(1, END_KICK, SCOPE_ALL);
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
	struct end_write all = fixture_logout_record(1, END_KICK, SCOPE_ALL);

	(void)state;
	log_in(1, 2);
	fixture_end(&all);
	log_in(3, 3);
	fixture_age(3, 20);
	assert_int_equal(redis_store_prune(fx.store, fx.user_key), DW_OK);
	assert_int_equal(fixture_lookup(3).logout_record.cause, END_EXPIRED);
}

/* A dead token ends nothing: what was opened since the logout stays. An operator's word and a new password count all the same.
 */
static void
test_dead_caller(void **state)
{
	struct end_write w = fixture_logout_record(1, END_USER, SCOPE_SESSION);
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
	struct end_write w = fixture_logout_record(1, END_USER, SCOPE_SESSION);
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
	struct end_write w = fixture_logout_record(1, END_USER, SCOPE_SESSION);
	struct login_write in = fixture_login(1);

	(void)state;
	in.session.flags = SESSION_DEVICE_CHOSEN;
	strcpy(in.session.device_id, "phone");
	fixture_logged_in(&in);
	fixture_end(&w);
	log_in(2, 2);
	fixture_age_logout_record(1, 604799);
	assert_int_equal(redis_store_prune(fx.store, fx.user_key), DW_OK);
	assert_true(fixture_lookup(1).ended);
	fixture_age_logout_record(1, 2);
	assert_int_equal(redis_store_prune(fx.store, fx.user_key), DW_OK);
	assert_false(fixture_lookup(1).ended);
	assert_int_equal(fixture_int("HLEN %s", fx.key), 3); /* A s f */
	log_in(3, 42);
	w = fixture_logout_record(2, END_KICK, SCOPE_ALL);
	fixture_end(&w);
	for (uint8_t n = 2; n <= 42; n++)
		fixture_age_logout_record(n, 1000 - n);
	assert_int_equal(redis_store_prune(fx.store, fx.user_key), DW_OK);
	assert_int_equal(fixture_int("HLEN %s", fx.key), 2 + 32);
	assert_true(fixture_lookup(42).ended);
	assert_false(fixture_lookup(2).ended);
}

/* Events about sessions the caller did not name have the ids that sid_public() makes. */
static void
test_public_ids(void **state)
{
	struct end_write w = fixture_logout_record(1, END_KICK, SCOPE_ALL);
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
			uint8_t session_key[SESSION_KEY_LEN];

			fixture_fill(session_key, SESSION_KEY_LEN, n);
			sid_public(keyring_user(fx.keys), fx.user_key, session_key, expect);
			found += strcmp(expect, fixture_member(e, "session_id")) == 0;
		}
	}
	json_object_put(all);
	assert_int_equal(found, 20);
}

/* The key that public ids are made with is in no argument: SLOWLOG and MONITOR show those. */
static void
test_key_stays(void **state)
{
	const uint8_t *key = keyring_user(fx.keys)->public_sid;
	struct end_write all = fixture_logout_record(1, END_KICK, SCOPE_ALL);
	struct rotate_write rotate = fixture_rotation(1, 0, 9);
	struct login_write w = fixture_login(1);
	size_t n = 0, names = 0;
	redisReply *r;

	(void)state;
	freeReplyObject(fixture_raw("CONFIG SET slowlog-log-slower-than 0 slowlog-max-len 1000"));
	freeReplyObject(fixture_raw("SLOWLOG RESET"));
	log_in(1, 5);
	(void)fixture_rotate(&rotate, NULL);
	fixture_age(2, 10000);
	memcpy(w.session.device_key, "\x66\x69\x6c\x6f\x72\x75\x78\x7b", DEVICE_KEY_LEN); /* replaces one */
	fixture_fill(w.session.session_key, SESSION_KEY_LEN, 77);
	fixture_logged_in(&w);
	fixture_end(&all);
	r = fixture_raw("SLOWLOG GET -1");
	freeReplyObject(fixture_raw("CONFIG SET slowlog-log-slower-than 10000"));
	for (size_t i = 0; i < r->elements; i++) {
		redisReply *args = r->element[i]->element[3];

		for (size_t k = 0; k < args->elements; k++, n++) {
			assert_null(memmem(args->element[k]->str, args->element[k]->len, key, 12));
			names += args->element[k]->len > 2 &&
				 memmem(args->element[k]->str, args->element[k]->len, w.user_id, 10) != NULL;
		}
	}
	freeReplyObject(r);
	assert_true(n > 100 && names >= 6); /* arguments were looked at, ours */
}

/* The clock steps back after the mark was set: who logs in now is newer than it, is alive, stays so, and can be ended again. */
static void
test_mark_ahead(void **state)
{
	struct end_write all = fixture_logout_record(1, END_KICK, SCOPE_ALL);
	struct rotate_write rotate = fixture_rotation(3, 0, 9);
	struct lookup_reply l;
	uint32_t ahead;

	(void)state;
	log_in(1, 2);
	fixture_end(&all);
	ahead = (uint32_t)fixture_time() + 300;
	freeReplyObject(fixture_raw("HSET %s n %b", fx.key, &ahead, sizeof(ahead)));
	log_in(3, 4);
	l = fixture_lookup(3);
	assert_true(l.live && l.session.created >= l.not_before && l.session.created <= fixture_time());
	assert_int_equal(redis_store_prune(fx.store, fx.user_key), DW_OK);
	assert_int_equal(redis_store_ops.touch(fx.store, fx.user_key, l.session.session_key), DW_OK);
	assert_int_equal(fixture_rotate(&rotate, NULL), ROTATE_DONE);
	assert_true(fixture_lookup(3).live && fixture_lookup(4).live);
	assert_int_equal(fixture_end(&all).ended, 2);
	/* what was there before the mark does not come back with it */
	log_in(5, 5);
	freeReplyObject(fixture_raw("HSET %s n %b", fx.key, &ahead, sizeof(ahead)));
	log_in(6, 6);
	assert_true(!fixture_lookup(5).live && fixture_lookup(6).live);
}

/* As many logout records as sessions are allowed. */
static void
test_as_many(void **state)
{
	struct end_write all = fixture_logout_record(1, END_KICK, SCOPE_ALL);

	(void)state;
	fx.conf.session_limit = 40;
	log_in(1, 42);
	fixture_end(&all);
	assert_int_equal(redis_store_prune(fx.store, fx.user_key), DW_OK);
	assert_int_equal(fixture_int("HLEN %s", fx.key), 2 + 40);
	fx.conf.session_limit = 32;
}

/* A full memory refuses logins and nothing else. */
static void
test_full_memory(void **state)
{
	struct end_write out = fixture_logout_record(1, END_USER, SCOPE_SESSION),
			 all = fixture_logout_record(1, END_KICK, SCOPE_ALL);
	struct rotate_write rotate = fixture_rotation(2, 0, 9);
	struct login_write w = fixture_login(4);
	struct revoke_reply revoked;
	struct revoke_write revoke = { .access_exp = fixture_time() + 100 };
	struct login_reply r;

	(void)state;
	log_in(1, 3);
	fixture_age(2, 50);
	freeReplyObject(fixture_raw("CONFIG SET maxmemory 1"));
	assert_int_equal(redis_store_ops.login(fx.store, &w, &r), DW_UNAVAILABLE);
	fixture_fill(revoke.session_key, SESSION_KEY_LEN, 2);
	memcpy(revoke.user_key, fx.user_key, USER_KEY_LEN);
	assert_int_equal(redis_store_ops.touch(fx.store, fx.user_key, revoke.session_key), DW_OK);
	assert_int_equal(redis_store_ops.revoke(fx.store, &revoke, &revoked), DW_OK);
	assert_int_equal(fixture_rotate(&rotate, NULL), ROTATE_DONE);
	assert_int_equal(redis_store_prune(fx.store, fx.user_key), DW_OK);
	assert_int_equal(fixture_end(&out).ended, 1);
	assert_int_equal(fixture_end(&all).ended, 2);
	freeReplyObject(fixture_raw("CONFIG SET maxmemory 0"));
	assert_int_equal(fixture_count("logout") + fixture_count("refresh") + fixture_count("token_revoked"), 3);
}

/* Calls of ${command} since the counters were set back. */
static long
calls(const char *command)
{
	redisReply *r = fixture_raw("INFO commandstats");
	char name[64];
	const char *at;
	long n = 0;

	snprintf(name, sizeof(name), "cmdstat_%s:calls=", command);
	if ((at = strstr(r->str, name)) != NULL)
		n = strtol(at + strlen(name), NULL, 10);
	freeReplyObject(r);
	return (n);
}

/*
 * Where nothing is unusual, the short way is taken: no script but the login's reads the whole record. (That both ways do the
 * same is another test, which a script that never takes the short one would pass.)
 */
static void
test_short_way(void **state)
{
	struct end_write out = fixture_logout_record(1, END_USER, SCOPE_SESSION);
	struct rotate_write rotate = fixture_rotation(1, 0, 9);
	int64_t before = fixture_time();
	struct rotate_reply next;
	struct end_reply end;
	uint8_t session_key[SESSION_KEY_LEN];

	(void)state;
	if (fx.mistaken)
		skip();
	while (fixture_time() == before) /* the arguments are made for a second: let it be one that has just begun */
		fixture_sleep(5);
	for (uint8_t n = 1; n <= 2; n++) {
		struct login_write w = fixture_login(n);

		w.username = "alice";
		freeReplyObject(fixture_raw("CONFIG RESETSTAT"));
		fixture_logged_in(&w);
		assert_true(n > 1 || calls("expireat") == 1); /* the long way asks before it sets one */
	}
	fixture_fill(session_key, SESSION_KEY_LEN, 1);
	fixture_age(1, 30);
	freeReplyObject(fixture_raw("CONFIG RESETSTAT"));
	assert_int_equal(redis_store_ops.touch(fx.store, fx.user_key, session_key), DW_OK);
	assert_int_equal(redis_store_ops.rotate(fx.store, &rotate, &next), DW_OK);
	assert_int_equal(redis_store_ops.end(fx.store, &out, NULL, &end), DW_OK);
	assert_true(next.outcome == ROTATE_DONE && end.ended == 1);
	assert_int_equal(calls("hgetall"), 0);
	assert_int_equal(calls("evalsha"), 3);
}

/* Without room for the records, or with nobody who wants them. */
static void
test_arena(void **state)
{
	struct end_write w = fixture_logout_record(1, END_KICK, SCOPE_ALL);
	char small[64];
	struct arena tiny;
	struct end_reply r;

	(void)state;
	log_in(1, 3);
	assert_int_equal(redis_store_ops.end(fx.store, &w, NULL, &r), DW_OK);
	assert_true(r.ended == 3 && r.logout_records == NULL);
	log_in(4, 5);
	arena_init(&tiny, small, sizeof(small));
	assert_int_equal(redis_store_ops.end(fx.store, &w, &tiny, &r), DW_FAULT);
}

/* What was unusual is told to who watches, and not to who comes back with the session. */
static void
test_anomaly(void **state)
{
	struct end_write w = fixture_logout_record(1, END_ANOMALY, SCOPE_ALL);
	struct login_write a = fixture_login(1), b = fixture_login(2);
	struct lookup_reply found;
	struct json_object *e;

	(void)state;
	fixture_logged_in(&a);
	fixture_logged_in(&b);
	w.has_sid = false;
	w.reason = "new_country+travel";
	assert_int_equal(fixture_end(&w).ended, 2);
	e = fixture_event("anomaly");
	assert_string_equal(fixture_member(e, "reason"), "new_country+travel");
	assert_string_equal(fixture_member(e, "ended"), "true");
	json_object_put(e);
	found = fixture_lookup(2);
	assert_true(!found.live && found.ended);
	assert_int_equal(found.logout_record.cause, END_ANOMALY);
	assert_string_equal(found.logout_record.reason, "anomaly");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_causes, fixture_fresh),
		cmocka_unit_test_setup(test_anomaly, fixture_fresh),
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
		cmocka_unit_test_setup(test_key_stays, fixture_fresh),
		cmocka_unit_test_setup(test_mark_ahead, fixture_fresh),
		cmocka_unit_test_setup(test_as_many, fixture_fresh),
		cmocka_unit_test_setup(test_full_memory, fixture_fresh),
		cmocka_unit_test_setup(test_short_way, fixture_fresh),
		cmocka_unit_test_setup(test_arena, fixture_fresh),
	};

	return (fixture_main_both("end", tests, sizeof(tests) / sizeof(tests[0])));
}
