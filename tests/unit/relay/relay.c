/* SPDX-License-Identifier: ISC */
/* The relay as a process: it needs no Redis to be ready, and leaves when it is to. */
#include "../child/process.h"
#include "relay/relay.h"

static void
start(void)
{

	process_start(relay_run);
}

int
main(void)
{

	return (process_leaves(start));
}
