/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/print.h"

static void
times(void **state)
{
	char at[TIME_LEN];

	(void)state;
	assert_string_equal(print_time(0, at), "-");
	assert_string_equal(print_time(951782400, at), "2000-02-29T00:00:00Z");
	assert_string_equal(print_time(INT64_C(253402300799), at), "9999-12-31T23:59:59Z");
}

static void
accounts(void **state)
{
	struct account a = {
		.id = "AAAAAAAAAAAAAAAAAAAAAA", .name = "a\"b", .groups = "admins,users", .hash = "secret", .created = 951782400
	};
	char text[ACCOUNT_TEXT_MAX];
	struct buf b;

	(void)state;
	buf_init(&b, text, sizeof(text));
	print_account_json(&b, &a);
	assert_string_equal(text,
	    "{\"user_id\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"username\":\"a\\\"b\",\"groups\":[\"admins\",\"users\"],"
	    "\"disabled\":false,\"conflict\":false,\"created_at\":\"2000-02-29T00:00:00Z\"}");
	a.groups[0] = '\0';
	a.disabled = a.conflict = true;
	a.created = 0; /* of a database that does not know it */
	buf_init(&b, text, sizeof(text));
	print_account_json(&b, &a);
	assert_non_null(strstr(text, "\"groups\":[],\"disabled\":true,\"conflict\":true,\"created_at\":null}"));
	/* The longest of everything, every byte of it escaped, is a whole object. */
	a.created = 951782400;
	memset(a.name, 1, sizeof(a.name) - 1);
	memset(a.groups, 'g', sizeof(a.groups) - 1);
	buf_init(&b, text, sizeof(text));
	print_account_json(&b, &a);
	assert_false(b.overflow);
}

/* Texts are written in pieces: a character or what a terminal would obey must not come through at a seam. */
static void
shown_at_every_seam(void **state)
{
	static const char *const parts[] = { "\xe2\x82\xac", "\xc2\x9b", "\x1b[31m", "\xf0\x9f\x98\x80" };
	static const char *const shown[] = { "\xe2\x82\xac", "\\u009b", "\\u001b[31m", "\xf0\x9f\x98\x80" };
	char in[2048], expected[2048], *out;
	size_t len;

	(void)state;
	for (size_t k = 0; k < sizeof(parts) / sizeof(parts[0]); k++)
		for (size_t before = 1000; before < 1040; before++) {
			FILE *to = open_memstream(&out, &len);

			assert_non_null(to);
			memset(in, 'x', before);
			snprintf(in + before, sizeof(in) - before, "%s.", parts[k]);
			memset(expected, 'x', before);
			snprintf(expected + before, sizeof(expected) - before, "%s.", shown[k]);
			print_shown(to, str_of(in));
			assert_int_equal(fclose(to), 0);
			assert_string_equal(out, expected);
			free(out);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times),
		cmocka_unit_test(accounts),
		cmocka_unit_test(shown_at_every_seam),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
