/* SPDX-License-Identifier: ISC */
/* The keeper as a process: it needs no Redis to be ready, keeps nothing true without one, and leaves when it is to. */
#include "../child/process.h"
#include "doorward/cache.h"
#include "keeper/keep.h"

#define LEASE_MS 1000000 /* longer than any test */

static void
start(void)
{

	process.child.cache = cache_new(1 << 16, 2000, LEASE_MS);
	assert_non_null(process.child.cache);
	process_start(keep_run);
}

int
main(void)
{

	return (process_leaves(start));
}
