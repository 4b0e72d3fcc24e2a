/* SPDX-License-Identifier: ISC */
/* Which records have something to report: one rule with the script that reports it. */
#include "fixture.h"
#include "store/stale.h"

static uint8_t keys[STALE_MAX][USER_KEY_LEN];
static bool stale[STALE_MAX];

/* Another user, who is fx.user_key from now on. */
static void
next_user(size_t i)
{

	fixture_fill(fx.user_key, sizeof(fx.user_key), (uint8_t)(i * 29 + 1));
	fx.user_key[8] = (uint8_t)i;
	keys_record(fx.user_key, fx.key);
	keys_outbox(fx.user_key, fx.outbox);
	memcpy(keys[i], fx.user_key, USER_KEY_LEN);
}

static void
sign_in(uint8_t n)
{
	struct login_write w = fixture_login(n);

	fixture_logged_in(&w);
}

static void
test_found(void **state)
{
	struct end_write w;

	(void)state;
	next_user(0); /* nobody */
	next_user(1); /* alive */
	sign_in(1);
	next_user(2); /* alive, and one that is past */
	sign_in(1);
	sign_in(2);
	fixture_age(2, 10000);
	next_user(3); /* the cookie is past, the family is not */
	sign_in(1);
	fixture_age(1, 1500);
	next_user(4); /* ended long ago */
	sign_in(1);
	w = fixture_logout_record(1, END_USER, SCOPE_SESSION);
	fixture_end(&w);
	next_user(5); /* makes no sense */
	freeReplyObject(fixture_raw("HSET %s sAAAAAAAA x", fx.key));
	next_user(6); /* past, behind it */
	sign_in(1);
	fixture_age(1, 10000);
	assert_int_equal(stale_find(fx.store, keys, 7, &fx.arena, stale), DW_OK);
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(stale[i], i == 2 || i == 6);
	assert_int_equal(redis_store_prune(fx.store, keys[2]), DW_OK);
	assert_int_equal(stale_find(fx.store, keys, 3, &fx.arena, stale), DW_OK);
	assert_false(stale[2]);
}

static void
test_bounds(void **state)
{

	(void)state;
	assert_int_equal(stale_find(fx.store, keys, 0, &fx.arena, stale), DW_OK);
	assert_int_equal(stale_find(fx.store, keys, STALE_MAX + 1, &fx.arena, stale), DW_FAULT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_found, fixture_fresh),
		cmocka_unit_test_setup(test_bounds, fixture_fresh),
	};

	return (fixture_main("store/stale", tests, sizeof(tests) / sizeof(tests[0])));
}
