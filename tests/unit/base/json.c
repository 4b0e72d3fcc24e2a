/* SPDX-License-Identifier: ISC */
/* The gate in front of json-c: every text that json-c alone lets through although it is no JSON, or is two things at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include <cmocka.h>

#include "base/buf.h"

#include "base/json.h"

struct text {
	const char *p;
	size_t len;
};
/* clang-format off */
#define TEXT(s) { (s), sizeof(s) - 1 }
/* clang-format on */

static const struct text good[] = {
	TEXT("{}"),
	TEXT(" \t\r\n{ \"a\" : 1 , \"b\" : [ ] } \n"),
	TEXT("{\"a\":\"\"}"),
	TEXT("{\"\":1}"),
	TEXT("{\"a\":[1,-1,0,-0,1.5,1e3,1E+3,1e-3,0.0,123456789012345678901234567890,1.7976931348623157e308]}"),
	TEXT("{\"a\":true,\"b\":false,\"c\":null,\"d\":{\"a\":{\"a\":1}}}"),
	TEXT("{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\\u00e9\\ud83d\\ude00\"}"),
	TEXT("{\"a\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf\x7f\"}"),
	TEXT("{\"a\":1,\"A\":2,\"a \":3,\"\\u0061\\u0061\":4}"),
	TEXT("{\"a\":[{\"a\":1},{\"a\":2}]}"),
	TEXT("{\"a\":{\"b\":1},\"b\":{\"a\":1}}"),
};

static const struct text bad[] = {
	/* names twice, however spelled */
	TEXT("{\"u\":1,\"u\":2}"),
	TEXT("{\"u\":1,\"\\u0075\":2}"),
	TEXT("{\"\xc3\xa9\":1,\"\\u00E9\":2}"),
	TEXT("{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\ude00\":2}"),
	TEXT("{\"\\n\":1,\"\\u000a\":2}"),
	TEXT("{\"a/\":1,\"a\\/\":2}"),
	TEXT("{\"\":1,\"\":2}"),
	TEXT("{\"a\":[{\"b\":1,\"c\":{},\"b\":2}]}"),
	TEXT("{\"a\":{\"x\":1},\"b\":2,\"a\":3}"),
	/* NUL, in names and values */
	TEXT("{\"u\\u0000x\":1}"),
	TEXT("{\"a\":\"b\\u0000c\"}"),
	TEXT("{\"a\":\"b\0c\"}"),
	TEXT("{\"a\":1}\0"),
	/* UTF-8 */
	TEXT("{\"a\":\"\xc0\xaf\"}"),
	TEXT("{\"a\":\"\xed\xa0\x80\"}"),
	TEXT("{\"a\":\"\xf4\x90\x80\x80\"}"),
	TEXT("{\"a\":\"\xe0\x80\xaf\"}"),
	TEXT("{\"a\":\"\xff\"}"),
	TEXT("{\"a\":\"\xc3\"}"),
	TEXT("\xef\xbb\xbf{}"),
	/* surrogates */
	TEXT("{\"a\":\"\\ud800\"}"),
	TEXT("{\"a\":\"\\udc00\"}"),
	TEXT("{\"a\":\"\\ud800\\ud800\"}"),
	TEXT("{\"a\":\"\\ud800x\"}"),
	TEXT("{\"a\":\"\\udc00\\ud800\"}"),
	TEXT("{\"\\ud800\":1}"),
	/* control characters and escapes */
	TEXT("{\"a\":\"\n\"}"),
	TEXT("{\"a\":\"\x01\"}"),
	TEXT("{\"a\t\":1}"),
	TEXT("{\"a\":\"\\x\"}"),
	TEXT("{\"a\":\"\\u12g4\"}"),
	TEXT("{\"a\":\"\\u12\"}"),
	TEXT("{\"a\":\"\\\"}"),
	TEXT("{\"a\":\"\\'\"}"),
	/* numbers */
	TEXT("{\"a\":NaN}"),
	TEXT("{\"a\":Infinity}"),
	TEXT("{\"a\":-Infinity}"),
	TEXT("{\"a\":1e400}"),
	TEXT("{\"a\":-1e309}"),
	TEXT("{\"a\":01}"),
	TEXT("{\"a\":-}"),
	TEXT("{\"a\":+1}"),
	TEXT("{\"a\":1.}"),
	TEXT("{\"a\":.5}"),
	TEXT("{\"a\":1e}"),
	TEXT("{\"a\":1e+}"),
	TEXT("{\"a\":0x10}"),
	TEXT("{\"a\":1_000}"),
	/* words and punctuation */
	TEXT("{\"a\":TRUE}"),
	TEXT("{\"a\":tru}"),
	TEXT("{\"a\":truex}"),
	TEXT("{\"a\":1,}"),
	TEXT("{,\"a\":1}"),
	TEXT("{\"a\":[1,]}"),
	TEXT("{\"a\":[,1]}"),
	TEXT("{\"a\":[1 2]}"),
	TEXT("{\"a\" 1}"),
	TEXT("{\"a\":}"),
	TEXT("{\"a\"}"),
	TEXT("{a:1}"),
	TEXT("{'a':1}"),
	TEXT("{\"a\":1}x"),
	TEXT("{}{}"),
	TEXT("{\"a\":/**/1}"),
	TEXT("{\"a\":[}]"),
	TEXT("{\"a\":1\f}"),
	/* unfinished, or no object */
	TEXT(""),
	TEXT(" "),
	TEXT("{"),
	TEXT("{\"a"),
	TEXT("{\"a\":\"b"),
	TEXT("{\"a\":[1"),
	TEXT("{\"a\":1"),
	TEXT("[]"),
	TEXT("[{}]"),
	TEXT("null"),
	TEXT("1"),
	TEXT("\"a\""),
};

/* On the heap and not terminated, so that the sanitizer sees a byte read behind the end. */
static bool
is_parsed(const struct text *t)
{
	char *copy = malloc(t->len + (t->len == 0));
	struct json_object *o;
	bool strict;

	memcpy(copy, t->p, t->len);
	strict = json_is_strict((struct str){ copy, t->len });
	o = json_parse_strict((struct str){ copy, t->len });
	assert_int_equal(strict, o != NULL);
	json_object_put(o);
	free(copy);
	return (strict);
}

static void
test_good(void **state)
{

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!is_parsed(&good[i]))
			fail_msg("refused: %s", good[i].p);
}

static void
test_bad(void **state)
{

	(void)state;
	assert_false(json_is_strict(STR_NONE));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (is_parsed(&bad[i]))
			fail_msg("accepted: %s", bad[i].p);
}

/* No beginning of a good text is good, but where only white space is missing. */
static void
test_truncated(void **state)
{
	struct text t = good[6];

	(void)state;
	while (t.len-- > 0)
		assert_false(is_parsed(&t));
}

static bool
is_nested_accepted(unsigned depth, char open, char close)
{
	char text[256];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	buf_puts(&b, "{\"a\":");
	for (unsigned i = 1; i < depth; i++)
		buf_puts(&b, open == '[' ? "[" : "{\"a\":");
	buf_puts(&b, "1");
	for (unsigned i = 1; i < depth; i++)
		buf_putc(&b, close);
	buf_putc(&b, '}');
	return (is_parsed(&(struct text){ b.p, b.len }));
}

static void
test_depth(void **state)
{

	(void)state;
	assert_true(is_nested_accepted(JSON_DEPTH_MAX, '[', ']'));
	assert_true(is_nested_accepted(JSON_DEPTH_MAX, '{', '}'));
	assert_false(is_nested_accepted(JSON_DEPTH_MAX + 1, '[', ']'));
	assert_false(is_nested_accepted(JSON_DEPTH_MAX + 1, '{', '}'));
}

static bool
is_wide_accepted(unsigned members)
{
	char text[JSON_MEMBERS_MAX * 16];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	for (unsigned i = 0; i < members; i++)
		buf_printf(&b, "%c\"n%u\":{}", i == 0 ? '{' : ',', i);
	buf_putc(&b, '}');
	assert_false(b.overflow);
	return (is_parsed(&(struct text){ b.p, b.len }));
}

static void
test_members(void **state)
{

	(void)state;
	assert_true(is_wide_accepted(JSON_MEMBERS_MAX));
	assert_false(is_wide_accepted(JSON_MEMBERS_MAX + 1));
}

static void
test_long_number(void **state)
{
	char text[1024] = "{\"a\":";

	(void)state;
	memset(text + 5, '0', 800);
	text[5] = '1';
	strcpy(text + 805, "}");
	assert_false(is_parsed(&(struct text){ text, 806 }));
}

static void
test_members_read(void **state)
{
	struct json_object *o = json_parse_strict(STR_LIT(
	    "{\"s\":\"t\xc3\xa9\",\"e\":\"\",\"n\":null,\"i\":7,\"f\":1.5,\"m\":-1,"
	    "\"max\":9007199254740992,\"over\":9007199254740993,\"huge\":99999999999999999999999,\"t\":true,\"a\":[\"s\"],"
	    "\"o\":{\"$ne\":1}}"));
	static const char *const no_string[] = { "n", "i", "f", "t", "a", "o" };
	static const char *const no_integer[] = { "n", "s", "f", "m", "over", "huge", "t", "a" };
	bool wrong = false;

	(void)state;
	assert_non_null(o);
	assert_true(str_is(json_string(o, "s", &wrong), "t\xc3\xa9"));
	assert_true(str_is(json_string(o, "e", &wrong), ""));
	assert_null(json_string(o, "absent", &wrong).p);
	assert_int_equal(json_integer(o, "i", 3, &wrong), 7);
	assert_true(json_integer(o, "max", 3, &wrong) == INT64_C(9007199254740992));
	assert_int_equal(json_integer(o, "absent", 3, &wrong), 3);
	assert_true(json_boolean(o, "t", false, &wrong));
	assert_true(json_boolean(o, "absent", true, &wrong));
	assert_false(wrong);
	for (size_t i = 0; i < sizeof(no_string) / sizeof(no_string[0]); i++, wrong = false) {
		assert_null(json_string(o, no_string[i], &wrong).p);
		assert_true(wrong);
	}
	for (size_t i = 0; i < sizeof(no_integer) / sizeof(no_integer[0]); i++, wrong = false) {
		assert_int_equal(json_integer(o, no_integer[i], 3, &wrong), 3);
		assert_true(wrong);
	}
	assert_false(json_boolean(o, "i", false, &wrong));
	assert_true(wrong);
	json_object_put(o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_long_number),
		cmocka_unit_test(test_members_read),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
