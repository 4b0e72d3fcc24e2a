/* SPDX-License-Identifier: ISC */
/* Endings that are written later than they were asked for: as of the moment they were, and once however often. */

#include "fixture.h"

#define ID "AAAAAGkmRNAAAAAAAAAAAA"

static void
log_in(uint8_t n, int64_t ago)
{
	struct login_write w = fixture_login(n);

	fixture_logged_in(&w);
	if (ago > 0)
		fixture_age(n, ago);
}

/* Asked for ${ago} seconds before now. */
static struct end_write
late(uint8_t n, enum end_cause cause, enum end_scope scope, int64_t ago)
{
	struct end_write w = fixture_logout_record(n, cause, scope);

	strcpy(w.act.id, ID);
	w.act.at = fixture_time() - ago;
	return (w);
}

static void
test_one(void **state)
{
	struct end_write w;
	struct json_object *e;
	struct end_reply r;

	(void)state;
	log_in(1, 60);
	log_in(2, 60);
	w = late(1, END_USER, SCOPE_SESSION, 50);
	r = fixture_end(&w);
	assert_true(r.ended == 1 && r.has_own && r.own.at == w.act.at);
	r = fixture_end(&w);
	assert_true(r.ended == 0 && r.has_own && r.own.at == w.act.at);
	assert_int_equal(fixture_count("logout"), 1);
	e = fixture_event("logout");
	assert_string_equal(fixture_member(e, "id"), ID);
	json_object_put(e);
	assert_true(fixture_lookup(2).live);
}

/* Logged out and then expired, before anybody could write it: it was a logout. The other way round it had expired. */
static void
test_expired_since(void **state)
{
	struct end_write w;
	struct end_reply r;

	(void)state;
	log_in(1, 0);
	log_in(2, 0);
	fixture_age(1, 2050); /* its family was idle for too long 50 seconds ago */
	fixture_age(2, 2050);
	w = late(1, END_USER, SCOPE_SESSION, 100);
	r = fixture_end(&w);
	assert_true(r.ended == 1 && r.own.cause == END_USER && r.own.at == w.act.at);
	assert_true(fixture_lookup(2).live); /* is over, which nobody has looked at yet */
	w = late(2, END_USER, SCOPE_SESSION, 10);
	r = fixture_end(&w);
	assert_true(r.ended == 0 && r.own.cause == END_EXPIRED);
}

/* "Everywhere" ends what there was then, and nobody who came later; its mark, too, is of then. */
static void
test_all(void **state)
{
	struct end_write w;
	struct end_reply r;

	(void)state;
	log_in(1, 60);
	log_in(2, 50);
	log_in(3, 0);
	w = late(1, END_USER, SCOPE_ALL, 40);
	r = fixture_end(&w);
	assert_int_equal(r.ended, 2);
	assert_true(fixture_lookup(3).live);
	assert_int_equal(fixture_lookup(3).not_before, w.act.at);
	r = fixture_end(&w);
	assert_int_equal(r.ended, 0);
	assert_int_equal(fixture_count("logout"), 2);
	w = late(9, END_KICK, SCOPE_ALL, 45); /* an earlier one does not move the mark back */
	w.has_sid = false;
	fixture_end(&w);
	assert_true(fixture_lookup(3).live && fixture_lookup(3).not_before == w.act.at + 5);
}

/* Written once more, after a failover: who signed in within the very second, and after the first time, stays; the caller does
 * not. */
static void
test_again(void **state)
{
	struct end_write w;

	(void)state;
	log_in(1, 40);
	log_in(2, 40);
	log_in(3, 41);
	w = late(1, END_USER, SCOPE_ALL, 40);
	w.act.at = fixture_lookup(1).session.created;
	w.act.again = true;
	assert_int_equal(fixture_end(&w).ended, 2);
	assert_true(fixture_lookup(2).live);
	w.act.again = false;
	w.cause = END_KICK;
	assert_int_equal(fixture_end(&w).ended, 1);
}

/* A caller may have expired or been ended since he asked: then he was alive. */
static void
test_caller_since(void **state)
{
	struct end_write w, kick;

	(void)state;
	log_in(1, 2050);
	log_in(2, 200);
	assert_int_equal(redis_store_prune(fx.store, fx.user_key), DW_OK);
	assert_int_equal(fixture_lookup(1).logout_record.cause, END_EXPIRED);
	w = late(1, END_USER, SCOPE_OTHERS, 100);
	assert_int_equal(fixture_end(&w).ended, 1);
	log_in(3, 200);
	log_in(4, 200);
	kick = fixture_logout_record(3, END_KICK, SCOPE_SESSION);
	fixture_end(&kick);
	w = late(3, END_USER, SCOPE_ALL, 100);
	assert_int_equal(fixture_end(&w).ended, 1);
}

/* A caller whose session had ended when he asked ends nobody, nor one that never was. */
static void
test_caller_before(void **state)
{
	struct end_write w, out;

	(void)state;
	log_in(1, 300);
	log_in(2, 300);
	out = late(1, END_USER, SCOPE_SESSION, 200);
	fixture_end(&out);
	w = late(1, END_USER, SCOPE_ALL, 100);
	assert_int_equal(fixture_end(&w).ended, 0);
	w = late(7, END_USER, SCOPE_OTHERS, 100);
	assert_int_equal(fixture_end(&w).ended, 0);
	assert_true(fixture_lookup(2).live && fixture_lookup(2).not_before == 0);
}

/* A moment that our clock had and Redis' has not yet is now. */
static void
test_future(void **state)
{
	struct end_write w;

	(void)state;
	log_in(1, 10);
	w = late(1, END_USER, SCOPE_SESSION, -3600);
	assert_true(fixture_end(&w).own.at <= fixture_time());
	assert_int_equal(fixture_lookup(1).logout_record.cause, END_USER);
}

static void
test_revoke(void **state)
{
	struct revoke_write w = { .family = true };
	struct revoke_reply r;
	struct json_object *e;

	(void)state;
	log_in(1, 60);
	memcpy(w.user_key, fx.user_key, USER_KEY_LEN);
	fixture_fill(w.session_key, SESSION_KEY_LEN, 1);
	strcpy(w.act.id, ID);
	w.act.at = fixture_time() - 30;
	for (int i = 0; i < 2; i++)
		assert_int_equal(redis_store_ops.revoke(fx.store, &w, &r), DW_OK);
	assert_int_equal(fixture_count("token_revoked"), 1);
	e = fixture_event("token_revoked");
	assert_string_equal(fixture_member(e, "id"), ID);
	json_object_put(e);
	assert_true((fixture_lookup(1).session.flags & SESSION_TOKENS_REVOKED) != 0);
}

/* Who is not to be believed yet is not written. */
static void
text_of(int64_t at, char out[64])
{
	struct buf b;

	buf_init(&b, out, 64);
	buf_time(&b, at);
}

/* An event about no session: as of then, and once by its id, however often. */
static void
test_notice(void **state)
{
	struct notice n = { .lasting = true, .type = "password_changed", .user_id = "u", .username = "name" };
	char at[64];
	struct json_object *e;

	(void)state;
	memcpy(n.user_key, fx.user_key, USER_KEY_LEN);
	strcpy(n.act.id, ID);
	assert_int_equal(redis_store_ops.notify(fx.store, &n), DW_OK); /* and its answer may have been lost */
	n.act.at = fixture_time() - 50;
	assert_int_equal(redis_store_ops.notify(fx.store, &n), DW_OK);
	assert_int_equal(fixture_count("password_changed"), 1);
	n.act.id[0] = 'B';
	assert_int_equal(redis_store_ops.notify(fx.store, &n), DW_OK);
	n.act.again = true;
	assert_int_equal(redis_store_ops.notify(fx.store, &n), DW_OK);
	assert_int_equal(fixture_count("password_changed"), 2);
	e = fixture_event("password_changed");
	text_of(n.act.at, at);
	assert_string_equal(fixture_member(e, "at"), at);
	assert_string_equal(fixture_member(e, "username"), "name");
	json_object_put(e);
	n.act.id[0] = 'C';
	n.act.at += 3600; /* by a clock that is fast: now */
	assert_int_equal(redis_store_ops.notify(fx.store, &n), DW_OK);
	e = fixture_event("password_changed");
	assert_true(strcmp(fixture_member(e, "at"), at) > 0);
	text_of(n.act.at, at);
	assert_true(strcmp(fixture_member(e, "at"), at) < 0);
	json_object_put(e);
}

static void
test_unjudged(void **state)
{
	struct end_write w = fixture_logout_record(1, END_USER, SCOPE_ALL);
	struct end_reply r;

	(void)state;
	log_in(1, 0);
	w.claim.unjudged = true;
	assert_int_equal(redis_store_ops.end(fx.store, &w, NULL, &r), DW_UNAVAILABLE);
	assert_true(fixture_lookup(1).live);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_one, fixture_fresh),
		cmocka_unit_test_setup(test_expired_since, fixture_fresh),
		cmocka_unit_test_setup(test_all, fixture_fresh),
		cmocka_unit_test_setup(test_again, fixture_fresh),
		cmocka_unit_test_setup(test_caller_since, fixture_fresh),
		cmocka_unit_test_setup(test_caller_before, fixture_fresh),
		cmocka_unit_test_setup(test_future, fixture_fresh),
		cmocka_unit_test_setup(test_revoke, fixture_fresh),
		cmocka_unit_test_setup(test_notice, fixture_fresh),
		cmocka_unit_test_setup(test_unjudged, fixture_fresh),
	};

	return (fixture_main("store/writing: late", tests, sizeof(tests) / sizeof(tests[0])));
}
