/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/records.h"

/* What is read of ${text}: "LINE:field|field;" a record, "LINE!;" a faulty one. */
static void
expect(bool (*read)(FILE *, struct record *), const char *text, size_t len, const char *want)
{
	static struct record r;
	char got[512] = "", *p = got;
	FILE *in = fmemopen((void *)(uintptr_t)text, len, "r");

	assert_non_null(in);
	memset(&r, 0, sizeof(r));
	while (read(in, &r)) {
		p += sprintf(p, "%zu%s", r.line, r.fault != NULL ? "!" : ":");
		for (size_t i = 0; r.fault == NULL && i < r.n; i++)
			p += sprintf(p, "%s%.*s", i > 0 ? "|" : "", (int)r.fields[i].len, r.fields[i].p);
		p += sprintf(p, ";");
	}
	fclose(in);
	assert_string_equal(got, want);
}

#define CSV(text, want) expect(records_csv, text, sizeof(text) - 1, want)
#define HTPASSWD(text, want) expect(records_htpasswd, text, sizeof(text) - 1, want)

static void
csv(void **state)
{

	(void)state;
	CSV("a,b,c\r\nd,e\n", "1:a|b|c;2:d|e;");
	CSV("a,b", "1:a|b;");
	CSV("\n \r\n\r\na,,\n", "4:a||;");
	CSV("\"a\"\"b\",\"c,d\",\"\"\r\n", "1:a\"b|c,d|;");
	CSV("\"a\nb\",c\nd,e\n", "1:a\nb|c;3:d|e;");
	CSV("\"a\r\nb\",c\n", "1:a\r\nb|c;");
	CSV("\xef\xbb\xbf"
	    "a,b\n",
	    "1:a|b;");
	CSV("\"a\"b,c\nd,e\n", "1!;2:d|e;");
	CSV("a\"b,c\nd,e\n", "1!;2:d|e;");
	CSV("a,b,c,d\nd,e\n", "1!;2:d|e;");
	CSV("d,e\n\"a,b\nc,d\n", "1:d|e;2!;");
	CSV("a\0b,c\nd,e\n", "1!;2:d|e;");
	CSV("\"", "1!;");
	CSV("\"\"", "1:;");
	CSV("a,\"b\"\r", "1:a|b;");
}

static void
htpasswd(void **state)
{

	(void)state;
	HTPASSWD("a:b\n# c:d\n\n e : f:g \r\nh", "1:a|b;4: e |f:g;5!;");
	HTPASSWD(":\n\r\n", "1:|;");
	HTPASSWD("a\0:b\nc:d", "1!;2:c|d;");
}

static void
long_ones(void **state)
{
	static char text[2 * RECORD_MAX];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text + RECORD_MAX + 10, "\na,b\n", 5);
	expect(records_csv, text, RECORD_MAX + 15, "1!;2:a|b;");
	text[0] = '"'; /* and never closed, over many lines */
	for (size_t i = 100; i < RECORD_MAX; i += 100)
		text[i] = '\n';
	expect(records_csv, text, 50, "1!;");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv),
		cmocka_unit_test(htpasswd),
		cmocka_unit_test(long_ones),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
