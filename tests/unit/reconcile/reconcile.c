/* SPDX-License-Identifier: ISC */
/* The process that asks about accounts elsewhere: it needs neither Redis nor the accounts to be ready, and leaves when it is
 * to. What it does is shown with real databases (tests/system/482-reconcile). */
#include <signal.h>

#include "../child/process.h"
#include "reconcile/reconcile.h"

static void
start(void)
{

	process.child.n_listen = 0;
	process.conf->userdb_reconcile = 1;
	process_start(reconcile_run);
	assert_true(process_is_ready());
}

static void
leaves_when_told(void **state)
{

	(void)state;
	start();
	assert_int_equal(process_end(SIGQUIT), EXIT_RETIRED);
}

static void
leaves_with_the_master(void **state)
{

	(void)state;
	start();
	process_orphan();
	assert_int_equal(process_end(0), EXIT_RETIRED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(leaves_when_told, process_setup, process_teardown),
		cmocka_unit_test_setup_teardown(leaves_with_the_master, process_setup, process_teardown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
