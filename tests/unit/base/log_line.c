/* SPDX-License-Identifier: ISC */
/* One event is one line, whatever is in it; and what machines read is JSON, always. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "base/log_line.h"

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define AT 1764000000123 /* 2025-11-24T16:00:00.123Z */

static struct log_record
record(const char *text, const char *trace)
{

	return ((struct log_record){
	    .ms = AT, .level = LOG_LEVEL_WARN, .process = "check/2", .pid = 42, .trace_id = trace, .text = text });
}

static const char *
line(void (*put)(struct buf *, const struct log_record *), const char *text, const char *trace)
{
	static char mem[LOG_LINE_MAX];
	struct log_record r = record(text, trace);
	struct buf b;

	buf_init(&b, mem, sizeof(mem));
	put(&b, &r);
	assert_false(b.overflow);
	return (mem);
}

static void
test_text(void **state)
{

	(void)state;
	assert_string_equal(line(log_line_text, "login refused user=\"a b\" ip=::1", TRACE),
	    "2025-11-24T16:00:00.123Z warn [check/2 42] trace=" TRACE " login refused user=\"a b\" ip=::1\n");
	assert_string_equal(line(log_line_text, "leaving", ""), "2025-11-24T16:00:00.123Z warn [check/2 42] leaving\n");
}

static void
test_nothing_gets_out_of_its_line(void **state)
{
	static const struct {
		const char *text, *shown;
	} rows[] = {
		{ "a\nb", "a\\x0ab" },
		{ "a\r\nb", "a\\x0d\\x0ab" },
		{ "\t\x1b[2J\x7f", "\\x09\\x1b[2J\\x7f" },
		{ "\xe2\x80\xa8\xc2\x85", "\\xe2\\x80\\xa8\\xc2\\x85" }, /* U+2028, NEL */
		{ "\xff\xc0\x80", "\\xff\\xc0\\x80" },
	};
	char want[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(want, sizeof(want), "2025-11-24T16:00:00.123Z warn [check/2 42] %s\n", rows[i].shown);
		assert_string_equal(line(log_line_text, rows[i].text, ""), want);
	}
}

static void
test_json(void **state)
{
	static const struct {
		const char *text, *tail;
	} rows[] = {
		{ "leaving", "\"message\":\"leaving\"}\n" },
		{ "login refused user=\"a b\" ip=::1", "\"message\":\"login refused\",\"user\":\"a b\",\"ip\":\"::1\"}\n" },
		{ "died: pid=7 age_ms=12 n=-3", "\"message\":\"died\",\"_pid\":7,\"age_ms\":12,\"n\":-3}\n" },
		{ "x=1 said so", "\"message\":\"x=1 said so\"}\n" },
		{ "x=1 said y=2", "\"message\":\"x=1 said\",\"y\":2}\n" },
		{ "a=1 a=2", "\"message\":\"\",\"a\":1,\"_a\":2}\n" },
		{ "a v=007 w=1.5 x= y=\"\" z=12345678901234567890", "\"message\":\"a\",\"v\":\"007\",\"w\":\"1.5\",\"x\":"
								    "\"\",\"y\":\"\",\"z\":\"12345678901234567890\"}\n" },
		{ "a v=\"b", "\"message\":\"a v=\\\"b\"}\n" },
		{ "a v=\"b\"c", "\"message\":\"a v=\\\"b\\\"c\"}\n" },
		{ "a v=\"\\x0a\"", "\"message\":\"a\",\"v\":\"\\\\x0a\"}\n" },
		{ "=1 Ab=2 -=3", "\"message\":\"=1 Ab=2 -=3\"}\n" },
		{ "", "\"message\":\"\"}\n" },
		{ "   ", "\"message\":\"\"}\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *got = line(log_line_json, rows[i].text, TRACE), *at = strstr(got, "\"message\"");

		assert_true(strncmp(got,
				"{\"time\":\"2025-11-24T16:00:00.123Z\",\"level\":\"warn\",\"process\":\"check/2\",\"pid\":42,"
				"\"trace_id\":\"" TRACE "\",",
				60) == 0);
		assert_non_null(at);
		assert_string_equal(at, rows[i].tail);
	}
	assert_non_null(strstr(line(log_line_json, "x", ""), "\"trace_id\":null"));
}

/* The longest line of the worst bytes is still one object. */
static void
test_json_is_never_cut(void **state)
{
	char text[LOG_TEXT_MAX * 2];

	(void)state;
	for (int c = 1; c < 256; c++) {
		const char *got;
		struct json_object *o;

		memset(text, c, sizeof(text) - 1);
		text[sizeof(text) - 1] = '\0';
		got = line(log_line_json, text, TRACE);
		assert_ptr_equal(strchr(got, '\n'), got + strlen(got) - 1);
		assert_non_null(o = json_tokener_parse(got));
		json_object_put(o);
	}
	for (size_t i = 0; i + 4 < sizeof(text); i += 4)
		memcpy(text + i, "a=\\ ", 5);
	assert_non_null(strchr(line(log_line_json, text, TRACE), '\n'));
}

static void
test_random_texts(void **state)
{
	static const char alphabet[] = "ab=\"\\ _1-\n:\xff,";
	char text[64];

	(void)state;
	srandom(1);
	for (int i = 0; i < 20000; i++) {
		size_t n = (size_t)(random() % 63);
		struct json_object *o, *v;

		for (size_t k = 0; k < n; k++)
			text[k] = alphabet[(size_t)random() % (sizeof(alphabet) - 1)];
		text[n] = '\0';
		assert_non_null(o = json_tokener_parse(line(log_line_json, text, "")));
		assert_true(json_object_object_get_ex(o, "message", &v) && json_object_is_type(v, json_type_string));
		json_object_put(o);
	}
}

static void
test_syslog(void **state)
{
	struct log_record r = record("a\nb x=1", TRACE);
	char mem[LOG_LINE_MAX];
	struct buf b;

	(void)state;
	setenv("TZ", "UTC", 1);
	buf_init(&b, mem, sizeof(mem));
	log_line_syslog(&b, &r, false);
	assert_string_equal(mem, "<28>Nov 24 16:00:00 doorward[42]: warn [check/2] trace=" TRACE " a\\x0ab x=1");
	r.level = LOG_LEVEL_ERROR;
	buf_init(&b, mem, sizeof(mem));
	log_line_syslog(&b, &r, true);
	assert_true(strncmp(mem, "<27>Nov 24 16:00:00 doorward[42]: {\"time\"", 40) == 0);
	assert_true(mem[strlen(mem) - 1] == '}');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_nothing_gets_out_of_its_line),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_is_never_cut),
		cmocka_unit_test(test_random_texts),
		cmocka_unit_test(test_syslog),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
