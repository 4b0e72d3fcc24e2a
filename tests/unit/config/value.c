/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "config/value.h"
#include "doorward/config.h"

#define HINT "a duration is a number with a unit, ms, s, m, h or d, as in \"30s\""

static const struct {
	const char *text;
	int64_t ms; /* -1: refused */
	const char *why;
} durations[] = {
	{ "100ms", 100, NULL },
	{ "5s", 5000, NULL },
	{ "30m", 1800000, NULL },
	{ "12h", 43200000, NULL },
	{ "7d", 604800000, NULL },
	{ "0s", 0, NULL },
	{ "007s", 7000, NULL },
	{ "30", -1, "\"30\" has no unit: " HINT },
	{ "", -1, "\"\" has no number: " HINT },
	{ "s", -1, "\"s\" has no number: " HINT },
	{ "-5s", -1, "\"-5s\" has no number: " HINT },
	{ "5 s", -1, "\"5 s\" has an unknown unit: " HINT },
	{ "5S", -1, "\"5S\" has an unknown unit: " HINT },
	{ "5ss", -1, "\"5ss\" has an unknown unit: " HINT },
	{ "1.5s", -1, "\"1.5s\" has an unknown unit: " HINT },
	{ "1h30m", -1, "\"1h30m\" has an unknown unit: " HINT },
	{ "11d", -1, "\"11d\" is out of range, 0s to 10d is allowed" },
	{ "99999999999999999999999s", -1, "\"99999999999999999999999s\" is out of range, 0s to 10d is allowed" },
	{ "9223372036854775807d", -1, "\"9223372036854775807d\" is out of range, 0s to 10d is allowed" },
	{ "213503982335d", -1, "\"213503982335d\" is out of range, 0s to 10d is allowed" },
};

static void
test_duration(void **state)
{
	const struct option o = { .type = OPTION_DURATION, .max = 864000000 };
	char why[256];

	(void)state;
	for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
		int64_t ms = -1;

		assert_int_equal(value_from_text(&o, durations[i].text, &ms, why, sizeof(why)), durations[i].ms >= 0);
		assert_int_equal(ms, durations[i].ms);
		if (durations[i].ms < 0)
			assert_string_equal(why, durations[i].why);
	}
}

/* Sessions are counted in seconds: a fraction would be lost in silence. */
static void
test_lifetime(void **state)
{
	const struct option o = { .type = OPTION_LIFETIME, .max = 864000000 };
	int64_t ms = -1;
	char why[256];

	(void)state;
	assert_false(value_from_text(&o, "1500ms", &ms, why, sizeof(why)));
	assert_string_equal(why, "\"1500ms\" is not a whole number of seconds");
	assert_true(value_from_text(&o, "2000ms", &ms, why, sizeof(why)));
	assert_int_equal(ms, 2000);
}

static void
test_duration_text(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = { { 0, "0s" }, { 1, "1ms" }, { 1000, "1s" }, { 90000, "90s" }, { 5400000, "90m" }, { 43200000, "12h" },
		{ 86400000, "1d" }, { 90000000, "25h" } };
	char text[32];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		value_duration(cases[i].ms, text, sizeof(text));
		assert_string_equal(text, cases[i].text);
	}
}

static void
test_mode(void **state)
{
	static const struct {
		const char *text;
		int64_t mode;
	} cases[] = { { "0660", 0660 }, { "660", 0660 }, { "0777", 0777 }, { "000", 0 }, { "1777", -1 }, { "0888", -1 },
		{ "66", -1 }, { "00660", -1 }, { "", -1 }, { "rw-rw----", -1 }, { "0o66", -1 }, { "0x66", -1 } };
	const struct option o = { .type = OPTION_MODE, .max = 0777 };
	char why[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t mode = -1;

		assert_int_equal(value_from_text(&o, cases[i].text, &mode, why, sizeof(why)), cases[i].mode >= 0);
		assert_int_equal(mode, cases[i].mode);
	}
}

static void
test_text(void **state)
{
	static const struct {
		enum option_type type;
		const char *text;
		const char *why; /* NULL: accepted */
	} cases[] = {
		{ OPTION_STRING, "a", NULL },
		{ OPTION_STRING, "\xc3\xa4", NULL },
		{ OPTION_STRING, "", "must not be empty" },
		{ OPTION_STRING, "123456789", "is longer than 8 bytes" },
		{ OPTION_STRING, "a\nb", "holds control characters, such as the end of a line, or is not UTF-8" },
		{ OPTION_STRING, "\xff", "holds control characters, such as the end of a line, or is not UTF-8" },
		{ OPTION_PATH, "/a", NULL },
		{ OPTION_PATH, "a/b", "\"a/b\" is not an absolute path" },
	};
	char why[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct option o = { .type = cases[i].type, .min = 1, .max = 8 };
		char *text = NULL;

		assert_int_equal(value_from_text(&o, cases[i].text, &text, why, sizeof(why)), cases[i].why == NULL);
		if (cases[i].why == NULL)
			assert_string_equal(text, cases[i].text);
		else
			assert_string_equal(why, cases[i].why);
		value_free(&o, &text);
		assert_null(text);
	}
}

static void
test_words(void **state)
{
	static const char *const words[] = { "fixed", "sliding", NULL };
	struct option o = { .type = OPTION_POLICY, .words = words };
	enum session_policy policy = POLICY_PERMANENT;
	char *word = NULL, why[256];
	bool choice = false;
	int64_t level = -1;

	(void)state;
	assert_true(value_from_text(&o, "sliding", &policy, why, sizeof(why)));
	assert_int_equal(policy, POLICY_SLIDING);
	assert_false(value_from_text(&o, "Sliding", &policy, why, sizeof(why)));
	assert_string_equal(why, "\"Sliding\" is not one of fixed, sliding");
	o.type = OPTION_CHOICE;
	assert_true(value_from_text(&o, "sliding", &choice, why, sizeof(why)));
	assert_true(choice);
	o.type = OPTION_LEVEL;
	assert_true(value_from_text(&o, "fixed", &level, why, sizeof(why)));
	assert_int_equal(level, 0);
	o.type = OPTION_WORD;
	assert_true(value_from_text(&o, "fixed", &word, why, sizeof(why)));
	assert_false(value_from_text(&o, "none", &word, why, sizeof(why)));
	assert_string_equal(word, "fixed");
	value_free(&o, &word);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_lifetime),
		cmocka_unit_test(test_duration_text),
		cmocka_unit_test(test_mode),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_words),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
