/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "doorward/request.h"

#define NAME "__Host-dw_session"
#define VALUES 4

static const struct {
	const char *lines[3];
	size_t n;
	const char *values[VALUES];
} rows[] = {
	{ { NULL }, 0, { NULL } },
	{ { "" }, 0, { NULL } },
	{ { NAME "=v" }, 1, { "v" } },
	{ { "a=b; " NAME "=v; c=d" }, 1, { "v" } },
	{ { "a=b;" NAME "=v;c=d" }, 1, { "v" } },
	{ { "  " NAME "=  v  " }, 1, { "v" } },
	{ { "\t" NAME "=v\t;" }, 1, { "v" } },
	{ { ";;;" NAME "=v;;;" }, 1, { "v" } },
	/* Names are exact: a miscapitalised prefix, which browsers do not guard, is another cookie (R055). */
	{ { "__host-dw_session=v" }, 0, { NULL } },
	{ { "__HOST-dw_session=v" }, 0, { NULL } },
	{ { "__Host-DW_session=v" }, 0, { NULL } },
	{ { "dw_session=v" }, 0, { NULL } },
	{ { "__Secure-dw_session=v" }, 0, { NULL } },
	{ { "x" NAME "=v" }, 0, { NULL } },
	{ { NAME "x=v" }, 0, { NULL } },
	{ { "__Host-dw_sessio=v" }, 0, { NULL } },
	{ { "\"" NAME "\"=v" }, 0, { NULL } },
	{ { "__Host%2Ddw_session=v" }, 0, { NULL } },
	{ { "a b" NAME "=v" }, 0, { NULL } },
	{ { NAME " =v" }, 0, { NULL } },
	{ { NAME "\t=v" }, 0, { NULL } },
	{ { "a=b; " NAME " =v; " NAME "=w" }, 1, { "w" } },
	/* Values are as they are: quotes, escapes, '=' and commas belong to them (R056). */
	{ { NAME "=\"v\"" }, 1, { "\"v\"" } },
	{ { NAME "=\"a; b=\"" }, 1, { "\"a" } },
	{ { NAME "=%41%3b" }, 1, { "%41%3b" } },
	{ { NAME "=a=b==" }, 1, { "a=b==" } },
	{ { NAME "=a,b" }, 1, { "a,b" } },
	{ { NAME "=a b" }, 1, { "a b" } },
	{ { NAME "=a+b" }, 1, { "a+b" } },
	{ { NAME "=" }, 1, { "" } },
	{ { NAME "= ; x=y" }, 1, { "" } },
	{ { NAME "=v\xff" }, 1, { "v\xff" } },
	/* No '=': no name, so not ours. No name at all likewise. */
	{ { NAME }, 0, { NULL } },
	{ { NAME ";" NAME }, 0, { NULL } },
	{ { NAME "; a=b" }, 0, { NULL } },
	{ { "=" NAME }, 0, { NULL } },
	{ { "=" NAME "=v" }, 0, { NULL } },
	{ { "=v; " NAME "=w" }, 1, { "w" } },
	{ { "v; =; ==; " NAME "=w" }, 1, { "w" } },
	{ { "=" }, 0, { NULL } },
	{ { ";" }, 0, { NULL } },
	{ { " ; ; " }, 0, { NULL } },
	{ { "foo=1; ; " NAME "=2" }, 1, { "2" } },
	{ { "foo=1; ; bar=2" }, 0, { NULL } },
	/* RFC 2965 attributes are cookies of odd names. */
	{ { "$Version=1; " NAME "=v; $Path=/" }, 1, { "v" } },
	/* A name inside another cookie's value is no cookie. */
	{ { "x=" NAME "=v" }, 0, { NULL } },
	{ { "x=\" ;" NAME "=v\"" }, 1, { "v\"" } },
	{ { "x=1," NAME "=v" }, 0, { NULL } }, /* lines joined with a comma */
	/* All are found, in whatever line. */
	{ { NAME "=1; " NAME "=2" }, 2, { "1", "2" } },
	{ { NAME "=1", NAME "=2" }, 2, { "1", "2" } },
	{ { NAME "=1", "x=y", NAME "=2; " NAME "=3" }, 3, { "1", "2", "3" } },
	{ { "", NAME "=1" }, 1, { "1" } },
	/* One that comes again is the same one. */
	{ { NAME "=1; " NAME "=1", NAME "=2;" NAME "=1", NAME "=2" }, 2, { "1", "2" } },
	{ { NAME "=; " NAME "=" }, 1, { "" } },
	{ { NAME "=1;" NAME "=2;" NAME "=3;" NAME "=4;" NAME "=5;" NAME "=6" }, 6, { "1", "2", "3", "4" } },
};

static void
fill(struct request *r, const char *const lines[3])
{

	memset(r, 0, sizeof(*r));
	for (; r->n_cookie < 3 && lines[r->n_cookie] != NULL; r->n_cookie++)
		r->cookie[r->n_cookie] = str_of(lines[r->n_cookie]);
}

static void
cookies(void **state)
{

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct str out[VALUES + 1] = { { NULL, 0 } };
		struct request r;
		size_t n;

		fill(&r, rows[i].lines);
		n = request_cookies(&r, NAME, out, VALUES);
		if (n != rows[i].n)
			fail_msg("\"%s\": %zu cookies instead of %zu", rows[i].lines[0], n, rows[i].n);
		for (size_t v = 0; v < VALUES; v++) {
			if (rows[i].values[v] == NULL)
				assert_null(out[v].p);
			else if (!str_is(out[v], rows[i].values[v]))
				fail_msg("\"%s\": value %zu is \"%.*s\"", rows[i].lines[0], v, (int)out[v].len, out[v].p);
		}
		assert_null(out[VALUES].p);
	}
}

/* The line ends where it ends, whatever stands behind it in memory. */
static void
borrowed(void **state)
{
	struct request r = { .n_cookie = 1, .cookie = { { "a=1; " NAME "=22", sizeof("a=1; " NAME "=2") - 1 } } };
	struct str out;

	(void)state;
	assert_int_equal(request_cookies(&r, NAME, &out, 1), 1);
	assert_true(str_is(out, "2"));
	r.cookie[0].len = 4;
	assert_int_equal(request_cookies(&r, NAME, &out, 1), 0);
	assert_int_equal(request_cookies(&r, NAME, NULL, 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(cookies), cmocka_unit_test(borrowed) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
