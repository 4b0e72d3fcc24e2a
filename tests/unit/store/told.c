/* SPDX-License-Identifier: ISC */
/* The ring: what was added is known until so many others were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "store/told.h"

static bool
tell(struct told *t, unsigned n)
{
	char text[32];

	snprintf(text, sizeof(text), "{\"id\":\"%u\"}", n);
	return (told_add(t, str_of(text)));
}

static void
known_for_a_while(void **state)
{
	static struct told t;

	(void)state;
	for (unsigned i = 0; i < TOLD_MAX; i++)
		assert_true(tell(&t, i));
	for (unsigned i = 0; i < TOLD_MAX; i += 7)
		assert_false(tell(&t, i));
	assert_true(tell(&t, TOLD_MAX)); /* in the place of the first */
	assert_false(tell(&t, 1));
	assert_true(tell(&t, 0));
	assert_true(tell(&t, 1));
	assert_false(tell(&t, TOLD_MAX));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(known_for_a_while) };

	return (cmocka_run_group_tests_name("store/told", tests, NULL, NULL));
}
