/* SPDX-License-Identifier: ISC */
/* What libconfig 1.5 does not tell or does not survive must be found before it reads the file. */
#include "config/scan.h"
#include "file.h"

#include <libconfig.h>

static const struct {
	const char *text;
	const char *error; /* NULL: nothing is wrong */
} cases[] = {
	{ "", NULL },
	{ "a = 2147483647;", NULL },
	{ "a = 2147483648;", "t.conf:1: a: 2147483648 is out of range" },
	{ "a = -2147483647;", NULL },
	{ "a = -5000000000;", "t.conf:1: a: -5000000000 is out of range" },
	{ "a: {\n\tb = 1;\n\tc = 5000000000;\n};", "t.conf:3: a.c: 5000000000 is out of range" },
	{ "a: { b = 1; }; c = 5000000000;", "t.conf:1: c: 5000000000 is out of range" },
	{ "a = ( { b = 1; }, { c =\n5000000000; } );", "t.conf:2: a[1].c: 5000000000 is out of range" },
	{ "a = [ 1, 2, 5000000000 ];", "t.conf:1: a[2]: 5000000000 is out of range" },
	{ "a = 5000000000L;", NULL }, /* libconfig keeps 64 bits of these */
	{ "a = 9223372036854775808L;", "t.conf:1: a: 9223372036854775808L is out of range" },
	{ "a = 0x7fffffff;", NULL },
	{ "a = 0x1FFFFFFFF;", "t.conf:1: a: 0x1FFFFFFFF is out of range" },
	{ "a = 0x1FFFFFFFFL;", NULL },
	{ "a = 0x10000000000000000L;", "t.conf:1: a: 0x10000000000000000L is out of range" },
	{ "a = 1.5; b = 1e9; c = .5;", NULL },
	{ "a = \"5000000000\"; # 5000000000\n// 5000000000\n/* 5000000000 \n */", NULL },
	{ "a = \"\\\"5000000000\"; b = \"\\\\\"; c = 5000000000;", "t.conf:1: c: 5000000000 is out of range" },
	{ "a = \"x\ny\";\nb = 5000000000;", "t.conf:3: b: 5000000000 is out of range" },
	{ "a = \"x\\x00y\";", "t.conf:1: a: a NUL in a string would cut it" },
	{ "a = 1;\n/* b = 2;", "t.conf:2: this comment is not closed" },
	{ "a = \"never\nclosed", "t.conf:2: a: this string is not closed" },
	{ "a = \"\\", "t.conf:1: a: this string is not closed" },
	{ "a = = ;", NULL }, /* syntax is libconfig's business */
	{ "}}}))]", NULL },
	{ "a = ((((((((1))))))));", NULL },
	{ "a = (((((((((1)))))))));", "t.conf:1: a[0][0][0][0][0][0][0][0]: groups and lists are nested deeper than 8" },
	{ "@include \"sub\"", "t.conf:1: @include \"sub\": is not a regular file" },
	{ "@include \"none\"", "t.conf:1: @include \"none\": No such file or directory" },
	{ "@include \"/etc/passwd\"", "t.conf:1: @include \"/etc/passwd\": names are relative to ." },
	{ "@include \"t.conf\"", "t.conf:1: more than 8 files include each other" },
	{ "\n@include \"good.conf\"\na = 5000000000;", "t.conf:3: a: 5000000000 is out of range" },
	{ "@include \"bad.conf\"", "bad.conf:2: n: 5000000000 is out of range" },
	{ "@include \"a\\\"b\"", "t.conf:1: @include needs a file name in quotes" },
	{ "@ include", NULL },
};

static void
test_text(void **state)
{
	char err[512];

	(void)state;
	assert_int_equal(mkdir("sub", 0700), 0);
	file_write("good.conf", "n = 1;\n", 7, 0600);
	file_write("bad.conf", "\nn = 5000000000;\n", 17, 0600);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		file_write("t.conf", cases[i].text, strlen(cases[i].text), 0600);
		err[0] = '\0';
		assert_int_equal(scan_file("t.conf", err, sizeof(err)), cases[i].error == NULL);
		assert_string_equal(err, cases[i].error == NULL ? "" : cases[i].error);
	}
}

static void
test_files(void **state)
{
	char err[512], *large = calloc(1, SCAN_FILE_MAX + 1);

	(void)state;
	assert_false(scan_file("none", err, sizeof(err)));
	assert_string_equal(err, "none: No such file or directory");
	assert_false(scan_file(".", err, sizeof(err)));
	assert_string_equal(err, ".: is not a regular file");
	file_write("nul", "a = 1;\n\0b = 2;\n", 15, 0600);
	assert_false(scan_file("nul", err, sizeof(err)));
	assert_string_equal(err, "nul:2: a: a NUL byte: this is not a text file");
	memset(large, '\n', SCAN_FILE_MAX + 1);
	file_write("large", large, SCAN_FILE_MAX, 0600);
	assert_true(scan_file("large", err, sizeof(err)));
	file_write("large", large, SCAN_FILE_MAX + 1, 0600);
	assert_false(scan_file("large", err, sizeof(err)));
	assert_string_equal(err, "large: is too large");
	free(large);
}

/* The reason for all this. If libconfig learns to refuse it, this test says so. */
static void
test_libconfig_wraps(void **state)
{
	config_t c;
	int v = 0;

	(void)state;
	config_init(&c);
	assert_true(config_read_string(&c, "a = 5000000000;"));
	assert_true(config_lookup_int(&c, "a", &v));
	assert_int_equal(v, 705032704);
	config_destroy(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_text, file_setup, file_teardown),
		cmocka_unit_test_setup_teardown(test_files, file_setup, file_teardown),
		cmocka_unit_test(test_libconfig_wraps),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
