/* SPDX-License-Identifier: ISC */
/* Ids of entries, and what is taken for an entry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include <cmocka.h>

#include "store/stream.h"

#define MOST UINT64_MAX

/* An entry with the text ${id} and one field "e" of ${value}. */
static bool
read_entry(const char *id, const char *value, struct stream_id *out, struct str *text)
{
	redisReply name = { .type = REDIS_REPLY_STRING, .str = (char[]){ "e" }, .len = 1 };
	redisReply what = { .type = REDIS_REPLY_STRING, .str = strdupa(value), .len = strlen(value) };
	redisReply fields = { .type = REDIS_REPLY_ARRAY, .elements = 2, .element = (redisReply *[]){ &name, &what } };
	redisReply at = { .type = REDIS_REPLY_STRING, .str = strdupa(id), .len = strlen(id) };
	redisReply entry = { .type = REDIS_REPLY_ARRAY, .elements = 2, .element = (redisReply *[]){ &at, &fields } };
	const redisReply *got = stream_entry(&entry, out);

	if (got != NULL)
		*text = stream_field(got, "e");
	return (got != NULL);
}

static void
test_entries(void **state)
{
	static const char *const wrong[] = { "", "-", "1", "1-", "-1", "1-2-3", "1-x", " 1-2", "18446744073709551616-0",
		"1--2" };
	redisReply nil = { .type = REDIS_REPLY_NIL };
	struct stream_id id;
	struct str text;

	(void)state;
	assert_true(read_entry("1700000000000-18446744073709551615", "{}", &id, &text));
	assert_true(id.ms == 1700000000000 && id.seq == MOST && str_is(text, "{}"));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (read_entry(wrong[i], "{}", &id, &text))
			fail_msg("accepted: %s", wrong[i]);
	assert_null(stream_entry(&nil, &id));
	assert_null(stream_field(&nil, "e").p); /* of an entry that was taken away */
}

static void
test_ids(void **state)
{
	struct stream_id a = { 5, 0 }, b = { 5, 1 }, c = { 6, 0 };
	struct args args;

	(void)state;
	assert_true(stream_id_compare(&a, &b) < 0 && stream_id_compare(&c, &b) > 0 && stream_id_compare(&a, &a) == 0);
	b = stream_id_before(b);
	assert_int_equal(stream_id_compare(&a, &b), 0);
	a = stream_id_before(a);
	assert_true(a.ms == 4 && a.seq == MOST);
	a = stream_id_before((struct stream_id){ 0, 0 });
	assert_true(a.ms == 0 && a.seq == 0);
	args_init(&args, "XRANGE");
	stream_id_put(&args, "(", (struct stream_id){ MOST, MOST });
	assert_true(str_is((struct str){ args.v[1], args.len[1] }, "(18446744073709551615-18446744073709551615"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_entries), cmocka_unit_test(test_ids) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
