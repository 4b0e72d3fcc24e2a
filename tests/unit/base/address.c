/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/address.h"

static void
test_one_spelling(void **state)
{
	static const struct {
		const char *text, *written; /* NULL = it is none */
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "::ffff:c000:201", "192.0.2.1" },
		{ "2001:DB8:0:0::1", "2001:db8::1" },
		{ "::1", "::1" },
		{ "::192.0.2.1", "::192.0.2.1" },
		{ "", NULL },
		{ "192.0.2", NULL },
		{ "192.0.2.1:80", NULL },
		{ "[::1]", NULL },
		{ "unix:", NULL },
		{ "192.0.2.1 ", NULL },
		{ "0000:0000:0000:0000:0000:0000:0000:0000:0000:0001", NULL },
	};
	char out[ADDRESS_MAX + 1];
	struct address a;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(address_parse(str_of(rows[i].text), &a), rows[i].written != NULL);
		if (rows[i].written == NULL)
			continue;
		address_write(&a, out);
		assert_string_equal(out, rows[i].written);
	}
}

static void
test_lists(void **state)
{
	static const struct {
		char *prefix;
		const char *in, *out;
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1", "192.0.2.2" },
		{ "10.0.0.0/8", "10.255.0.1", "11.0.0.1" },
		{ "192.0.2.128/25", "::ffff:192.0.2.129", "192.0.2.127" },
		{ "::ffff:192.0.2.0/120", "192.0.2.77", "192.0.3.1" },
		{ "fd00::/8", "fdab::1", "fe00::1" },
		{ "2001:db8::/63", "2001:db8:0:1::1", "2001:db8:0:2::1" },
		{ "0.0.0.0/0", "8.8.8.8", "::1" },
		{ "unix:", NULL, "192.0.2.1" },
		{ "192.0.2.1/33", NULL, "192.0.2.1" },
	};
	struct address a;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *list[] = { "203.0.113.1", rows[i].prefix, NULL };

		if (rows[i].in != NULL) {
			assert_true(address_parse(str_of(rows[i].in), &a));
			assert_true(address_is_listed(list, &a));
		}
		assert_true(address_parse(str_of(rows[i].out), &a));
		assert_false(address_is_listed(list, &a));
	}
	assert_false(address_is_listed(NULL, &a));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_spelling),
		cmocka_unit_test(test_lists),
	};

	return (cmocka_run_group_tests_name("addresses", tests, NULL, NULL));
}
