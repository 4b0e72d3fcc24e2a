/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/name.h"
#include "base/groups.h"

#define A16 "aaaaaaaaaaaaaaaa"
#define A60 A16 A16 A16 "aaaaaaaaaaaa"
#define A63 A60 "aaa"
#define A64 A60 "aaaa"

static void
names(void **state)
{
	static const struct {
		struct str given;
		const char *canonical; /* NULL = refused */
	} t[] = {
		{ STR_LIT("alice"), "alice" }, { STR_LIT("Alice.O'Hara@Example.org"), "alice.o'hara@example.org" },
		{ STR_LIT("DOMAIN\\Bob"), "domain\\bob" }, { STR_LIT("two words"), "two words" },
		{ STR_LIT("J\xc3\xbcrgen"), "j\xc3\xbcrgen" }, { STR_LIT("\xc3\x9c"), "\xc3\xbc" },
		{ STR_LIT("\xf0\x9f\xa6\x8a"), "\xf0\x9f\xa6\x8a" }, { STR_LIT(A64), A64 }, { STR_LIT(A64 "a"), NULL },
		{ STR_LIT(""), NULL }, { STR_NONE, NULL }, { STR_LIT(" alice"), "alice" }, { STR_LIT("alice "), "alice" },
		{ STR_LIT("alice\t"), NULL }, { STR_LIT("alice\n"), NULL }, { STR_LIT("al\0ice"), NULL },
		{ STR_LIT("al\x7fice"), NULL }, { STR_LIT("al\xc2\x85ice"), NULL }, /* NEL */
		{ STR_LIT("al\xe2\x80\xa8ice"), NULL },                             /* line separator */
		{ STR_LIT("\xc2\xa0"
			  "alice"),
		    "alice" },                             /* no-break space */
		{ STR_LIT("alice\xe3\x80\x80"), "alice" }, /* ideographic space */
		{ STR_LIT("al\xe3\x80\x80ice"), "al ice" }, { STR_LIT("a,b"), NULL }, { STR_LIT("a:b"), NULL },
		{ STR_LIT("a/b"), NULL }, { STR_LIT("a\"b"), NULL }, { STR_LIT("al\xff"), NULL },
		{ STR_LIT("\xc0\xaf"), NULL },     /* overlong slash */
		{ STR_LIT("\xed\xa0\x80"), NULL }, /* surrogate */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char out[USERNAME_MAX + 1] = "dirty";
		bool ok = name_canonical(t[i].given, out);

		assert_int_equal(ok, t[i].canonical != NULL);
		assert_string_equal(out, ok ? t[i].canonical : "");
	}
}

static void
group_lists(void **state)
{
	static const struct {
		const char *groups[5];
		const char *list; /* NULL = refused */
	} t[] = {
		{ { NULL }, "" },
		{ { "users" }, "users" },
		{ { "users", "admins" }, "admins,users" },
		{ { "b", "a", "b", "a", "c" }, "a,b,c" },
		{ { "ab", "a", "a-b", "B" }, "B,a,a-b,ab" },
		{ { "a b" }, "a b" },
		{ { "users", "" }, NULL },
		{ { "a,b" }, NULL },
		{ { "users", "a\n" }, NULL },
		{ { " a" }, NULL },
		{ { "gr\xc3\xbcn" }, "gr\xc3\xbcn" },
		{ { "\xff" }, NULL },
		{ { A64, A60 "b" }, A64 "," A60 "b" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char out[GROUPS_MAX + 1] = "dirty";
		struct str groups[5];
		size_t n = 0;

		for (; n < 5 && t[i].groups[n] != NULL; n++)
			groups[n] = str_of(t[i].groups[n]);
		assert_int_equal(name_groups_join(groups, n, out), t[i].list != NULL);
		assert_string_equal(out, t[i].list != NULL ? t[i].list : "");
	}
}

static void
too_many_groups(void **state)
{
	static char names_of[GROUPS_COUNT_MAX + 1][4], out[GROUPS_MAX + 1];
	static struct str groups[GROUPS_COUNT_MAX + 1];

	(void)state;
	for (size_t i = 0; i <= GROUPS_COUNT_MAX; i++) {
		names_of[i][0] = (char)('A' + i / 26 / 26);
		names_of[i][1] = (char)('a' + i / 26 % 26);
		names_of[i][2] = (char)('a' + i % 26);
		groups[i] = (struct str){ names_of[i], 3 };
	}
	assert_true(name_groups_join(groups, 1024, out)); /* 1024 * 4 - 1 */
	assert_int_equal(strlen(out), GROUPS_MAX - 1);
	assert_false(name_groups_join(groups, 1025, out));
	assert_string_equal(out, "");
	assert_false(name_groups_join(groups, GROUPS_COUNT_MAX + 1, out));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(group_lists),
		cmocka_unit_test(too_many_groups),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
