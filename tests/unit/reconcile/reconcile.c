/* SPDX-License-Identifier: ISC */
/* The process that asks about accounts elsewhere: it needs neither Redis nor the accounts to be ready, and leaves when it is
 * to. What it does is shown with real databases (tests/system/482-reconcile). */
#include "../child/process.h"
#include "reconcile/reconcile.h"

static void
start(void)
{

	process.conf->userdb_reconcile = 1;
	process_start(reconcile_run);
}

int
main(void)
{

	return (process_leaves(start));
}
