/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static void
test_overflow(void **state)
{
	char mem[6];
	struct buf b;

	(void)state;
	buf_init(&b, mem, sizeof(mem));
	buf_puts(&b, "abc");
	buf_putc(&b, 'd');
	buf_putstr(&b, STR_LIT("e"));
	assert_string_equal(b.p, "abcde");
	assert_false(b.overflow);
	buf_putc(&b, 'f');
	assert_true(b.overflow);
	buf_put(&b, "", 0);
	buf_printf(&b, "%d", 1);
	assert_string_equal(b.p, "abcde");
	assert_int_equal(buf_str(&b).len, 5);
}

/* What does not fit is dropped whole, and nothing follows it. */
static void
test_overflow_is_sticky(void **state)
{
	char mem[4];
	struct buf b;

	(void)state;
	buf_init(&b, mem, sizeof(mem));
	buf_printf(&b, "%d", 12345);
	assert_true(b.overflow);
	buf_puts(&b, "a");
	assert_string_equal(b.p, "");
	buf_init(&b, mem, 1);
	buf_puts(&b, "");
	assert_false(b.overflow);
	buf_putc(&b, 'x');
	assert_true(b.overflow);
}

static const struct {
	void (*put)(struct buf *b, struct str s);
	const char *in;
	const char *out;
} escapes[] = {
	{ buf_json, "a\"b\\c\n\t\r\x01\x7f/\xc3\xa9", "\"a\\\"b\\\\c\\n\\t\\u000d\\u0001\\u007f/\xc3\xa9\"" },
	/* what a terminal would obey, and what turns the direction of writing */
	{ buf_json,
	    "a\xc2\x9b"
	    "31mb\xe2\x80\xae"
	    "c\xe2\x81\xa6",
	    "\"a\\u009b31mb\\u202ec\\u2066\"" },
	{ buf_json, "\xf3\xa0\x80\x81\xf0\x9f\x98\x80", "\"\\udb40\\udc01\xf0\x9f\x98\x80\"" },
	{ buf_json, "", "\"\"" },
	{ buf_shown,
	    "a\nb\x1b[31m\x7f\xc2\x9b"
	    "31m\xe2\x80\xae\xc3\xa9\xe2\x80\x8d\x9b\xc3",
	    "a\nb\\u001b[31m\\u007f\\u009b31m\\u202e\xc3\xa9\xe2\x80\x8d\\x9b\\xc3" },
	{ buf_json, NULL, "null" },
	{ buf_html, "<a href=\"x\" b='y'>&amp;", "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;" },
	{ buf_urlencode, "/a b&c=d?e#f%~-._\xc3\xa9\r\n", "/a%20b%26c%3Dd%3Fe%23f%25~-._%C3%A9%0D%0A" },
};

static void
test_escapes(void **state)
{
	char mem[256];
	struct buf b;

	(void)state;
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		buf_init(&b, mem, sizeof(mem));
		escapes[i].put(&b, str_of(escapes[i].in));
		assert_string_equal(b.p, escapes[i].out);
	}
}

static void
test_list(void **state)
{
	static const struct {
		const char *list, *out;
	} t[] = {
		{ "", "[]" },
		{ "a", "[\"a\"]" },
		{ "a,b\"c,d", "[\"a\",\"b\\\"c\",\"d\"]" },
	};
	char mem[64];
	struct buf b;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		buf_init(&b, mem, sizeof(mem));
		buf_json_list(&b, t[i].list);
		assert_string_equal(b.p, t[i].out);
	}
}

static void
test_nul(void **state)
{
	char mem[64];
	struct buf b;

	(void)state;
	buf_init(&b, mem, sizeof(mem));
	buf_json(&b, STR_LIT("a\0b"));
	buf_urlencode(&b, STR_LIT("a\0b"));
	assert_string_equal(b.p, "\"a\\u0000b\"a%00b");
}

static void
test_time(void **state)
{
	static const struct {
		int64_t epoch;
		const char *text;
	} times[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ 951782400, "2000-02-29T00:00:00Z" },
		{ 4102444799, "2099-12-31T23:59:59Z" },
		{ INT64_C(1) << 31, "2038-01-19T03:14:08Z" },
	};
	char mem[64];
	struct buf b;

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		buf_init(&b, mem, sizeof(mem));
		buf_time(&b, times[i].epoch);
		assert_string_equal(b.p, times[i].text);
	}
	buf_init(&b, mem, sizeof(mem));
	buf_time(&b, INT64_MAX);
	assert_true(b.overflow);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_overflow_is_sticky),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_time),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
