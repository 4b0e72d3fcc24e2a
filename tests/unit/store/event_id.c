/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "store/event_id.h"

static void
test_place(void **state)
{
	static const unsigned buckets[] = { 0, 1, 3, 4, 0x155, 0x2aa, 0x3fe, 0x3ff };
	static const int64_t times[] = { 0, 1, 1764115200, INT64_C(2147483648), UINT32_MAX };
	char id[EVENT_ID_LEN + 1], several[EVENT_ID_MAX + 1];
	unsigned bucket;
	int64_t at;

	(void)state;
	for (size_t i = 0; i < sizeof(buckets) / sizeof(buckets[0]); i++)
		for (size_t k = 0; k < sizeof(times) / sizeof(times[0]); k++) {
			assert_true(event_id_make(buckets[i], times[k], id));
			assert_true(event_id_parse(str_of(id), &bucket, &at));
			assert_int_equal(bucket, buckets[i]);
			assert_int_equal(at, times[k]);
			snprintf(several, sizeof(several), "%s.AAECAwQFBgc", id);
			assert_true(event_id_parse(str_of(several), &bucket, &at));
			assert_int_equal(bucket, buckets[i]);
		}
}

static void
test_unique(void **state)
{
	char one[EVENT_ID_LEN + 1], two[EVENT_ID_LEN + 1];

	(void)state;
	assert_true(event_id_make(5, 7, one) && event_id_make(5, 7, two));
	assert_string_not_equal(one, two);
}

static void
test_no_id(void **state)
{
	static const char *const rows[] = { "", ".", "10m", "AAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAB",
		"AAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAA.", "AAAAAAAAAAAAAAAAAAAAAA.x", "AAAAAAAAAAAAAAAAAAAAAA.2.3",
		"AAAAAAAAAAAAAAAAAAAAAA.2", "AAAAAAAAAAAAAAAAAAAAAA.99999999999", "AAAAAAAAAAAAAAAAAAAAA+",
		" AAAAAAAAAAAAAAAAAAAAAA" };
	unsigned bucket;
	int64_t at;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_false(event_id_parse(str_of(rows[i]), &bucket, &at));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_unique),
		cmocka_unit_test(test_no_id),
	};

	return (cmocka_run_group_tests_name("store/event_id", tests, NULL, NULL));
}
