/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "http/form.h"

static char block[256 * 1024];
static struct arena arena;

static int
fresh(void **state)
{

	(void)state;
	arena_init(&arena, block, sizeof(block));
	return (0);
}

static void
decoding(void **state)
{
	static const struct {
		struct str given;
		const char *value; /* NULL = refused */
	} t[] = {
		{ STR_LIT(""), "" }, { STR_LIT("abc"), "abc" }, { STR_LIT("a+b"), "a b" }, { STR_LIT("a%2Bb"), "a+b" },
		{ STR_LIT("%61%62"), "ab" }, { STR_LIT("%41%5a%7e"), "AZ~" }, { STR_LIT("%2541"), "%41" }, /* once */
		{ STR_LIT("%c3%bc"), "\xc3\xbc" }, { STR_LIT("\xc3\xbc"), "\xc3\xbc" },
		{ STR_LIT("%F0%9F%A6%8A"), "\xf0\x9f\xa6\x8a" },
		{ STR_LIT("%0d%0a%09"), "\r\n\t" }, /* a password may hold what it likes */
		{ STR_LIT("%26%3D%3b"), "&=;" }, { STR_LIT("%"), NULL }, { STR_LIT("a%"), NULL }, { STR_LIT("%4"), NULL },
		{ STR_LIT("%g0"), NULL }, { STR_LIT("%0g"), NULL }, { STR_LIT("%%41"), NULL }, { STR_LIT("%+1"), NULL },
		{ STR_LIT("%u0041"), NULL }, { STR_LIT("%00"), NULL }, { STR_LIT("a%00b"), NULL }, { STR_LIT("a\0b"), NULL },
		{ STR_LIT("%ff"), NULL }, { STR_LIT("%c3"), NULL }, { STR_LIT("%c0%af"), NULL }, /* overlong */
		{ STR_LIT("%ed%a0%80"), NULL },                                                  /* surrogate */
		{ STR_LIT("%f4%90%80%80"), NULL },                                               /* beyond U+10FFFF */
		{ STR_LIT("\xe9t\xe9"), NULL },                                                  /* Latin-1 */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct str out = STR_NONE;
		bool ok = form_decode(&arena, t[i].given, &out);

		if (ok != (t[i].value != NULL) || (ok && !str_is(out, t[i].value)))
			fail_msg("\"%.*s\" becomes %s", (int)t[i].given.len, t[i].given.p, ok ? out.p : "nothing");
		if (ok)
			assert_int_equal(out.p[out.len], '\0');
	}
}

static void
forms(void **state)
{
	static const struct {
		const char *body;
		int n; /* -1 = refused */
		const char *fields[6];
	} t[] = {
		{ "", 0, { NULL } },
		{ "&", 0, { NULL } },
		{ "&&a=b&&", 1, { "a", "b" } },
		{ "a=b", 1, { "a", "b" } },
		{ "a=b&c=d", 2, { "a", "b", "c", "d" } },
		{ "a", 1, { "a", "" } },
		{ "a=", 1, { "a", "" } },
		{ "=", 1, { "", "" } },
		{ "=b", 1, { "", "b" } },
		{ "a=b=c", 1, { "a", "b=c" } },
		{ "a=b;c=d", 1, { "a", "b;c=d" } },
		{ "a%3D=b", 1, { "a=", "b" } },
		{ "a+b=c+d", 1, { "a b", "c d" } },
		{ "A=1&a=2", 2, { "A", "1", "a", "2" } },
		/* A name twice, however it is spelt. */
		{ "a=1&a=2", -1, { NULL } },
		{ "a=1&a=1", -1, { NULL } },
		{ "a=1&%61=2", -1, { NULL } },
		{ "a=1&b=2&a", -1, { NULL } },
		{ "=1&=2", -1, { NULL } },
		{ "a=%", -1, { NULL } },
		{ "%=a", -1, { NULL } },
		{ "a=b&c=%zz", -1, { NULL } },
		{ "a%00=b", -1, { NULL } },
		{ "a=b%00", -1, { NULL } },
		{ "a=%ff", -1, { NULL } },
		{ "%ff=a", -1, { NULL } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct field *f;
		size_t n;
		bool ok;

		arena_reset(&arena);
		ok = form_parse(&arena, str_of(t[i].body), &f, &n);
		if (ok != (t[i].n >= 0) || (ok && n != (size_t)t[i].n))
			fail_msg("\"%s\": %s with %zu", t[i].body, ok ? "taken" : "refused", n);
		for (size_t k = 0; ok && k < n; k++) {
			assert_int_equal(f[k].type, FIELD_STRING);
			assert_true(str_is(f[k].name, t[i].fields[2 * k]));
			assert_true(str_is(f[k].value, t[i].fields[2 * k + 1]));
		}
	}
}

static void
at_most(void **state)
{
	char body[FORM_FIELDS_MAX * 8 + 16] = "";
	struct field *f;
	size_t n, at = 0;

	(void)state;
	for (int i = 0; i < FORM_FIELDS_MAX; i++)
		at += (size_t)snprintf(body + at, sizeof(body) - at, "n%d=v&", i);
	assert_true(form_parse(&arena, str_of(body), &f, &n));
	assert_int_equal(n, FORM_FIELDS_MAX);
	snprintf(body + at, sizeof(body) - at, "more");
	assert_false(form_parse(&arena, str_of(body), &f, &n));
}

/* The arena runs out: refused, not half of it. */
static void
no_room(void **state)
{
	struct field *f;
	size_t n;

	(void)state;
	for (size_t size = 0; size < sizeof(struct field) * FORM_FIELDS_MAX + 64; size += 16) {
		arena_init(&arena, block, size);
		if (size < sizeof(struct field) * FORM_FIELDS_MAX + 48)
			assert_false(form_parse(&arena, STR_LIT("aaaaaaaaaaaaaaaaaaaa=bbbbbbbbbb"), &f, &n));
	}
	assert_true(form_parse(&arena, STR_LIT("a=b"), &f, &n));
}

static void
queries(void **state)
{
	static const struct {
		const char *query, *value;
		bool bad;
	} t[] = {
		{ NULL, NULL, false },
		{ "", NULL, false },
		{ "&", NULL, false },
		{ "x=1", NULL, false },
		{ "group", "", false },
		{ "group=", "", false },
		{ "group=admins", "admins", false },
		{ "a&group=admins&b", "admins", false },
		{ "group=a%2Cb", "a,b", false },
		{ "group=a+b", "a b", false },
		{ "Group=a", NULL, false },
		{ "groups=a", NULL, false },
		{ "grou=a", NULL, false },
		{ "x=group=a", NULL, false },
		{ "x=%zz&group=a", "a", false }, /* what is not ours is not looked at */
		{ "gr%6fup=a", "a", false },
		{ "%67%72%6F%75%70", "", false },
		{ "gr%6fup%=a", NULL, false },
		{ "gr%256fup=a", NULL, false },
		{ "group%00=a", NULL, false },
		{ "group=a&gr%6fup=b", NULL, true },
		{ "group=a&group=a", NULL, true },
		{ "group=a&group", NULL, true },
		{ "group&group=a", NULL, true },
		{ "group=%", NULL, true },
		{ "group=%00", NULL, true },
		{ "group=%ff", NULL, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct request r = { .query = str_of(t[i].query), .arena = &arena };
		bool bad = false;
		struct str v = request_query(&r, "group", &bad);

		if (bad != t[i].bad || (v.p == NULL) != (t[i].value == NULL) || (v.p != NULL && !str_is(v, t[i].value)))
			fail_msg("\"%s\": %s%s", t[i].query, bad ? "bad " : "", v.p == NULL ? "absent" : v.p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(decoding, fresh),
		cmocka_unit_test_setup(forms, fresh),
		cmocka_unit_test_setup(at_most, fresh),
		cmocka_unit_test_setup(no_room, fresh),
		cmocka_unit_test_setup(queries, fresh),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
