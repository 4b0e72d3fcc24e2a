/* SPDX-License-Identifier: ISC */
/*
 * A circuit breaker: after so many failures in a row nobody asks for a while, so that an outage costs callers nothing; then one
 * call tries. Pure: time is passed in. One process, one thread: between breaker_allows() and the report of that call nobody
 * else asks.
 */
#ifndef STORE_BREAKER_H
#define STORE_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

enum breaker_state { BREAKER_CLOSED = 0, BREAKER_OPEN = 1, BREAKER_HALF_OPEN = 2 }; /* as in board_slot.breaker */

struct breaker {
	enum breaker_state state;
	int64_t limit;    /* failures in a row that open it; 0 = never */
	int64_t open_ms;  /* for how long */
	int64_t failures; /* in a row, so far */
	int64_t until;    /* open: when the next try is due */
};

void breaker_init(struct breaker *b, int64_t limit, int64_t open_ms);

/* May the store be asked at ${now} (monotonic ms)? When open and due, this one call is the probe. */
bool breaker_allows(struct breaker *b, int64_t now);

/* Reports how the allowed call went. Both return true if the state changed from closed to open or back: worth one log line. */
bool breaker_success(struct breaker *b);
bool breaker_failure(struct breaker *b, int64_t now);

/* There is a reason to believe that asking is of use again: an open one is due now. */
void breaker_hasten(struct breaker *b);

/* Opens it for ${ms} whatever was counted: it is known that asking is no use, and that this may change soon. */
bool breaker_hold(struct breaker *b, int64_t now, int64_t ms);

#endif
