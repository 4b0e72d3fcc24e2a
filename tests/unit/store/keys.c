/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store/keys.h"

static void
test_record(void **state)
{
	static const struct {
		uint8_t user_key[USER_KEY_LEN];
		const char *key, *outbox;
	} rows[] = {
		{ { 0 }, "dw:{000}AAAAAAAAAAAA", "dwo:{000}" },
		{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, "dw:{3ff}____________", "dwo:{3ff}" },
		{ { 0x80, 0x40, 1, 2, 3, 4, 5, 6, 7 }, "dw:{201}gEABAgMEBQYH", "dwo:{201}" },
	};
	char key[KEYS_RECORD_LEN + 1], outbox[KEYS_OUTBOX_LEN + 1];
	uint8_t user_key[USER_KEY_LEN];
	unsigned bucket;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		keys_record(rows[i].user_key, key);
		keys_outbox(rows[i].user_key, outbox);
		assert_string_equal(key, rows[i].key);
		assert_string_equal(outbox, rows[i].outbox);
		assert_true(keys_outbox_parse(str_of(outbox), &bucket));
		assert_int_equal(bucket, keys_bucket(rows[i].user_key));
		assert_true(keys_record_parse(str_of(key), user_key));
		assert_memory_equal(user_key, rows[i].user_key, USER_KEY_LEN);
	}
}

static void
test_foreign_outbox(void **state)
{
	static const char *const rows[] = { "", "dwo:{00}", "dwo:{0000}", "dwo:{00g}", "dwo:{400}", "dwo:{00A}", "dw::{000}",
		"dwo:(000)", "dwx:{000}" };
	unsigned bucket;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_false(keys_outbox_parse(str_of(rows[i]), &bucket));
}

/* Names that are no user record, among them one in a bucket that is not its own. */
static void
test_foreign(void **state)
{
	static const char *const bad[] = { "", "dw:events", "dw:{001}AAAAAAAAAAAA", "dw:{000}AAAAAAAAAAAAA",
		"dw:{000}AAAAAAAAAAA", "dw:{000}AAAAAAAAAAA+", "dx:{000}AAAAAAAAAAAA", "dw:[000]AAAAAAAAAAAA", "dwo:{000}" };
	uint8_t user_key[USER_KEY_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(keys_record_parse(str_of(bad[i]), user_key));
	assert_false(keys_record_parse(STR_NONE, user_key));
}

/* Bytes are bytes: a handle with NUL, glob and brace characters makes the one field it names. */
static void
test_field(void **state)
{
	static const uint8_t session_key[SESSION_KEY_LEN] = { 0, '*', '{', '}', '\r', '\n', ' ', 0xff };
	char field[KEYS_FIELD_LEN];

	(void)state;
	keys_field('l', session_key, field);
	assert_memory_equal(field, "l\0*{}\r\n \xff", KEYS_FIELD_LEN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_foreign_outbox),
		cmocka_unit_test(test_field),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
