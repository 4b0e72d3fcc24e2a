/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "admin/routes.h"

/* Who is only on the machine may look at how it is, never at who is there, and change nothing. */
static void
found(void **state)
{
	static const struct {
		const char *path;
		unsigned methods; /* 0 = there is none */
		bool open;
	} t[] = {
		{ "/health/live", METHOD_GET | METHOD_HEAD, true },
		{ "/health", 0, false },
		{ "/health/live/", 0, false },
		{ "/metrics", METHOD_GET | METHOD_HEAD, true },
		{ "/admin/sessions", METHOD_GET | METHOD_HEAD, false },
		{ "/admin/sessions/", 0, false },
		{ "/admin/sessions/dws-1", METHOD_GET | METHOD_HEAD, false },
		{ "/admin/sessions/dws-1/", 0, false },
		{ "/admin/sessions/dws-1/more", 0, false },
		{ "/admin/kick", METHOD_POST, false },
		{ "/admin/*", 0, false },
		{ "/", 0, false },
		{ "", 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const struct admin_route *r = routes_find(t[i].path);

		assert_int_equal(r == NULL ? 0 : r->methods, t[i].methods);
		if (r != NULL)
			assert_int_equal(r->open, t[i].open);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(found) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
