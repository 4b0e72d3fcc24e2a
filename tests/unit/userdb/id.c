/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "doorward/userdb.h"

/* printf %s DRIVER:TEXT | openssl dgst -sha256 -binary | head -c 16 | basenc --base64url */
static void
digests(void **state)
{
	char id[USER_ID_MAX + 1];

	(void)state;
	userdb_id_of_name("htpasswd", str_of("alice"), id);
	assert_string_equal(id, "kZSlKBm_4w2A7J3wZj0Idw");
	userdb_id_of_name("pam", str_of("alice"), id);
	assert_string_equal(id, "sjclnAIIgUnG69zaMWU5GA");
	userdb_id("postgresql", str_of("0b0a9f0e-5d0c-4c1b-9a53-7a8f7b5d2f10"), id);
	assert_string_equal(id, "cx_pDIxh-WUXjo81p8RRQw");
}

static void
own_ids_that_fit_stay(void **state)
{
	static const char *const stay[] = { "1", "42", "AZaz09-_", "0123456789012345678901" };
	static const char *const go[] = { "", "01234567890123456789012", "a b", "a/b", "a+b", "a=", "\303\244" };
	char id[USER_ID_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(stay) / sizeof(stay[0]); i++) {
		userdb_id("postgresql", str_of(stay[i]), id);
		assert_string_equal(id, stay[i]);
	}
	for (size_t i = 0; i < sizeof(go) / sizeof(go[0]); i++) {
		userdb_id("postgresql", str_of(go[i]), id);
		assert_int_equal(strlen(id), USER_ID_MAX);
		assert_string_not_equal(id, go[i]);
	}
	userdb_id("postgresql", (struct str){ "a\0b", 3 }, id);
	assert_int_equal(strlen(id), USER_ID_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests),
		cmocka_unit_test(own_ids_that_fit_stay),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
