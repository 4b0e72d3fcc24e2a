/* SPDX-License-Identifier: ISC */
/* The clocks of all servers, by which they number what happens; and whether another server numbers than before. */
#ifndef STORE_CLOCKS_H
#define STORE_CLOCKS_H

#include <stdint.h>

#include "doorward/result.h"

struct redis_store;

/* Zeroes: nobody was asked yet. */
struct clocks {
	int64_t least, most; /* of them all, ms */
	int64_t asked_at;    /* mono, ms: when the last of them had answered; 0 = never */
	uint64_t runs;       /* which processes of Redis they are of */
};

#define CLOCKS_AS_BEFORE (-1)

/*
 * Asks all servers. DW_OK: ${*behind} is CLOCKS_AS_BEFORE, or, if another server answers than the last time or a clock was set
 * back, by how many ms what is numbered from now on may lie before what was numbered until then. Else as in store.h.
 */
enum dw_result clocks_ask(struct clocks *c, struct redis_store *s, int64_t *behind);

#endif
