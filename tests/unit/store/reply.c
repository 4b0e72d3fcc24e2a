/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <hiredis/hiredis.h>

#include "store/args.h"
#include "store/reply.h"

static redisReply text = { .type = REDIS_REPLY_STRING, .str = "abc", .len = 3 };
static redisReply nil = { .type = REDIS_REPLY_NIL };
static redisReply number = { .type = REDIS_REPLY_INTEGER, .integer = -7 };
static redisReply status = { .type = REDIS_REPLY_STATUS, .str = "OK", .len = 2 };
static redisReply *elements[] = { &text, &nil, &number, &status };
static redisReply array = { .type = REDIS_REPLY_ARRAY, .elements = 4, .element = elements };

static void
test_order(void **state)
{
	struct reply p = reply_open(&array, 4);
	char out[4];

	(void)state;
	reply_text(&p, out, sizeof(out));
	assert_string_equal(out, "abc");
	assert_null(reply_str(&p).p);
	assert_int_equal(reply_int(&p), -7);
	assert_int_equal(reply_left(&p), 1);
	assert_false(p.bad);
	assert_null(reply_str(&p).p); /* a status is no string of ours */
	assert_true(p.bad);
	assert_int_equal(reply_left(&p), 0);
}

static void
test_bad(void **state)
{
	struct reply p;
	char out[3];

	(void)state;
	assert_true(reply_open(NULL, 0).bad);
	assert_true(reply_open(&text, 0).bad);
	assert_true(reply_open(&array, 5).bad);
	p = reply_open(&array, 0);
	reply_text(&p, out, sizeof(out)); /* one byte too long */
	assert_true(p.bad);
	p = reply_open(&array, 0);
	assert_int_equal(reply_int(&p), 0);
	assert_true(p.bad);
	p = reply_open(&array, 0);
	for (int i = 0; i < 3; i++)
		p.at++;
	p.at++;
	assert_null(reply_str(&p).p); /* past the end */
	assert_true(p.bad);
}

static void
test_args(void **state)
{
	static char big[ARGS_MEM];
	struct args a;

	(void)state;
	args_init(&a, "HMGET");
	args_text(&a, NULL);
	args_int(&a, -12);
	args_json(&a, "a\"b\r");
	args_json(&a, "\xff");
	args_json(&a, "");
	assert_int_equal(a.n, 6);
	assert_int_equal(a.len[1], 0);
	assert_string_equal(a.v[2], "-12");
	assert_string_equal(a.v[3], "\"a\\\"b\\u000d\"");
	assert_string_equal(a.v[4], "null");
	assert_string_equal(a.v[5], "null");
	assert_false(a.overflow);
	args_copy(&a, big, sizeof(big));
	assert_true(a.overflow);
	args_init(&a, "X");
	for (int i = 0; i < ARGS_MAX; i++)
		args_put(&a, "", 0);
	assert_true(a.overflow);
	assert_int_equal(a.n, ARGS_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_order), cmocka_unit_test(test_bad),
		cmocka_unit_test(test_args) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
