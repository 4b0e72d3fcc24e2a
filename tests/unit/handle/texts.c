/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "handle/texts.h"

/* Every row in every language, no name twice, and a number wherever English has one. */
static void
complete(void **state)
{
	const char *name, *text, *english, *other;
	unsigned languages = 0;

	(void)state;
	while (texts_at(0, languages, &name, &text))
		languages++;
	assert_true(languages >= 3);
	for (size_t i = 0; texts_at(i, TEXTS_ENGLISH, &name, &english); i++)
		for (unsigned l = 0; l < languages; l++) {
			assert_true(texts_at(i, l, &other, &text));
			if (text == NULL || text[0] == '\0' || !str_is_utf8(str_of(text)))
				fail_msg("%s lacks language %u", name, l);
			if ((strchr(english, '#') == NULL) != (strchr(text, '#') == NULL))
				fail_msg("%s lacks its number in language %u", name, l);
			assert_ptr_equal(texts_find(l, str_of(name)).p, text); /* the first of its name */
			if (l > 0 && strcmp(text, english) == 0)
				fail_msg("%s is not translated into language %u", name, l);
		}
}

static void
language(void **state)
{

	(void)state;
	assert_string_equal(texts_find(texts_language(STR_NONE), STR_LIT("language")).p, "en");
	assert_string_equal(texts_find(texts_language(STR_LIT("zh-TW")), STR_LIT("language")).p, "zh");
	assert_string_equal(texts_find(texts_language(STR_LIT("de")), STR_LIT("language")).p, "de");
}

static void
waits(void **state)
{
	char room[TEXTS_NUMBER_MAX];

	(void)state;
	assert_string_equal(texts_wait(0, 1, room), "Too many failed attempts. Please try again in a second.");
	assert_string_equal(texts_wait(0, 2, room), "Too many failed attempts. Please try again in 2 seconds.");
	assert_string_equal(texts_wait(0, 119, room), "Too many failed attempts. Please try again in 119 seconds.");
	assert_string_equal(texts_wait(0, 121, room), "Too many failed attempts. Please try again in 3 minutes.");
	assert_string_equal(texts_wait(0, 86400, room), "Too many failed attempts. Please try again in 24 hours.");
	assert_string_equal(texts_wait(0, INT64_C(500000), room), "Too many failed attempts. Please try again in 139 hours.");
}

static void
ago(void **state)
{
	char room[TEXTS_NUMBER_MAX];

	(void)state;
	assert_string_equal(texts_ago(0, -5, room).p, "active just now");
	assert_string_equal(texts_ago(0, 119, room).p, "active just now");
	assert_string_equal(texts_ago(0, 179, room).p, "active 2 minutes ago");
	assert_string_equal(texts_ago(0, 7200, room).p, "active 2 hours ago");
	assert_string_equal(texts_ago(0, 86400 * 30, room).p, "active 30 days ago");
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(complete), cmocka_unit_test(language), cmocka_unit_test(waits),
		cmocka_unit_test(ago) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
