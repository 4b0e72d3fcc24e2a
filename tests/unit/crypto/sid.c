#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/sid.h"

static const struct user_keys keys = { .public_sid = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 } };
static const uint8_t up[UP_LEN] = { 0xff, 0, 0x80, 7, 6, 5, 4, 3, 2 };

static void
test_round(void **state)
{
	uint8_t sid8[SID_LEN] = { 0 }, up2[UP_LEN], sid2[SID_LEN];
	char text[PUBLIC_SID_LEN + 1];

	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		sid8[i % SID_LEN] ^= (uint8_t)(i * 7 + 1);
		sid_public(&keys, up, sid8, text);
		assert_int_equal(strlen(text), PUBLIC_SID_LEN);
		assert_true(sid_parse(&keys, str_of(text), up2, sid2));
		assert_memory_equal(up, up2, UP_LEN);
		assert_memory_equal(sid8, sid2, SID_LEN);
	}
}

/* Two sessions of one user share no visible part. */
static void
test_unlinkable(void **state)
{
	uint8_t a[SID_LEN] = { 1 }, b[SID_LEN] = { 2 };
	char ta[PUBLIC_SID_LEN + 1], tb[PUBLIC_SID_LEN + 1];

	(void)state;
	sid_public(&keys, up, a, ta);
	sid_public(&keys, up, b, tb);
	assert_memory_not_equal(ta, tb, 6);
}

/* SHA-1(01..14 || 00*8)[0..9] XOR up || sid8, computed apart with sha1sum and base64. */
static void
test_vector(void **state)
{
	uint8_t sid8[SID_LEN] = { 0 };
	char text[PUBLIC_SID_LEN + 1];

	(void)state;
	sid_public(&keys, up, sid8, text);
	assert_string_equal(text, "0VlA6_8NG4YaAAAAAAAAAAA");
}

static void
test_malformed(void **state)
{
	static const char *const bad[] = { "", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAA=",
		"AAAAAAAAAAAAAAAAAAAAAAB", "AAAAAAAAAAA AAAAAAAAAAA", "AAAAAAAAAAA\xc3\xa4" "AAAAAAAAAA" };
	uint8_t a[UP_LEN], b[SID_LEN];

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
