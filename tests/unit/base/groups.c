/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/groups.h"

static void
names(void **state)
{
	static const struct {
		struct str name;
		bool ok;
	} t[] = { { STR_LIT("users"), true }, { STR_LIT("Domain Users"), true }, { STR_LIT("A.b_c-9"), true },
		{ STR_LIT("Dom\xc3\xa4nen-Benutzer"), true }, { STR_LIT("\"quoted\" \\ <b>"), true }, { STR_NONE, false },
		{ STR_LIT(""), false }, { STR_LIT("a,b"), false }, { STR_LIT(","), false }, { STR_LIT(" a"), false },
		{ STR_LIT("a "), false }, { STR_LIT("\ta"), false }, { STR_LIT("a\tb"), false }, { STR_LIT("a\0b"), false },
		{ STR_LIT("a\r\nb"), false }, { STR_LIT("a\x7f"), false }, { STR_LIT("a\xc2\x85z"), false }, /* NEL */
		{ STR_LIT("a\xff"), false }, { STR_LIT("\xc0\xac"), false } };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (groups_name_ok(t[i].name) != t[i].ok)
			fail_msg("row %zu", i);
}

static void
lists(void **state)
{
	static const struct {
		const char *names[5];
		char *const only[3];
		const char *list;
	} t[] = { { { NULL }, { NULL }, "" }, { { "users" }, { NULL }, "users" },
		{ { "b", "a", "b", "a", "c" }, { NULL }, "a,b,c" }, { { "ab", "a", "a-b", "B" }, { NULL }, "B,a,a-b,ab" },
		{ { "a,b", "", "c", " d", "x\n" }, { NULL }, "c" }, { { "a", "b", "c" }, { "c", "x" }, "c" },
		{ { "a", "b", "c" }, { "x" }, "" }, { { "a", "ab", "b" }, { "b", "a" }, "a,b" } };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char out[GROUPS_MAX + 1], kept[GROUPS_MAX + 1];
		struct str s[5], again[5];
		size_t n = 0;

		for (; n < 5 && t[i].names[n] != NULL; n++)
			s[n] = again[n] = str_of(t[i].names[n]);
		(void)groups_join(again, n, NULL, kept);
		n = groups_join(s, n, t[i].only, out);
		assert_int_equal(n, strlen(t[i].list));
		assert_string_equal(out, t[i].list);
		assert_int_equal(groups_keep(str_of(kept), t[i].only, kept), strlen(t[i].list));
		assert_string_equal(kept, t[i].list);
		assert_int_equal(groups_keep(str_of(kept), NULL, out), strlen(t[i].list));
	}
}

/* Names of five characters and a comma, and one that fills up to ${bytes}. */
static size_t
make(char text[][8], struct str *s, size_t bytes)
{
	size_t n = 0;

	for (; bytes > 12; n++, bytes -= 6) {
		snprintf(text[n], 8, "g%04zu", n);
		s[n] = str_of(text[n]);
	}
	s[n] = (struct str){ "zzzzzzzzzzzz", bytes };
	return (n + 1);
}

static void
length(void **state)
{
	static char text[4096][8], out[GROUPS_MAX + 1];
	static struct str s[4096];
	char *const few[] = { text[1], text[0], NULL };

	(void)state;
	assert_int_equal(groups_join(s, make(text, s, GROUPS_MAX), NULL, out), GROUPS_MAX);
	assert_int_equal(strlen(out), GROUPS_MAX);
	assert_int_equal(groups_join(s, make(text, s, GROUPS_MAX + 1), NULL, out), GROUPS_MAX + 1);
	assert_string_equal(out, "");
	assert_int_equal(groups_join(s, make(text, s, 20000), NULL, out), 20000);
	assert_string_equal(out, "");
	assert_int_equal(groups_join(s, make(text, s, 20000), few, out), 11);
	assert_string_equal(out, "g0000,g0001");
}

/* From a text of any length, as a database may have it. */
static void
choice(void **state)
{
	static char text[3 * GROUPS_MAX + 3], out[GROUPS_MAX + 1];
	char *const last[] = { "zz", NULL };

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = "ab,"[i % 3];
	assert_int_equal(groups_keep(str_of(text), NULL, out), strlen(text));
	assert_string_equal(out, "");
	memcpy(text + sizeof(text) - 4, ",zz", 4);
	assert_int_equal(groups_keep(str_of(text), last, out), 2);
	assert_string_equal(out, "zz");
	text[GROUPS_MAX + 1] = '\0';
	assert_int_equal(groups_keep(str_of(text), NULL, out), GROUPS_MAX + 1);
	assert_string_equal(out, "");
	text[GROUPS_MAX] = '\0';
	assert_int_equal(groups_keep(str_of(text), NULL, out), GROUPS_MAX);
	assert_string_equal(out, text);
}

static void
membership(void **state)
{

	(void)state;
	assert_true(groups_has("a,bc,d e", STR_LIT("bc")));
	assert_true(groups_has("a,bc,d e", STR_LIT("d e")));
	assert_false(groups_has("a,bc,d e", STR_LIT("b")));
	assert_false(groups_has("a,bc,d e", STR_LIT("a,bc")));
	assert_false(groups_has("", STR_LIT("")));
	assert_false(groups_has("a,,b", STR_LIT("")));
	assert_false(groups_has("a", STR_NONE));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(names), cmocka_unit_test(lists), cmocka_unit_test(length),
		cmocka_unit_test(choice), cmocka_unit_test(membership) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
