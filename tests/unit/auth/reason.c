/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/reason.h"
#include "doorward/session.h"

static void
good(void **state)
{
	static const char *const t[] = { "x", "lost device", "user", " padded ", "gestohlen: Gerät Ä", "设备遗失", "אבד",
		"می‌خواهم", "👩‍💻 left", "<b>&\"", "123456789012345678901234567890123456789012345678" };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (!reason_valid(str_of(t[i])))
			fail_msg("%s is refused", t[i]);
}

static void
bad(void **state)
{
	static const char *const t[] = { "", " ", "   ", "\xc2\xa0", " \xe3\x80\x80 ", "\xe2\x80\x83\xe2\x80\x89",
		"\xe2\xa0\x80", "\xe3\x85\xa4", "\xe2\x80\x8d",
		/* controls: C0, DEL, C1 */
		"a\tb", "a\nb", "\x1b[31m", "a\x7f", "a\xc2\x80",
		"a\xc2\x9b"
		"31m",
		"a\xc2\x85",
		/* bidirectional: marks, embeddings, overrides, isolates */
		"a\xd8\x9c", "a\xe2\x80\x8e", "a\xe2\x80\x8f", "a\xe2\x80\xaa", "a\xe2\x80\xab", "a\xe2\x80\xac",
		"a\xe2\x80\xad", "a\xe2\x80\xae", "a\xe2\x81\xa6", "a\xe2\x81\xa7", "a\xe2\x81\xa8", "a\xe2\x81\xa9",
		/* lines, zero width, tags */
		"a\xe2\x80\xa8", "a\xe2\x80\xa9", "a\xe2\x80\x8b", "a\xef\xbb\xbf", "a\xc2\xad", "a\xf3\xa0\x81\x81",
		"a\xe1\xa0\x8e",
		/* no UTF-8 */
		"a\x80", "a\xc0\x80", "a\xed\xa0\x80", "a\xf4\x90\x80\x80", "a\xe2\x80",
		"1234567890123456789012345678901234567890123456789" };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (reason_valid(str_of(t[i])))
			fail_msg("row %zu passes", i);
	assert_false(reason_valid((struct str){ "a\0b", 3 }));
	assert_false(reason_valid(STR_NONE));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(good), cmocka_unit_test(bad) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
