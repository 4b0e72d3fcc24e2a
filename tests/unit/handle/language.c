/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "handle/language.h"

static const char *const tags[] = { "en", "de", "zh" };

static void
expect(const char *accept, const char *want)
{
	const char *got = tags[language_choose(str_of(accept), tags, 3)];

	if (strcmp(got, want) != 0)
		fail_msg("\"%s\" is answered in %s, not in %s", accept == NULL ? "(none)" : accept, got, want);
}

/* RFC 9110 section 12.5.4, and Lookup of RFC 4647. */
static void
chosen(void **state)
{

	(void)state;
	expect("de", "de");
	expect("DE-de", "de");
	expect("zh-Hans-CN,zh;q=0.9,en;q=0.8", "zh");
	expect("de;q=0.5,zh;q=0.9,en;q=0.7", "zh");
	expect("de-AT;q=0.3, de;q=0.9, en;q=0.8", "de");
	expect("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", "en");
	expect("fr, de;q=0.001", "de");
	expect("zh;q=0.8, de;q=0.8", "zh"); /* of equals, the first */
	expect(" de ;q=0.1 ,\tzh ; Q=1.000 ", "zh");
	expect("en;q=0, *", "de");
	expect("en;q=0, de;q=0, *;q=0.1", "zh");
	expect("de;q=0, de-DE, en;q=0.1", "en");
	expect("*;q=0.5, zh;q=0.6", "zh");
	expect("*, zh;q=0.6", "en"); /* anything else is liked better */
}

static void
none_of_ours(void **state)
{

	(void)state;
	expect(NULL, "en");
	expect("", "en");
	expect("fr, nl;q=0.5", "en");
	expect("*", "en");
	expect("*;q=0", "en");
	expect("en;q=0, de;q=0", "en"); /* something has to be said */
	expect("deutsch", "en");
	expect("de_DE", "en");
	expect("den-DE, enm", "en");
}

/* What is malformed is passed over, and nothing else is. */
static void
malformed(void **state)
{
	static char flood[8192];

	(void)state;
	expect("de;q=2, zh;q=0.1", "zh");
	expect("de;q=1.1, zh;q=0.1", "zh");
	expect("de;q=0.1234, zh;q=0.1", "zh");
	expect("de;q=, zh;q=0.1", "zh");
	expect("de;q=-1, zh;q=0.1", "zh");
	expect("de;q=0x, zh;q=0.1", "zh");
	expect("de;level=1, zh;q=0.1", "zh");
	expect(",,;,;q=1,=,zh", "zh");
	expect("-de, -, zh;q=0.1", "zh");
	memset(flood, ',', sizeof(flood) - 1);
	expect(flood, "en");
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(chosen), cmocka_unit_test(none_of_ours),
		cmocka_unit_test(malformed) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
