/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "http/body.h"

/* A peer that sends ${text} in pieces of ${piece} bytes and then ends, or fails. */
struct peer {
	struct str text;
	size_t piece, taken;
	bool fails;
};

static char block[256 * 1024], large[BODY_MAX + 64];
static struct arena arena;

static ssize_t
give(void *ctx, char *p, size_t n)
{
	struct peer *from = ctx;
	size_t left = from->text.len - from->taken;

	if (left == 0)
		return (from->fails ? -1 : 0);
	if (n > from->piece)
		n = from->piece;
	if (n > left)
		n = left;
	memcpy(p, from->text.p + from->taken, n);
	from->taken += n;
	return ((ssize_t)n);
}

static enum body_verdict
read_text(struct request *r, const char *type, struct str text, size_t piece)
{
	struct peer peer = { .text = text, .piece = piece };

	arena_init(&arena, block, sizeof(block));
	memset(r, 0, sizeof(*r));
	r->arena = &arena;
	r->content_type = str_of(type);
	r->has_length = true;
	r->length = text.len;
	return (body_read(r, give, &peer));
}

static void
content_types(void **state)
{
	static const struct {
		const char *type;
		enum body_verdict verdict;
		bool form;
	} t[] = {
		{ "application/json", BODY_OK, false },
		{ "APPLICATION/Json", BODY_OK, false },
		{ " application/json ", BODY_OK, false },
		{ "application/json;charset=utf-8", BODY_OK, false },
		{ "application/json; charset=UTF-8", BODY_OK, false },
		{ "application/json ; charset=\"utf-8\"", BODY_OK, false },
		{ "application/json;", BODY_OK, false },
		{ "application/json; charset=iso-8859-1", BODY_BAD_TYPE, false },
		{ "application/json; charset=utf-16", BODY_BAD_TYPE, false },
		{ "application/json; charset", BODY_BAD_TYPE, false },
		{ "application/json; boundary=x", BODY_BAD_TYPE, false },
		{ "application/json, text/plain", BODY_BAD_TYPE, false },
		{ "application/jsonx", BODY_BAD_TYPE, false },
		{ "application/jso", BODY_BAD_TYPE, false },
		{ "application/problem+json", BODY_BAD_TYPE, false },
		{ "application/x-json", BODY_BAD_TYPE, false },
		{ "text/json", BODY_BAD_TYPE, false },
		/* What a page of another site can send without asking (R013). */
		{ "text/plain", BODY_BAD_TYPE, false },
		{ "text/plain; application/json", BODY_BAD_TYPE, false },
		{ "multipart/form-data; boundary=x", BODY_BAD_TYPE, false },
		{ "", BODY_BAD_TYPE, false },
		{ NULL, BODY_BAD_TYPE, false },
		{ ";", BODY_BAD_TYPE, false },
		{ "; charset=utf-8", BODY_BAD_TYPE, false },
		{ "application/xml", BODY_BAD_TYPE, false },
		{ "application/octet-stream", BODY_BAD_TYPE, false },
		{ "application/x-www-form-urlencoded", BODY_OK, true },
		{ "application/x-www-form-urlencoded; charset=utf-8", BODY_OK, true },
		{ "application/x-www-form-urlencoded; charset=latin1", BODY_BAD_TYPE, false },
		{ "application/x-www-form-urlencode", BODY_BAD_TYPE, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct request r;
		enum body_verdict v = read_text(&r, t[i].type, t[i].form ? STR_LIT("a=b") : STR_LIT("{\"a\":\"b\"}"), 64);

		if (v != t[i].verdict)
			fail_msg("\"%s\": %d", t[i].type, (int)v);
		assert_int_equal(r.has_body, v == BODY_OK);
		if (v != BODY_OK)
			continue;
		assert_int_equal(r.is_form, t[i].form);
		assert_int_equal(r.n_fields, 1);
		assert_true(str_is(r.fields[0].name, "a") && str_is(r.fields[0].value, "b"));
	}
}

static void
lengths(void **state)
{
	static const struct {
		bool has;
		uint64_t said;
		const char *sent;
		bool fails;
		enum body_verdict verdict;
	} t[] = {
		{ true, 3, "a=b", false, BODY_OK }, { true, 2, "a=b", false, BODY_CUT }, { true, 4, "a=b", false, BODY_CUT },
		{ true, 1000, "a=b", false, BODY_CUT }, { true, 0, "a=b", false, BODY_CUT }, { true, 3, "", false, BODY_CUT },
		{ true, 0, "", false, BODY_OK }, { false, 0, "", false, BODY_OK },
		{ false, 0, "a=b", false, BODY_OK }, /* chunked: its end is the carrier's word */
		{ false, 0, "a=", true, BODY_CUT }, { true, 3, "a=b", true, BODY_CUT }, { true, 3, "a=", true, BODY_CUT },
		{ false, 0, "", true, BODY_CUT }, { true, BODY_MAX + 1, "a=b", false, BODY_TOO_LARGE },
		{ true, UINT64_MAX - 1, "a=b", false, BODY_TOO_LARGE },
		{ true, UINT64_MAX, "a=b", false, BODY_MALFORMED }, /* what was no number */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct request r = { .content_type = STR_LIT("application/x-www-form-urlencoded"),
			.has_length = t[i].has,
			.length = t[i].said,
			.arena = &arena };
		struct peer peer = { .text = str_of(t[i].sent), .piece = 2, .fails = t[i].fails };
		enum body_verdict v;

		arena_init(&arena, block, sizeof(block));
		if ((v = body_read(&r, give, &peer)) != t[i].verdict)
			fail_msg("row %zu: %d", i, (int)v);
		assert_int_equal(r.has_body, v == BODY_OK && t[i].sent[0] != '\0');
		/* A body that is too large by its own word is not even begun. */
		assert_true(v != BODY_TOO_LARGE || peer.taken == 0);
	}
}

static void
limit(void **state)
{
	static const size_t pieces[] = { 1, 4096, 16383, 65536 };
	struct request r;

	(void)state;
	assert_int_equal(BODY_MAX, 16384);
	memset(large, 'x', sizeof(large));
	large[0] = 'n';
	large[1] = '=';
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct peer peer = { .text = { large, BODY_MAX + 1 }, .piece = pieces[i] };

		assert_int_equal(
		    read_text(&r, "application/x-www-form-urlencoded", (struct str){ large, 16384 }, pieces[i]), BODY_OK);
		assert_int_equal(r.fields[0].value.len, 16382);
		assert_int_equal(read_text(&r, "application/x-www-form-urlencoded", (struct str){ large, 16385 }, pieces[i]),
		    BODY_TOO_LARGE);
		/* The same where no length, or a false one, was said. */
		r = (struct request){ .content_type = STR_LIT("application/json"), .arena = &arena };
		arena_init(&arena, block, sizeof(block));
		assert_int_equal(body_read(&r, give, &peer), BODY_TOO_LARGE);
		r = (struct request){
			.content_type = STR_LIT("application/json"), .arena = &arena, .has_length = true, .length = 10
		};
		arena_init(&arena, block, sizeof(block));
		peer.taken = 0;
		assert_int_equal(body_read(&r, give, &peer), BODY_TOO_LARGE);
		assert_int_equal(peer.taken, BODY_MAX + 1); /* and not one byte more */
	}
}

/* No body is no error, whatever type it would have had. */
static void
absent(void **state)
{
	static const char *const types[] = { NULL, "", "text/plain", "application/json", "application/x-www-form-urlencoded",
		"multipart/form-data" };

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct request r;

		assert_int_equal(read_text(&r, types[i], STR_LIT(""), 1), BODY_OK);
		assert_false(r.has_body);
		assert_int_equal(r.n_fields, 0);
	}
}

static void
json(void **state)
{
	static const struct {
		struct str text;
		bool good;
	} t[] = {
		{ STR_LIT("{}"), true },
		{ STR_LIT(" {\"a\": 1 } \r\n\t"), true },
		{ STR_LIT("{\"a\":\"\\u00e9\\n\"}"), true },
		{ STR_LIT("{\"a\":1,\"a\":2}"), false },
		{ STR_LIT("{\"a\":1,\"\\u0061\":2}"), false },
		{ STR_LIT("{\"u\\u0000x\":1}"), false },
		{ STR_LIT("{\"a\":\"x\\u0000\"}"), false },
		{ STR_LIT("{\"a\":\"x\0y\"}"), false },
		{ STR_LIT("{\"a\":1}\0"), false },
		{ STR_LIT("{\"a\":1}{}"), false },
		{ STR_LIT("{\"a\":1},"), false },
		{ STR_LIT("{\"a\":1,}"), false },
		{ STR_LIT("{'a':1}"), false },
		{ STR_LIT("{a:1}"), false },
		{ STR_LIT("{\"a\":NaN}"), false },
		{ STR_LIT("{\"a\":-Infinity}"), false },
		{ STR_LIT("{\"a\":1e400}"), false },
		{ STR_LIT("{\"a\":01}"), false },
		{ STR_LIT("{\"a\":TRUE}"), false },
		{ STR_LIT("{\"a\":\"\xc0\xaf\"}"), false },
		{ STR_LIT("{\"a\":\"\xed\xa0\x80\"}"), false },
		{ STR_LIT("{\"a\":\"\\ud800\"}"), false },
		{ STR_LIT("{\"a\":\"\n\"}"), false },
		{ STR_LIT("{\"a\":\"x"), false },
		{ STR_LIT("{\"a\":1/**/}"), false },
		{ STR_LIT("[]"), false },
		{ STR_LIT("\"a\""), false },
		{ STR_LIT("null"), false },
		{ STR_LIT("1"), false },
		{ STR_LIT(" "), false },
		{ STR_LIT("\xef\xbb\xbf{}"), false },
		{ STR_LIT("{\"a\":[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]}"), true },    /* 16 deep */
		{ STR_LIT("{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}"), false }, /* 17 */
		{ STR_LIT("a=b"), false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct request r;
		enum body_verdict v = read_text(&r, "application/json", t[i].text, 3);

		if (v != (t[i].good ? BODY_OK : BODY_MALFORMED))
			fail_msg("%.*s: %d", (int)t[i].text.len, t[i].text.p, (int)v);
	}
}

/* Wrong types are kept apart, never coerced (R015). */
static void
json_types(void **state)
{
	static const char text[] = "{\"s\":\"t\\u00e9xt\",\"e\":\"\",\"y\":true,\"f\":false,"
				   "\"n\":null,\"i\":42,\"m\":-7,\"d\":1.5,\"a\":[\"x\"],"
				   "\"o\":{\"$ne\":1},\"big\":123456789012345678901234567890}";
	struct request r;

	(void)state;
	assert_int_equal(read_text(&r, "application/json", STR_LIT(text), 1), BODY_OK);
	assert_int_equal(r.n_fields, 11);
	assert_int_equal(request_field(&r, "s")->type, FIELD_STRING);
	assert_true(str_is(request_field(&r, "s")->value, "t\xc3\xa9xt"));
	assert_int_equal(request_field(&r, "s")->value.p[5], '\0');
	assert_int_equal(request_field(&r, "e")->type, FIELD_STRING);
	assert_non_null(request_field(&r, "e")->value.p);
	assert_int_equal(request_field(&r, "e")->value.len, 0);
	assert_true(request_field(&r, "y")->type == FIELD_BOOL && request_field(&r, "y")->truth);
	assert_true(request_field(&r, "f")->type == FIELD_BOOL && !request_field(&r, "f")->truth);
	assert_int_equal(request_field(&r, "n")->type, FIELD_NULL);
	assert_true(request_field(&r, "i")->type == FIELD_NUMBER && request_field(&r, "i")->number == 42);
	assert_int_equal(request_field(&r, "m")->type, FIELD_NUMBER);
	assert_int_not_equal(request_field(&r, "d")->type, FIELD_STRING);
	assert_int_equal(request_field(&r, "d")->number, -1);
	assert_int_equal(request_field(&r, "a")->type, FIELD_OTHER);
	assert_int_equal(request_field(&r, "o")->type, FIELD_OTHER);
	assert_null(request_field(&r, "S"));
	assert_null(request_field(&r, ""));
	assert_null(request_field(&r, "ss"));
}

static void
forms(void **state)
{
	struct request r;

	(void)state;
	assert_int_equal(
	    read_text(&r, "application/x-www-form-urlencoded", STR_LIT("username=a&username=b"), 5), BODY_MALFORMED);
	assert_int_equal(read_text(&r, "application/x-www-form-urlencoded", STR_LIT("a=%00"), 5), BODY_MALFORMED);
	assert_int_equal(read_text(&r, "application/x-www-form-urlencoded", STR_LIT("a=\0"), 5), BODY_MALFORMED);
	assert_int_equal(read_text(&r, "application/x-www-form-urlencoded", STR_LIT("a=\xff"), 5), BODY_MALFORMED);
	assert_int_equal(read_text(&r, "application/x-www-form-urlencoded", STR_LIT("{\"a\":1}"), 5), BODY_OK);
	assert_true(r.is_form); /* odd, but a form: one member of a strange name */
}

/* The arena is too small: refused, never half parsed. */
static void
no_room(void **state)
{
	static const char text[] = "{\"a\":\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\",\"c\":\"dddddddddddddddddd\"}";
	int good = 0;

	(void)state;
	for (size_t size = 0; size < BODY_MAX + 1024; size += 16) {
		struct request r = { .content_type = STR_LIT("application/json"),
			.has_length = true,
			.length = sizeof(text) - 1,
			.arena = &arena };
		struct peer peer = { .text = STR_LIT(text), .piece = 100 };

		arena_init(&arena, block, size);
		good += body_read(&r, give, &peer) == BODY_OK;
		assert_true(good == 0 || r.n_fields == 2);
	}
	assert_true(good > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(content_types),
		cmocka_unit_test(lengths),
		cmocka_unit_test(limit),
		cmocka_unit_test(absent),
		cmocka_unit_test(json),
		cmocka_unit_test(json_types),
		cmocka_unit_test(forms),
		cmocka_unit_test(no_room),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
