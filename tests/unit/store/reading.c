/* SPDX-License-Identifier: ISC */
#include "fixture.h"

static struct session_list
list(void)
{
	struct session_list l;

	assert_int_equal(redis_store_ops.list(fx.store, fx.user_key, &fx.arena, &l), DW_OK);
	return (l);
}

static void
test_absent(void **state)
{
	struct lookup_reply l = fixture_lookup(1);

	(void)state;
	assert_string_equal(l.user_id, "");
	assert_false(l.live || l.ended || l.blacklisted);
	assert_int_equal(list().n, 0);
	assert_string_equal(list().user_id, "");
}

static void
test_list(void **state)
{
	struct session_list l;
	uint8_t seen = 0;

	(void)state;
	for (uint8_t n = 1; n <= 8; n++) {
		struct login_write w = fixture_login(n);

		if (n % 2 == 0) {
			w.session.flags = SESSION_DEVICE_CHOSEN;
			memset(w.session.device_id, 'a' + n, n * 16u);
		}
		w.session.has_family = n % 3 != 0;
		fixture_logged_in(&w);
	}
	l = list();
	assert_int_equal(l.n, 8);
	assert_string_equal(l.groups, "admins,users");
	for (size_t i = 0; i < l.n; i++) {
		struct lookup_reply one;
		uint8_t n = (uint8_t)(l.sessions[i].session_key[0] - 1);

		seen |= (uint8_t)(1u << (n - 1));
		one = fixture_lookup(n);
		assert_memory_equal(&one.session, &l.sessions[i], sizeof(one.session));
	}
	assert_int_equal(seen, 0xff);
}

static void
test_no_room(void **state)
{
	struct login_write w = fixture_login(1);
	char small[64];
	struct arena tiny;
	struct session_list l;

	(void)state;
	fixture_logged_in(&w);
	arena_init(&tiny, small, sizeof(small));
	assert_int_equal(redis_store_ops.list(fx.store, fx.user_key, &tiny, &l), DW_FAULT);
}

/* Values of the wrong size, or no values of ours at all: a fault, no crash, and never a session. */
static void
test_malformed(void **state)
{
	static const struct {
		const char *field, *value;
	} rows[] = {
		{ "A", "an id that is longer than it may be" },
		{ "n", "short" },
		{ "s", "short" },
		{ "s", "" },
		{ "f", "short" },
		{ "l", "short" },
	};
	struct lookup q = { .family = true };
	struct lookup_reply r;
	struct session_list l;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct login_write w;
		char field[KEYS_FIELD_LEN];
		size_t len = 1;

		fixture_fresh(state);
		w = fixture_login(1);
		fixture_logged_in(&w);
		memcpy(q.user_key, fx.user_key, USER_KEY_LEN);
		memcpy(q.session_key, w.session.session_key, SESSION_KEY_LEN);
		keys_field(rows[i].field[0], w.session.session_key, field);
		len = strchr("sfl", rows[i].field[0]) != NULL ? sizeof(field) : 1;
		freeReplyObject(fixture_raw("HSET %s %b %s", fx.key, field, len, rows[i].value));
		assert_int_equal(redis_store_ops.lookup(fx.store, &q, &r), DW_FAULT);
		if (rows[i].field[0] != 'l')
			assert_int_equal(redis_store_ops.list(fx.store, fx.user_key, &fx.arena, &l), DW_FAULT);
	}
}

static void
test_wrong_type(void **state)
{
	struct lookup q = { .family = false };
	struct login_write w = fixture_login(1);
	struct end_write end = fixture_logout_record(1, END_USER, SCOPE_ALL);
	struct login_reply lr;
	struct end_reply er;
	struct lookup_reply r;

	(void)state;
	memcpy(q.user_key, fx.user_key, USER_KEY_LEN);
	freeReplyObject(fixture_raw("SET %s x", fx.key));
	assert_int_equal(redis_store_ops.lookup(fx.store, &q, &r), DW_FAULT);
	assert_int_equal(redis_store_ops.login(fx.store, &w, &lr), DW_FAULT);
	assert_int_equal(redis_store_ops.end(fx.store, &end, &fx.arena, &er), DW_FAULT);
	assert_int_equal(redis_store_ops.ping(fx.store), DW_OK);
}

/* Bytes that mean something elsewhere mean nothing here. */
static void
test_bytes(void **state)
{
	struct login_write w = fixture_login(1);
	static const uint8_t odd[SESSION_KEY_LEN] = { 0, '*', '{', '}', '\r', '\n', '"', 0xff };
	struct lookup q = { .family = true };
	struct lookup_reply r;

	(void)state;
	memcpy(w.session.session_key, odd, SESSION_KEY_LEN);
	memcpy(q.session_key, odd, SESSION_KEY_LEN);
	memcpy(q.user_key, fx.user_key, USER_KEY_LEN);
	w.username = "a\"b\\c {x}*\r\nDEL";
	fixture_logged_in(&w);
	assert_int_equal(redis_store_ops.lookup(fx.store, &q, &r), DW_OK);
	assert_true(r.live);
	assert_string_equal(r.username, w.username);
	assert_int_equal(fixture_count("login"), 1);
}

static void
test_now(void **state)
{
	int64_t a = fixture_time(), b = redis_store_ops.now(fx.store), c = fixture_time();

	(void)state;
	assert_true(b >= a - 1 && b <= c + 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_absent, fixture_fresh),
		cmocka_unit_test_setup(test_list, fixture_fresh),
		cmocka_unit_test_setup(test_no_room, fixture_fresh),
		cmocka_unit_test_setup(test_malformed, fixture_fresh),
		cmocka_unit_test_setup(test_wrong_type, fixture_fresh),
		cmocka_unit_test_setup(test_bytes, fixture_fresh),
		cmocka_unit_test_setup(test_now, fixture_fresh),
	};

	return (fixture_main("lookup, list", tests, sizeof(tests) / sizeof(tests[0])));
}
