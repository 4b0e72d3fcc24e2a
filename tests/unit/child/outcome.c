/* SPDX-License-Identifier: ISC */
/* What passes is tried again; what does not is not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "doorward/board.h"
#include "child/outcome.h"

static void
test_codes(void **state)
{
	static const int passing[] = { ENOMEM, EMFILE, ENFILE, EIO, ENOSPC, EAGAIN, ENOBUFS };
	static const int lasting[] = { 0, EACCES, EPERM, ENOENT, EINVAL, EFBIG, ENOTDIR, EROFS };

	(void)state;
	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		assert_int_equal(outcome_code(passing[i]), EXIT_RESOURCE);
	for (size_t i = 0; i < sizeof(lasting) / sizeof(lasting[0]); i++)
		assert_int_equal(outcome_code(lasting[i]), EXIT_CONFIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_codes) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
