/* SPDX-License-Identifier: ISC */
/* The logo and the style sheet of an operator. */
#include "doorward/userdb.h"

#include "config/load.h"
#include "config/theme.h"
#include "file.h"

static struct config *
load(const char *option, const char *file, char *err, size_t cap)
{
	char text[256];

	snprintf(text, sizeof(text), "%s = \"%s/%s\"; };\n", option, file_dir, file);
	file_write("t.conf", text, strlen(text), 0600);
	return (config_load("t.conf", err, cap));
}

static void
refused(const char *option, const char *name, const char *file, const char *why)
{
	char err[512], want[512];

	assert_null(load(option, file, err, sizeof(err)));
	snprintf(want, sizeof(want), "t.conf:1: %s: \"%s/%s\": %s", name, file_dir, file, why);
	assert_string_equal(err, want);
}

static void
logo(void **state)
{
	static char large[SITE_LOGO_MAX + 1] = "GIF8";
	char err[512];
	struct config *c;

	(void)state;
	file_write("png", "\x89PNG\r\n\x1a\n\xff\xfe", 10, 0644);
	file_write("svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>", 40, 0644);
	file_write("text", "plain", 5, 0644);
	file_write("empty", "", 0, 0644);
	file_write("fits", large, SITE_LOGO_MAX, 0644);
	file_write("large", large, SITE_LOGO_MAX + 1, 0644);
	assert_non_null(c = load("site: { logo_file", "png", err, sizeof(err)));
	assert_string_equal(c->site_logo, "data:image/png;base64,iVBORw0KGgr//g==");
	assert_string_equal(c->theme_css, "");
	config_free(c);
	assert_non_null(c = load("site: { logo_file", "svg", err, sizeof(err)));
	assert_memory_equal(c->site_logo, "data:image/svg+xml;base64,PHN2Zy", 32);
	config_free(c);
	assert_non_null(c = load("site: { logo_file", "fits", err, sizeof(err)));
	config_free(c);
	refused("site: { logo_file", "site.logo_file", "text", "is no PNG, JPEG, GIF, WebP or SVG image");
	refused("site: { logo_file", "site.logo_file", "empty", "is no PNG, JPEG, GIF, WebP or SVG image");
	refused("site: { logo_file", "site.logo_file", "large", "has more than 6144 bytes, and is part of every page");
	refused("site: { logo_file", "site.logo_file", "gone", "No such file or directory");
}

static void
style(void **state)
{
	static char large[THEME_CSS_MAX + 1];
	char err[512];
	struct config *c;

	(void)state;
	memset(large, ' ', sizeof(large));
	file_write("good", "main{color:red}\r\n/* \xc3\xbc */\r", 26, 0644);
	file_write("ends", "</style><script>", 16, 0644);
	file_write("nul", "a\0b", 3, 0644);
	file_write("latin", "/* \xfc */", 7, 0644);
	file_write("fits", large, THEME_CSS_MAX, 0644);
	file_write("large", large, THEME_CSS_MAX + 1, 0644);
	assert_non_null(c = load("theme: { css_file", "good", err, sizeof(err)));
	/* A browser that parses CR as LF would take the digest of something else. */
	assert_string_equal(c->theme_css, "main{color:red}\n/* \xc3\xbc */");
	config_free(c);
	assert_non_null(c = load("theme: { css_file", "fits", err, sizeof(err)));
	config_free(c);
	refused("theme: { css_file", "theme.css_file", "ends", "a style sheet must not hold \"</\"");
	refused("theme: { css_file", "theme.css_file", "nul", "is not UTF-8 text");
	refused("theme: { css_file", "theme.css_file", "latin", "is not UTF-8 text");
	refused("theme: { css_file", "theme.css_file", "large", "has more than 4096 bytes, and is part of every page");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(logo, file_setup, file_teardown),
		cmocka_unit_test_setup_teardown(style, file_setup, file_teardown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
