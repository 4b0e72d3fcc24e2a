/* SPDX-License-Identifier: ISC */
#include <time.h>

#include "base/base64url.h"
#include "session/liveness.h"
#include "base/buf.h"
#include "store/script.h"

#include "crypto/sid.h"
#include "fixture.h"

static enum dw_result
touch(uint8_t n)
{
	uint8_t session_key[SESSION_KEY_LEN];

	fixture_fill(session_key, SESSION_KEY_LEN, n);
	return (redis_store_ops.touch(fx.store, fx.user_key, session_key));
}

/* A quarter of 100 s must have passed. */
static void
test_touch(void **state)
{
	struct login_write w = fixture_login(1);
	int64_t seen = fixture_logged_in(&w).now;

	(void)state;
	fixture_age(1, 20);
	assert_int_equal(touch(1), DW_OK);
	assert_int_equal(fixture_lookup(1).session.last_seen, seen - 20);
	fixture_age(1, 10);
	assert_int_equal(touch(1), DW_OK);
	assert_true(fixture_lookup(1).session.last_seen >= seen);
	assert_int_equal(fixture_lookup(1).session.created, seen - 30);
	assert_int_equal(touch(9), DW_OK);
	assert_false(fixture_lookup(9).live);
}

/* A cookie that is past stays so, although the family keeps the session alive. */
static void
test_touch_dead_cookie(void **state)
{
	struct login_write w = fixture_login(1);
	int64_t seen = fixture_logged_in(&w).now;

	(void)state;
	fixture_age(1, 150);
	assert_int_equal(touch(1), DW_OK);
	assert_true(fixture_lookup(1).live);
	assert_int_equal(fixture_lookup(1).session.last_seen, seen - 150);
	fixture_age(1, 5000);
	assert_int_equal(touch(1), DW_OK);
	assert_false(fixture_lookup(1).live);
	assert_int_equal(fixture_count("expired"), 1);
}

static enum dw_result
revoke(const struct revoke_write *w)
{
	struct revoke_reply reply = { .wait = -1 };
	enum dw_result rc = redis_store_ops.revoke(fx.store, w, &reply);

	assert_int_equal(reply.wait, 0);
	return (rc);
}

static void
test_revoke(void **state)
{
	struct login_write in = fixture_login(1);
	struct revoke_write w = { .access_exp = fixture_logged_in(&in).now + 100 };
	struct lookup q = { .jti = w.jti };
	struct lookup_reply r;
	struct json_object *e;

	(void)state;
	memcpy(w.user_key, fx.user_key, USER_KEY_LEN);
	memcpy(w.session_key, in.session.session_key, SESSION_KEY_LEN);
	memcpy(q.user_key, fx.user_key, USER_KEY_LEN);
	memcpy(q.session_key, in.session.session_key, SESSION_KEY_LEN);
	assert_int_equal(redis_store_ops.lookup(fx.store, &q, &r), DW_OK);
	assert_true(r.live && !r.blacklisted);
	assert_int_equal(revoke(&w), DW_OK);
	assert_int_equal(revoke(&w), DW_OK);
	assert_int_equal(redis_store_ops.lookup(fx.store, &q, &r), DW_OK);
	assert_true(r.live && r.blacklisted);
	assert_int_equal(fixture_count("token_revoked"), 1);
	e = fixture_event("token_revoked");
	assert_string_equal(fixture_member(e, "ended"), "false");
	json_object_put(e);
	w.jti[0] = 1;
	w.access_exp = fixture_time() - 1;
	assert_int_equal(revoke(&w), DW_OK);
	assert_int_equal(redis_store_ops.lookup(fx.store, &q, &r), DW_OK);
	assert_false(fixture_int("HEXISTS %s %b", fx.key, "b\1\0\0\0\0\0\0\0\0\0\0\0", (size_t)13));
}

static struct revoke_write
revocation(uint8_t n, bool family)
{
	struct revoke_write w = { .family = family, .access_exp = fixture_time() + 100 };
	struct login_write in = fixture_login(n);

	memcpy(w.user_key, fx.user_key, USER_KEY_LEN);
	memcpy(w.session_key, in.session.session_key, SESSION_KEY_LEN);
	return (w);
}

/* The family goes, with the access tokens that came of it; a session with a cookie lives on, and that is reported once. */
static void
test_revoke_family(void **state)
{
	struct login_write in = fixture_login(1);
	struct revoke_write w = revocation(1, true);
	struct rotate_write next = fixture_rotation(1, 1, 2);
	struct rotate_reply out;
	struct lookup_reply r;
	struct json_object *e;

	(void)state;
	fixture_logged_in(&in);
	assert_memory_equal(fixture_lookup(1).refresh_hash, in.refresh_hash, HASH_LEN);
	assert_int_equal(revoke(&w), DW_OK);
	assert_int_equal(revoke(&w), DW_OK);
	r = fixture_lookup(1);
	assert_true(r.live && !r.session.has_family && r.session.has_cookie);
	assert_true((r.session.flags & SESSION_TOKENS_REVOKED) != 0);
	assert_int_equal(r.session.flags & ~SESSION_TOKENS_REVOKED, in.session.flags);
	assert_int_equal(fixture_count("token_revoked"), 1);
	e = fixture_event("token_revoked");
	assert_string_equal(fixture_member(e, "ended"), "false");
	assert_non_null(fixture_member(e, "access_exp"));
	json_object_put(e);
	assert_int_equal(fixture_rotate(&next, &out), ROTATE_REVOKED);
	assert_true(fixture_lookup(1).live);
	assert_int_equal(fixture_count("refresh_reuse"), 0);
}

/* A session that nothing else holds ends with it, as any session does: one record, one event. */
static void
test_revoke_session(void **state)
{
	struct login_write in = fixture_login(1);
	struct revoke_write w = revocation(1, true);
	struct rotate_write next = fixture_rotation(1, 1, 2);
	struct rotate_reply out;
	struct lookup_reply r;
	struct json_object *e;

	(void)state;
	in.session.has_cookie = false;
	memset(in.session.secret_hash, 0, HASH_LEN);
	fixture_logged_in(&in);
	assert_int_equal(revoke(&w), DW_OK);
	assert_int_equal(revoke(&w), DW_OK);
	r = fixture_lookup(1);
	assert_true(!r.live && r.ended);
	assert_int_equal(r.logout_record.cause, END_REVOKED);
	assert_string_equal(r.logout_record.reason, "revoked");
	assert_int_equal(fixture_count("token_revoked"), 1);
	e = fixture_event("token_revoked");
	assert_string_equal(fixture_member(e, "ended"), "true");
	assert_string_equal(fixture_member(e, "reason"), "revoked");
	json_object_put(e);
	assert_int_equal(fixture_rotate(&next, &out), ROTATE_REVOKED);
}

/* What a user's clients can revoke has a bound, and whoever meets it is told how long to wait. */
static void
test_revoke_many(void **state)
{
	struct login_write in = fixture_login(1);
	struct revoke_write w = revocation(1, false);
	struct revoke_reply reply;
	int64_t fields;

	(void)state;
	fixture_logged_in(&in);
	fields = fixture_int("HLEN %s", fx.key);
	for (uint8_t i = 0; i < 128; i++) {
		w.jti[0] = i;
		assert_int_equal(revoke(&w), DW_OK);
	}
	w.jti[0] = 128;
	assert_int_equal(redis_store_ops.revoke(fx.store, &w, &reply), DW_OK);
	assert_in_range(reply.wait, 1, 100);
	assert_int_equal(fixture_int("HLEN %s", fx.key), fields + 128);
	w.jti[0] = 5; /* one that is revoked needs no room */
	assert_int_equal(revoke(&w), DW_OK);
	w = revocation(1, true); /* nor does the whole family */
	assert_int_equal(revoke(&w), DW_OK);
	assert_false(fixture_lookup(1).session.has_family);
}

/* One text stands for all sessions of the user: shorter and longer ones, and never another user's. */
static void
test_groups(void **state)
{
	static const char *const lists[] = { "admins", "",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,"
		"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
		"users" };
	static char many[GROUPS_MAX + 1];
	struct login_write in = fixture_login(1);

	(void)state;
	fixture_logged_in(&in);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct lookup_reply r;

		assert_int_equal(
		    redis_store_ops.set_groups(fx.store, fx.user_key, in.user_id, in.username, NULL, lists[i]), DW_OK);
		r = fixture_lookup(1);
		assert_true(r.live);
		assert_string_equal(r.groups, lists[i]);
		assert_string_equal(r.user_id, in.user_id);
		assert_string_equal(r.username, in.username);
	}
	memset(many, 'm', GROUPS_MAX);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(redis_store_ops.set_groups(fx.store, fx.user_key, in.user_id, in.username, NULL, many), DW_OK);
		assert_string_equal(fixture_lookup(1).groups, many);
		assert_int_equal(
		    redis_store_ops.set_groups(fx.store, fx.user_key, in.user_id, in.username, NULL, "users"), DW_OK);
		assert_string_equal(fixture_lookup(1).groups, "users");
	}
	assert_int_equal(
	    redis_store_ops.set_groups(fx.store, fx.user_key, "somebody-else", in.username, NULL, "admins"), DW_OK);
	assert_string_equal(fixture_lookup(1).groups, "users");
	assert_int_equal(redis_store_ops.set_groups(fx.store, fx.user_key, "", in.username, NULL, "admins"), DW_FAULT);
	assert_true(fixture_int("TTL %s", fx.key) > 0);
}

/* Only in the place of what is known to be there: who was first is not undone. */
static void
test_groups_instead(void **state)
{
	struct login_write in = fixture_login(1);
	char known[GROUPS_MAX + 1] = "others";

	(void)state;
	fixture_logged_in(&in);
	assert_int_equal(redis_store_ops.set_groups(fx.store, fx.user_key, in.user_id, in.username, known, "admins"), DW_OK);
	assert_string_equal(known, in.groups);
	assert_string_equal(fixture_lookup(1).groups, in.groups);
	assert_int_equal(redis_store_ops.set_groups(fx.store, fx.user_key, in.user_id, in.username, known, "admins"), DW_OK);
	assert_string_equal(known, "admins");
	assert_string_equal(fixture_lookup(1).groups, "admins");
	freeReplyObject(fixture_raw("DEL %s", fx.key));
	assert_int_equal(redis_store_ops.set_groups(fx.store, fx.user_key, in.user_id, in.username, known, "staff"), DW_OK);
	assert_string_equal(known, "staff");
}

/* Who is not signed in gets no record by it. */
static void
test_groups_of_nobody(void **state)
{

	(void)state;
	assert_int_equal(redis_store_ops.set_groups(fx.store, fx.user_key, "user-1", "alice", NULL, "admins"), DW_OK);
	assert_int_equal(fixture_int("EXISTS %s", fx.key), 0);
}

/* A blacklist entry goes when its token is past. */
static void
test_revoke_pruned(void **state)
{
	struct login_write in = fixture_login(1);
	struct revoke_write w = { .access_exp = fixture_logged_in(&in).now + 1 };
	int64_t fields = fixture_int("HLEN %s", fx.key);

	(void)state;
	memcpy(w.user_key, fx.user_key, USER_KEY_LEN);
	memcpy(w.session_key, in.session.session_key, SESSION_KEY_LEN);
	assert_int_equal(revoke(&w), DW_OK);
	assert_in_range(fixture_int("HLEN %s", fx.key), fields, fields + 1);
	fixture_sleep(1100);
	assert_int_equal(redis_store_prune(fx.store, fx.user_key), DW_OK);
	assert_int_equal(fixture_int("HLEN %s", fx.key), fields);
}

static void
test_notify(void **state)
{
	struct notice n = { .type = "login_failed",
		.username = "al\"ice\n",
		.reason = "invalid_credentials",
		.actor = { .ip = "203.0.113.9", .client_id = "default" } };
	char sid[PUBLIC_SID_LEN + 1];
	struct json_object *e;

	(void)state;
	memcpy(n.user_key, fx.user_key, USER_KEY_LEN);
	assert_int_equal(redis_store_ops.notify(fx.store, &n), DW_OK);
	e = fixture_event("login_failed");
	assert_int_equal(json_object_object_length(e), 13);
	assert_int_equal(strlen(fixture_member(e, "at")), 20);
	assert_string_equal(fixture_member(e, "username"), "al\"ice\n");
	assert_string_equal(fixture_member(e, "client_id"), "default");
	assert_string_equal(fixture_member(e, "ip"), "203.0.113.9");
	assert_string_equal(fixture_member(e, "ended"), "false");
	assert_null(fixture_member(e, "user_id"));
	assert_null(fixture_member(e, "session_id"));
	assert_null(fixture_member(e, "device_id"));
	assert_null(fixture_member(e, "access_exp"));
	assert_null(fixture_member(e, "trace_id"));
	json_object_put(e);
	assert_int_equal(fixture_int("EXISTS %s", fx.key), 0);
	n.session_key = (const uint8_t *)"eight by";
	sid_public(keyring_user(fx.keys), fx.user_key, n.session_key, sid);
	assert_int_equal(redis_store_ops.notify(fx.store, &n), DW_OK);
	e = fixture_event("login_failed");
	assert_string_equal(fixture_member(e, "session_id"), sid);
	json_object_put(e);
	n.username = "\xff\xfe"; /* not UTF-8: no JSON can hold it */
	assert_int_equal(redis_store_ops.notify(fx.store, &n), DW_OK);
	e = fixture_event("login_failed");
	assert_null(fixture_member(e, "username"));
	json_object_put(e);
}

/* What is remembered of a user, byte for byte; with his record it goes, and without one there is none. */
static void
test_history(void **state)
{
	struct history h = { .at = 1800000000, .place = { "NZ", 4200000001, true, -4129, 17478 } }, found;
	struct login_write w = fixture_login(1);

	(void)state;
	for (int i = 0; i < HISTORY_HOURS; i++)
		h.hours[i] = (uint8_t)(11 * i);
	memset(h.told, 0xa5, sizeof(h.told));
	assert_int_equal(redis_store_ops.remember(fx.store, fx.user_key, &h), DW_OK);
	assert_int_equal(fixture_int("EXISTS %s", fx.key), 0);
	assert_int_equal(redis_store_ops.history(fx.store, fx.user_key, &found), DW_OK);
	assert_false(found.known);
	fixture_logged_in(&w);
	assert_int_equal(redis_store_ops.history(fx.store, fx.user_key, &found), DW_OK);
	assert_false(found.known);
	assert_int_equal(redis_store_ops.remember(fx.store, fx.user_key, &h), DW_OK);
	assert_int_equal(redis_store_ops.history(fx.store, fx.user_key, &found), DW_OK);
	assert_true(found.known && found.at == h.at && found.place.has_coordinates && found.place.as == h.place.as);
	assert_string_equal(found.place.country, "NZ");
	assert_int_equal(found.place.latitude, -4129);
	assert_int_equal(found.place.longitude, 17478);
	assert_memory_equal(found.hours, h.hours, sizeof(h.hours));
	assert_memory_equal(found.told, h.told, sizeof(h.told));
	w = fixture_login(2);
	fixture_logged_in(&w); /* is not in its way */
	assert_int_equal(redis_store_ops.history(fx.store, fx.user_key, &found), DW_OK);
	assert_true(found.known);
	freeReplyObject(fixture_raw("HSET %s h %s", fx.key, "\002of a later version"));
	assert_int_equal(redis_store_ops.history(fx.store, fx.user_key, &found), DW_OK);
	assert_false(found.known);
	freeReplyObject(fixture_raw("HSET %s h %s", fx.key, "\001too short"));
	assert_int_equal(redis_store_ops.history(fx.store, fx.user_key, &found), DW_FAULT);
}

/* The record stays one compact list. */
static void
test_history_is_small(void **state)
{
	const struct history h = { .known = true, .at = 1800000000 };
	struct login_write w = fixture_login(1);
	redisReply *r;

	(void)state;
	fixture_logged_in(&w);
	assert_int_equal(redis_store_ops.remember(fx.store, fx.user_key, &h), DW_OK);
	r = fixture_raw("OBJECT ENCODING %s", fx.key);
	assert_string_equal(r->str, "listpack");
	freeReplyObject(r);
}

/* Ids of one call's events begin alike, and differ by the handle of their session: so each is the same whatever
 * else the call reports. */
static void
test_event_ids(void **state)
{
	struct end_write all = fixture_logout_record(1, END_KICK, SCOPE_ALL);
	char text[1 + BASE64URL_LEN(SESSION_KEY_LEN) + 1] = ".";
	uint8_t handle[SESSION_KEY_LEN];
	struct json_object *events;
	const char *first;
	size_t found = 0;

	(void)state;
	for (uint8_t n = 1; n <= 3; n++) {
		struct login_write w = fixture_login(n);

		fixture_logged_in(&w);
	}
	freeReplyObject(fixture_raw("DEL %s", fx.outbox));
	fixture_end(&all);
	events = fixture_events();
	assert_int_equal(json_object_array_length(events), 3);
	first = fixture_member(json_object_array_get_idx(events, 0), "id");
	for (size_t i = 0; i < 3; i++) {
		const char *id = fixture_member(json_object_array_get_idx(events, i), "id");

		assert_memory_equal(id, first, 22);
		for (uint8_t n = 1; n <= 3; n++) {
			fixture_fill(handle, SESSION_KEY_LEN, n);
			base64url_encode(handle, SESSION_KEY_LEN, text + 1);
			found += strcmp(id + 22, n == 1 ? "" : text) == 0;
		}
	}
	assert_int_equal(found, 3);
	json_object_put(events);
}

/* The script's calendar against the one in C, over all days that 32 bits hold. */
static void
test_calendar(void **state)
{
	char *script = malloc(65536), expect[32];
	const char *end = strstr(script_text(SCRIPT_PRUNE), "survey()\nif #unnamed");
	struct buf b;

	(void)state;
	assert_non_null(end);
	snprintf(script, 65536, "%.*sreturn stamp(tonumber(ARGV[11]))", (int)(end - script_text(SCRIPT_PRUNE)),
	    script_text(SCRIPT_PRUNE));
	for (int64_t t = 0; t <= UINT32_MAX; t += 86400 * 13 + 12345) {
		redisReply *r = fixture_raw(
		    "EVAL %s 2 %s %s 1 2 3 4 5 --six--- 7 8 9 10 %lld", script, fx.key, fx.outbox, (long long)t);

		buf_init(&b, expect, sizeof(expect));
		buf_time(&b, t);
		assert_string_equal(r->str, expect);
		freeReplyObject(r);
	}
	free(script);
}

/* Lua and C agree on when a session is over: at its end it is gone, one second before it is there. */
static void
test_liveness(void **state)
{
	static const struct {
		enum session_policy policy;
		int64_t idle, absolute, family_idle, family_absolute, access;
		bool cookie, family;
	} rows[] = {
		{ POLICY_SLIDING, 100, 1000, 0, 0, 0, true, false },
		{ POLICY_SLIDING, 0, 1000, 0, 0, 0, true, false },
		{ POLICY_FIXED, 100, 1000, 0, 0, 0, true, false },
		{ POLICY_PERMANENT, 100, 1000, 0, 0, 0, true, false },
		{ POLICY_SLIDING, 100, 1000, 50, 500, 20, true, true },
		{ POLICY_SLIDING, 100, 1000, 2000, 1500, 300, false, true },
		{ POLICY_SLIDING, 100, 1000, 0, 1500, 300, false, true },
		{ POLICY_SLIDING, 100, 1000, 150, 1500, 5000, true, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct login_write w;
		struct lookup_reply l;
		int64_t end;

		fixture_fresh(state);
		w = fixture_login(1);
		w.session.policy = rows[i].policy;
		w.session.idle = rows[i].idle;
		w.absolute_in = rows[i].absolute;
		w.session.has_cookie = rows[i].cookie;
		w.session.has_family = rows[i].family;
		w.session.family_idle = rows[i].family_idle;
		w.family_absolute_in = rows[i].family_absolute;
		w.access_in = rows[i].access;
		fixture_logged_in(&w);
		l = fixture_lookup(1);
		end = session_end(&l.session);
		fixture_age(1, end - fixture_time() - 2);
		assert_int_equal(redis_store_prune(fx.store, fx.user_key), DW_OK);
		assert_true(fixture_lookup(1).live);
		fixture_age(1, 2);
		assert_int_equal(redis_store_prune(fx.store, fx.user_key), DW_OK);
		assert_false(fixture_lookup(1).live);
	}
}

/* The same through an ending: short way, long way and C mean the same end. */
static void
check_logout_record(void **state, const struct login_write *w, int64_t left, enum end_cause cause)
{
	struct end_write out = fixture_logout_record(1, END_USER, SCOPE_SESSION);
	struct login_write mine = *w;
	struct lookup_reply l;
	struct end_reply r;

	fixture_fresh(state);
	memcpy(out.user_key, fx.user_key, USER_KEY_LEN);
	memcpy(mine.user_key, fx.user_key, USER_KEY_LEN);
	fixture_logged_in(&mine);
	l = fixture_lookup(1);
	fixture_age(1, session_end(&l.session) - fixture_time() - left);
	r = fixture_end(&out);
	assert_true(r.has_own && r.own.cause == cause && r.ended == (cause == END_USER));
}

static void
test_ending_liveness(void **state)
{
	for (unsigned i = 0; i < 16; i++) {
		struct login_write w = fixture_login(1);

		w.session.has_cookie = (i & 1) != 0 || (i & 2) == 0;
		w.session.has_family = (i & 2) != 0;
		w.session.policy = (i & 4) != 0 ? POLICY_SLIDING : POLICY_FIXED;
		w.session.family_idle = (i & 8) != 0 ? 150 : 0;
		w.access_in = w.session.has_family ? 300 : 0;
		check_logout_record(state, &w, 2, END_USER);
		check_logout_record(state, &w, 0, END_EXPIRED);
	}
}

/* Logs in twice, refreshes, logs out; returns all that Redis then holds, ids of events left out, and what was answered. */
static struct json_object *
life(const struct login_write *w, struct login_reply *in, struct rotate_reply *next, struct end_reply *out)
{
	struct rotate_write rotate = fixture_rotation(1, 0, 1);
	struct end_write end = fixture_logout_record(1, END_USER, SCOPE_SESSION);
	struct login_write other = fixture_login(2);
	struct json_object *events;
	redisReply *r;

	freeReplyObject(fixture_raw("FLUSHALL"));
	other.user_id = w->user_id;
	other.username = w->username;
	other.groups = w->groups;
	fixture_logged_in(&other);
	*in = fixture_logged_in(w);
	if ((rotate.has_device = (w->session.flags & SESSION_DEVICE_CHOSEN) != 0))
		memcpy(rotate.device_key, w->session.device_key, DEVICE_KEY_LEN);
	if (w->session.has_family)
		(void)fixture_rotate(&rotate, next);
	memset(next->event_id, 0, sizeof(next->event_id));
	*out = fixture_end(&end);
	events = fixture_events();
	for (size_t i = 0; i < json_object_array_length(events); i++)
		json_object_object_del(json_object_array_get_idx(events, i), "id");
	r = fixture_raw("HGETALL %s", fx.key);
	for (size_t i = 0; i < r->elements; i++)
		json_object_array_add(events, json_object_new_string_len(r->element[i]->str, (int)r->element[i]->len));
	freeReplyObject(r);
	json_object_array_add(events, json_object_new_int64(fixture_int("EXPIRETIME %s", fx.key)));
	return (events);
}

static bool
same_life(const struct login_write *w)
{
	struct rotate_reply next[2] = { { 0 }, { 0 } };
	struct json_object *left[2];
	struct login_reply in[2];
	struct end_reply out[2];
	int64_t begin = fixture_time();
	bool same;

	fx.mistaken = false;
	left[0] = life(w, &in[0], &next[0], &out[0]);
	fx.mistaken = true;
	left[1] = life(w, &in[1], &next[1], &out[1]);
	same = strcmp(json_object_to_json_string(left[0]), json_object_to_json_string(left[1])) == 0 &&
	       memcmp(&in[0], &in[1], sizeof(in[0])) == 0 && memcmp(&next[0], &next[1], sizeof(next[0])) == 0 &&
	       memcmp(&out[0].own, &out[1].own, sizeof(out[0].own)) == 0 && strcmp(out[0].user_id, out[1].user_id) == 0;
	if (!same && begin == fixture_time())
		print_error("%s\n%s\n", json_object_to_json_string(left[0]), json_object_to_json_string(left[1]));
	json_object_put(left[0]);
	json_object_put(left[1]);
	return (same || (begin != fixture_time() && same_life(w))); /* the second was over in between: once more */
}

/* What the usual case is spared must not be seen anywhere: bytes, events and answers are those of the long way. */
static void
test_both_ways(void **state)
{
	static const char *const names[] = { "alice", "a\"b\\c\n", "zo\xc3\xab",
		"a name of sixty four bytes, the longest one there can be here ok" };
	bool mistaken = fx.mistaken;

	(void)state;
	for (unsigned i = 0; i < 32; i++) {
		struct login_write w = fixture_login(1);

		w.username = names[i % 4];
		w.groups = i % 8 < 4 ? ""
				     : "a list of groups that together with the name needs more than one piece,users,staff";
		w.session.has_family = i % 16 < 8;
		if (i >= 16) {
			w.session.flags = SESSION_DEVICE_CHOSEN;
			memset(w.session.device_id, i % 4 == 0 ? '"' : 'd', i % 3 == 0 ? DEVICE_ID_MAX : 40);
		}
		assert_true(same_life(&w));
	}
	fx.mistaken = mistaken;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_touch, fixture_fresh),
		cmocka_unit_test_setup(test_touch_dead_cookie, fixture_fresh),
		cmocka_unit_test_setup(test_revoke, fixture_fresh),
		cmocka_unit_test_setup(test_revoke_pruned, fixture_fresh),
		cmocka_unit_test_setup(test_revoke_family, fixture_fresh),
		cmocka_unit_test_setup(test_revoke_session, fixture_fresh),
		cmocka_unit_test_setup(test_revoke_many, fixture_fresh),
		cmocka_unit_test_setup(test_groups, fixture_fresh),
		cmocka_unit_test_setup(test_groups_instead, fixture_fresh),
		cmocka_unit_test_setup(test_groups_of_nobody, fixture_fresh),
		cmocka_unit_test_setup(test_notify, fixture_fresh),
		cmocka_unit_test_setup(test_history, fixture_fresh),
		cmocka_unit_test_setup(test_history_is_small, fixture_fresh),
		cmocka_unit_test_setup(test_event_ids, fixture_fresh),
		cmocka_unit_test_setup(test_calendar, fixture_fresh),
		cmocka_unit_test_setup(test_liveness, fixture_fresh),
		cmocka_unit_test_setup(test_ending_liveness, fixture_fresh),
		cmocka_unit_test_setup(test_both_ways, fixture_fresh),
	};

	return (fixture_main_both("touch, revoke, notify", tests, sizeof(tests) / sizeof(tests[0])));
}
