/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "handle/page_kit.h"
#include "handle/texts.h"

#define EVIL "<b>\"'&{{x}}</b>"

static const char *
render(const char *template)
{
	static char room[512];
	static const struct template_value one[] = { { .name = "y", .value = STR_LIT("1") },
		{ .name = "x", .value = STR_LIT("<") } },
					   two[] = { { .name = "y", .value = STR_LIT("2") } };
	static const struct template_row rows[] = { { one, 2 }, { two, 1 } };
	const struct template_value values[] = {
		{ .name = "x", .value = STR_LIT("value") },
		{ .name = "evil", .value = STR_LIT(EVIL) },
		{ .name = "empty", .value = STR_LIT("") },
		{ .name = "gone", .value = STR_NONE },
		{ .name = "rows", .rows = rows, .n_rows = 2 },
		{ .name = "none", .rows = rows, .n_rows = 0 },
	};
	struct buf b;

	buf_init(&b, room, sizeof(room));
	template_render(&b, TEXTS_ENGLISH, template, values, sizeof(values) / sizeof(values[0]));
	assert_false(b.overflow);
	return (room);
}

static void
values(void **state)
{

	(void)state;
	assert_string_equal(render(""), "");
	assert_string_equal(render("plain { text } }}"), "plain { text } }}");
	assert_string_equal(render("a {{x}}{{x}} b"), "a valuevalue b");
	assert_string_equal(render("[{{empty}}]"), "[]");
	assert_string_equal(render("<i>{{t.sign_in}}</i>"), "<i>Sign in</i>");
	/* What was put in is text: it is neither HTML nor a template. */
	assert_string_equal(render("{{evil}}"), "&lt;b&gt;&quot;&#39;&amp;{{x}}&lt;/b&gt;");
	assert_string_equal(render("{{&evil}}{{&gone}}{{#gone}}{{&evil}}{{/gone}}"), EVIL);
	/* A mistake of ours leaves a gap (and a line in the log), nothing else. */
	assert_string_equal(render("a{{unknown}}b{{t.unknown}}c{{gone}}d"), "abcd");
	assert_string_equal(render("a{{x"), "a{{x");
}

static void
sections(void **state)
{

	(void)state;
	assert_string_equal(render("{{#x}}yes{{/x}}{{^x}}no{{/x}}"), "yes");
	assert_string_equal(render("{{#gone}}yes{{/gone}}{{^gone}}no{{/gone}}"), "no");
	assert_string_equal(render("{{#empty}}there{{/empty}}"), "there"); /* an empty reference is one */
	assert_string_equal(render("{{#x}}a{{#gone}}b{{#x}}c{{/x}}d{{/gone}}e{{/x}}f"), "aef");
	assert_string_equal(render("{{#gone}}a{{#x}}b{{/x}}{{x}}{{unknown}}c{{/gone}}d"), "d");
	assert_string_equal(render("{{#x}}{{evil}}{{/x}}"), "&lt;b&gt;&quot;&#39;&amp;{{x}}&lt;/b&gt;");
}

/* A section of rows: once for each, with its own values before the page's. */
static void
rows(void **state)
{

	(void)state;
	assert_string_equal(render("a{{#rows}}[{{y}} {{x}}]{{/rows}}b"), "a[1 &lt;][2 value]b");
	assert_string_equal(
	    render("a{{#none}}[{{y}}]{{/none}}b{{^none}}nothing{{/none}}{{^rows}}none{{/rows}}c"), "abnothingc");
	assert_string_equal(render("{{#rows}}{{#y}}{{y}}{{#gone}}no{{/gone}}{{/y}}{{/rows}}"), "12");
	assert_string_equal(render("{{#gone}}{{#rows}}{{y}}{{/rows}}{{/gone}}c"), "c");
	assert_string_equal(render("{{#rows}}{{#rows}}{{y}}{{/rows}};{{/rows}}"), "12;12;");
}

/* Every text that a page names is in the table; sections are closed in the order they were opened. */
static void
pages(void **state)
{
	static const char *const all[] = { template_account, template_login, template_signed_in, template_sign_out,
		template_signed_out, template_error };

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct str open[8];
		size_t depth = 0;

		for (const char *p = all[i]; (p = strstr(p, "{{")) != NULL; p += 2) {
			const char *end = strstr(p, "}}");
			struct str name = { p + 3, 0 };

			assert_non_null(end);
			name.len = (size_t)(end - name.p);
			if (p[2] == '#' || p[2] == '^') {
				assert_true(depth < 8);
				open[depth++] = name;
			} else if (p[2] == '/') {
				assert_true(depth > 0);
				depth--;
				assert_true(open[depth].len == name.len && memcmp(open[depth].p, name.p, name.len) == 0);
			} else if (p[2] == 't' && p[3] == '.') {
				if (texts_find(TEXTS_ENGLISH, (struct str){ p + 4, (size_t)(end - p - 4) }).p == NULL)
					fail_msg("there is no text %.*s", (int)(end - p - 4), p + 4);
			}
		}
		assert_int_equal(depth, 0);
		assert_null(strstr(all[i], "{{>"));
		/* The one thing that is put in as it is, once. */
		assert_non_null(strstr(all[i], "<style>{{&theme_css}}</style>"));
		assert_null(strstr(strstr(all[i], "{{&") + 1, "{{&"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(values), cmocka_unit_test(sections), cmocka_unit_test(rows),
		cmocka_unit_test(pages) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
