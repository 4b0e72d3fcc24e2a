/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/sid.h"

static const struct user_keys keys = { .public_sid = {
					   1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 } };
static const uint8_t user_key[USER_KEY_LEN] = { 0xff, 0, 0x80, 7, 6, 5, 4, 3, 2 };

static void
test_round(void **state)
{
	uint8_t session_key[SESSION_KEY_LEN] = { 0 }, user_key2[USER_KEY_LEN], sid2[SESSION_KEY_LEN];
	char text[PUBLIC_SID_LEN + 1];

	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		session_key[i % SESSION_KEY_LEN] ^= (uint8_t)(i * 7 + 1);
		sid_public(&keys, user_key, session_key, text);
		assert_int_equal(strlen(text), PUBLIC_SID_LEN);
		assert_true(sid_parse(&keys, str_of(text), user_key2, sid2));
		assert_memory_equal(user_key, user_key2, USER_KEY_LEN);
		assert_memory_equal(session_key, sid2, SESSION_KEY_LEN);
	}
}

/* Two sessions of one user share no visible part. */
static void
test_unlinkable(void **state)
{
	uint8_t a[SESSION_KEY_LEN] = { 1 }, b[SESSION_KEY_LEN] = { 2 };
	char ta[PUBLIC_SID_LEN + 1], tb[PUBLIC_SID_LEN + 1];

	(void)state;
	sid_public(&keys, user_key, a, ta);
	sid_public(&keys, user_key, b, tb);
	assert_memory_not_equal(ta, tb, 6);
}

/* SHA-1(01..14 || 00*8)[0..9] XOR user_key || session_key, computed apart with sha1sum and base64. */
static void
test_vector(void **state)
{
	uint8_t session_key[SESSION_KEY_LEN] = { 0 };
	char text[PUBLIC_SID_LEN + 1];

	(void)state;
	sid_public(&keys, user_key, session_key, text);
	assert_string_equal(text, "0VlA6_8NG4YaAAAAAAAAAAA");
}

static void
test_malformed(void **state)
{
	static const char *const bad[] = { "", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAA",
		"AAAAAAAAAAAAAAAAAAAAAA=", "AAAAAAAAAAAAAAAAAAAAAAB", "AAAAAAAAAAA AAAAAAAAAAA",
		"AAAAAAAAAAA\xc3\xa4"
		"AAAAAAAAAA" };
	uint8_t a[USER_KEY_LEN], b[SESSION_KEY_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(sid_parse(&keys, str_of(bad[i]), a, b));
	assert_false(sid_parse(&keys, STR_NONE, a, b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_unlinkable),
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_malformed),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
