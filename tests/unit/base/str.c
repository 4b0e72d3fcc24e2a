/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static void
test_equality(void **state)
{

	(void)state;
	assert_null(str_of(NULL).p);
	assert_non_null(str_of("").p);
	assert_true(str_is(STR_LIT("abc"), "abc"));
	assert_true(str_is(STR_LIT(""), ""));
	assert_false(str_is(STR_NONE, ""));
	assert_false(str_is(STR_LIT("abc"), "ab"));
	assert_false(str_is(STR_LIT("ab"), "abc"));
	assert_false(str_is(STR_LIT("ab\0c"), "ab"));
	assert_false(str_is(STR_LIT("Abc"), "abc"));
	assert_true(str_is_nocase(STR_LIT("BeaRer"), "bearer"));
	assert_false(str_is_nocase(STR_LIT("bearer "), "bearer"));
	assert_false(str_is_nocase(STR_NONE, ""));
	assert_true(str_starts(STR_LIT("abc"), "ab"));
	assert_true(str_starts(STR_LIT("abc"), ""));
	assert_false(str_starts(STR_LIT("a"), "ab"));
	assert_false(str_starts(STR_NONE, ""));
}

static void
test_trim(void **state)
{

	(void)state;
	assert_true(str_is(str_trim(STR_LIT(" \t a b\t ")), "a b"));
	assert_true(str_is(str_trim(STR_LIT("  ")), ""));
	assert_true(str_is(str_trim(STR_LIT("\na\r")), "\na\r"));
	assert_null(str_trim(STR_NONE).p);
}

static void
test_cut(void **state)
{
	struct str rest = STR_LIT("a,,b,");

	(void)state;
	assert_true(str_is(str_cut(&rest, ','), "a"));
	assert_true(str_is(str_cut(&rest, ','), ""));
	assert_true(str_is(str_cut(&rest, ','), "b"));
	assert_non_null(rest.p);
	assert_true(str_is(str_cut(&rest, ','), ""));
	assert_null(rest.p);
	assert_null(str_cut(&rest, ',').p);
}

static void
test_copy(void **state)
{
	char out[4];

	(void)state;
	assert_true(str_copy(out, sizeof(out), STR_LIT("abc")));
	assert_string_equal(out, "abc");
	assert_false(str_copy(out, sizeof(out), STR_LIT("abcd")));
	assert_string_equal(out, "");
	assert_true(str_copy(out, sizeof(out), STR_NONE));
	assert_string_equal(out, "");
}

static void
test_number(void **state)
{
	static const char *const refused[] = { "", "-1", "+1", " 1", "1 ", "1x", "0x1", "1.0", "18446744073709551616", "101",
		"99999999999999999999999999" };
	uint64_t v = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_false(str_to_u64(str_of(refused[i]), 100, &v));
	assert_int_equal(v, 7);
	assert_true(str_to_u64(STR_LIT("100"), 100, &v));
	assert_int_equal(v, 100);
	assert_true(str_to_u64(STR_LIT("000"), 100, &v));
	assert_int_equal(v, 0);
	assert_true(str_to_u64(STR_LIT("18446744073709551615"), UINT64_MAX, &v));
	assert_true(v == UINT64_MAX);
	assert_false(str_to_u64(STR_LIT("18446744073709551616"), UINT64_MAX, &v));
}

static void
test_utf8(void **state)
{
	static const struct {
		const char *text;
		bool ok;
	} texts[] = {
		{ "", true },
		{ "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", true },
		{ "\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", true },
		{ "\xed\x9f\xbf\xee\x80\x80", true },
		{ "\x80", false },
		{ "\xc0\x80", false },
		{ "\xc1\xbf", false },
		{ "\xe0\x9f\xbf", false },
		{ "\xf0\x8f\xbf\xbf", false },
		{ "\xed\xa0\x80", false },
		{ "\xf4\x90\x80\x80", false },
		{ "\xf5\x80\x80\x80", false },
		{ "\xff", false },
		{ "\xc3", false },
		{ "\xe2\x82", false },
		{ "\xf0\x9f\x98", false },
		{ "\xe2\x28\xa1", false },
		{ "\xe2\x82\x28", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(str_is_utf8(str_of(texts[i].text)), texts[i].ok);
}

static void
test_classes(void **state)
{

	(void)state;
	assert_false(str_has_control(STR_LIT("abc \xc3\xa9")));
	assert_true(str_has_control(STR_LIT("a\nb")));
	assert_true(str_has_control(STR_LIT("a\0b")));
	assert_true(str_has_control(STR_LIT("a\x7f")));
	assert_true(str_is_ascii(STR_LIT("")));
	assert_true(str_is_ascii(STR_LIT("\x7f\0a")));
	assert_false(str_is_ascii(STR_LIT("a\x80")));
	assert_true(str_is_word(STR_LIT("aZ09._-"), "._-", 64));
	assert_false(str_is_word(STR_LIT(""), "._-", 64));
	assert_false(str_is_word(STR_LIT("abc"), "", 2));
	assert_false(str_is_word(STR_LIT("a b"), "._-", 64));
	assert_false(str_is_word(STR_LIT("a\0b"), "._-", 64));
	assert_false(str_is_word(STR_LIT("a/b"), "._-", 64));
	assert_false(str_is_word(STR_LIT("\xc3\xa9"), "._-", 64));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equality),
		cmocka_unit_test(test_trim),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_classes),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
