/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "http/basic.h"

static char block[64 * 1024];
static struct arena arena;

static int
fresh(void **state)
{

	(void)state;
	arena_init(&arena, block, sizeof(block));
	return (0);
}

static void
read(void **state)
{
	static const struct {
		const char *header, *id, *secret;
	} t[] = {
		{ "Basic Z2F0ZXdheTpzM2NyZXQ=", "gateway", "s3cret" },
		{ "basic Z2F0ZXdheTpzM2NyZXQ=", "gateway", "s3cret" },
		{ "Basic  Z2F0ZXdheTpzM2NyZXQ= ", "gateway", "s3cret" },
		{ "Basic YTpi", "a", "b" },       /* a:b, no padding needed */
		{ "Basic YTo=", "a", "" },        /* a: */
		{ "Basic Og==", "", "" },         /* : */
		{ "Basic YTpiOmM=", "a", "b:c" }, /* a:b:c */
		/* Form-url-encoded before it was joined: a%3Ab:%25+%2B%20%C3%BC is "a:b" and "% + ü". */
		{ "Basic YSUzQWI6JTI1KyUyQiUyMCVDMyVCQw==", "a:b", "% + \xc3\xbc" },
		{ "Basic YTr/Pw==", NULL, NULL },        /* a:\xff? is no UTF-8 */
		{ "Basic YTrDvz8/", "a", "\xc3\xbf??" }, /* '/' of the alphabet */
		{ "Basic YTo+Pj4=", "a", ">>>" },        /* '+' of the alphabet */
		{ "Basic YTo-Pj4=", NULL, NULL },        /* the other alphabet */
		{ "Basic YTolJTI=", NULL, NULL },        /* a:%%2: no escape */
		{ "Basic YTolMDA=", NULL, NULL },        /* a:%00 */
		{ "Basic YTo", NULL, NULL },             /* padding left out */
		{ "Basic YTo==", NULL, NULL },
		{ "Basic YTo===", NULL, NULL },
		{ "Basic YTp=", NULL, NULL }, /* spare bits that are not zero */
		{ "Basic YT=pi", NULL, NULL },
		{ "Basic YTpi, Basic YTpi", NULL, NULL }, /* two headers that a server joined */
		{ "Basic YTpi,Basic YTpi", NULL, NULL },
		{ "Basic YT pi", NULL, NULL },
		{ "Basic YWI=", NULL, NULL }, /* no colon */
		{ "Basic ====", NULL, NULL },
		{ "Basic ", NULL, NULL },
		{ "Basic", NULL, NULL },
		{ "BasicYTpi", NULL, NULL },
		{ "Bearer YTpi", NULL, NULL },
		{ "", NULL, NULL },
	};
	struct str id, secret;

	(void)state;
	assert_int_equal(basic_read(&arena, STR_NONE, &id, &secret), DW_ABSENT);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		enum dw_result rc = basic_read(&arena, str_of(t[i].header), &id, &secret);

		if (rc != (t[i].id == NULL ? DW_INVALID : DW_OK))
			fail_msg("\"%s\": %d", t[i].header, rc);
		if (rc == DW_OK && (!str_is(id, t[i].id) || !str_is(secret, t[i].secret)))
			fail_msg("\"%s\": %.*s and %.*s", t[i].header, (int)id.len, id.p, (int)secret.len, secret.p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_setup(read, fresh) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
