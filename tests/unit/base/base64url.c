/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64url.h"

static const struct {
	const char *plain;
	const char *coded;
} pairs[] = {
	/* RFC 4648 section 10, without padding */
	{ "", "" },
	{ "f", "Zg" },
	{ "fo", "Zm8" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg" },
	{ "fooba", "Zm9vYmE" },
	{ "foobar", "Zm9vYmFy" },
	{ "\xfb\xef\xff", "--__" },
};

static const char *const refused[] = {
	"A",
	"AAAAA",
	"Zg==",
	"Zg=",
	"Zh",
	"Zm9=",
	"Zm8\n",
	"Zm 8",
	"Zm+v",
	"Zm/v",
	"Zm9v.",
	"Zm9\xc3\xa9",
	"Zm9",
	"QR",
	"AAAB\t",
};

static void
test_pairs(void **state)
{
	uint8_t bytes[16];
	char text[32];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		base64url_encode(pairs[i].plain, strlen(pairs[i].plain), text);
		assert_string_equal(text, pairs[i].coded);
		assert_int_equal(strlen(text), BASE64URL_LEN(strlen(pairs[i].plain)));
		assert_true(base64url_decode(str_of(pairs[i].coded), bytes, sizeof(bytes), &n));
		assert_int_equal(n, strlen(pairs[i].plain));
		assert_memory_equal(bytes, pairs[i].plain, n);
	}
}

static void
test_refused(void **state)
{
	uint8_t bytes[16];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (base64url_decode(str_of(refused[i]), bytes, sizeof(bytes), &n))
			fail_msg("accepted: %s", refused[i]);
}

static void
test_room(void **state)
{
	uint8_t bytes[3];
	size_t n;

	(void)state;
	assert_true(base64url_decode(STR_LIT("Zm9v"), bytes, 3, &n));
	assert_false(base64url_decode(STR_LIT("Zm9v"), bytes, 2, &n));
	assert_false(base64url_decode(STR_LIT("Zm9vYg"), bytes, 3, &n));
}

/* Of all spellings of two and three characters exactly one decodes to each value. */
static void
test_one_spelling(void **state)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned accepted = 0;
	uint8_t byte[2];
	size_t n;

	(void)state;
	for (int i = 0; i < 64; i++)
		for (int j = 0; j < 64; j++) {
			char text[4] = { alphabet[i], alphabet[j] }, back[4];

			if (!base64url_decode(str_of(text), byte, sizeof(byte), &n))
				continue;
			accepted++;
			base64url_encode(byte, n, back);
			assert_string_equal(text, back);
		}
	assert_int_equal(accepted, 256);
}

/* The padding belongs to the one spelling. */
static void
test_other_alphabets(void **state)
{
	static const char *const wrong[] = { "Zg", "Zg=", "Zg===", "Z===", "====", "Zm9v====", "Zh==", "--__", "Zg==\n",
		"Z=g=" };
	uint8_t bytes[16];
	char text[32];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		base64_encode(pairs[i].plain, strlen(pairs[i].plain), text);
		assert_int_equal(strlen(text), BASE64_LEN(strlen(pairs[i].plain)));
		assert_true(base64_decode(str_of(text), bytes, sizeof(bytes), &n));
		assert_int_equal(n, strlen(pairs[i].plain));
		assert_memory_equal(bytes, pairs[i].plain, n);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (base64_decode(str_of(wrong[i]), bytes, sizeof(bytes), &n))
			fail_msg("accepted: %s", wrong[i]);
	assert_true(base64_decode_bare(STR_LIT("..//"), '.', '/', bytes, sizeof(bytes), &n));
	assert_memory_equal(bytes, "\xfb\xef\xff", n);
	assert_false(base64_decode_bare(STR_LIT("..+/"), '.', '/', bytes, sizeof(bytes), &n));
	assert_false(base64_decode_bare(STR_LIT("Zg=="), '.', '/', bytes, sizeof(bytes), &n));
	assert_false(base64_decode_bare(STR_NONE, '.', '/', bytes, sizeof(bytes), &n));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_one_spelling),
		cmocka_unit_test(test_other_alphabets),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
