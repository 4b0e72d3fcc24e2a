/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "userdb/ldap_filter.h"

static void
faults(void **state)
{
	static const struct {
		const char *text, *places;
		bool good;
	} t[] = {
		{ "(uid=%u)", "u", true },
		{ "(&(objectClass=person)(uid=%u))", "u", true },
		{ "(&(a=\\28)(uid=%u))", "u", true },
		{ "(|(uid=%u)(mail=%u))", "u", true },
		{ "(&(a=50%%)(uid=%u))", "u", true },
		{ "(member=%d)", "ud", true },
		{ "(memberUid=%u)", "ud", true },
		{ "(|(memberUid=%u)(member=%d))", "ud", true },
		{ "", "u", false },
		{ "uid=%u", "u", false },
		{ "(uid=*)", "u", false },
		{ "(a=50%%)", "u", false },
		{ "(member=%d)", "u", false },
		{ "(uid=%s)", "u", false },
		{ "(uid=%u)%", "u", false },
		{ "(uid=%", "u", false },
		{ "(uid=%u", "u", false },
		{ "(uid=%u))", "u", false },
		{ "(uid=%u)(a=b)", "u", false },
		{ "(uid=%u))((a=b)", "u", false },
		{ "(a=b)", "ud", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_int_equal(ldap_filter_fault(t[i].text, t[i].places) == NULL, t[i].good);
}

static void
made(void **state)
{
	static const struct {
		const char *text, *user, *dn, *filter;
	} t[] = {
		{ "(uid=%u)", "alice", "", "(uid=alice)" },
		{ "(uid=%u)", "*", "", "(uid=\\2a)" },
		{ "(uid=%u)", ")(uid=*", "", "(uid=\\29\\28uid=\\2a)" },
		{ "(uid=%u)", "a\\2a", "", "(uid=a\\5c2a)" },
		{ "(uid=%u)", "a&b|!c", "", "(uid=a\\26b\\7c\\21c)" },
		{ "(uid=%u)", "zo\xc3\xab", "", "(uid=zo\\c3\\ab)" },
		{ "(uid=%u)", "\x01\x7f", "", "(uid=\\01\\7f)" },
		{ "(uid=%u)", "%u %d %%", "dn", "(uid=\\25u \\25d \\25\\25)" },
		{ "(&(a=5%%)(uid=%u))", "x", "", "(&(a=5%)(uid=x))" },
		{ "(|(memberUid=%u)(member=%d))", "a", "uid=a,o=x", "(|(memberUid=a)(member=uid=a,o=x))" },
		{ "(member=%d)", "a", "cn=the \\28odd\\29 *,o=x", "(member=cn=the \\5c28odd\\5c29 \\2a,o=x)" },
		{ "(uid=%u)", "", "", "(uid=)" },
	};
	char out[LDAP_FILTER_MAX], longer[LDAP_FILTER_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_true(ldap_filter_make(t[i].text, t[i].user, t[i].dn, out));
		assert_string_equal(out, t[i].filter);
	}
	memset(longer, '*', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	assert_false(ldap_filter_make("(member=%d)", "", longer, out));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faults),
		cmocka_unit_test(made),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
