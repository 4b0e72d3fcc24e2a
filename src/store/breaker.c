/* SPDX-License-Identifier: ISC */
/*
 * The circuit breaker of one process and one server.
 *
 * CLOSED     ask. After ${limit} failures in a row: OPEN.
 * OPEN       do not ask until the time is up; then HALF_OPEN.
 * HALF_OPEN  one question is under way and decides: CLOSED, or OPEN again. All others are refused meanwhile.
 *
 * A server that does not answer costs each request its timeout; behind an open breaker a request is refused at once.
 */
#include "store/breaker.h"

void
breaker_init(struct breaker *b, int64_t limit, int64_t open_ms)
{

	*b = (struct breaker){ .state = BREAKER_CLOSED, .limit = limit, .open_ms = open_ms };
}

bool
breaker_allows(struct breaker *b, int64_t now)
{

	if (b->state == BREAKER_CLOSED)
		return (true);
	if (b->state == BREAKER_HALF_OPEN || now < b->until)
		return (false);
	b->state = BREAKER_HALF_OPEN;
	return (true);
}

bool
breaker_success(struct breaker *b)
{
	bool changed = b->state != BREAKER_CLOSED;

	b->state = BREAKER_CLOSED;
	b->failures = 0;
	return (changed);
}

bool
breaker_failure(struct breaker *b, int64_t now)
{
	bool changed = b->state == BREAKER_CLOSED;

	b->failures++;
	if (b->state == BREAKER_CLOSED && (b->limit <= 0 || b->failures < b->limit))
		return (false);
	b->state = BREAKER_OPEN;
	b->until = now + b->open_ms;
	return (changed);
}

/* For a server that answered, but is not to be used for a moment: no failures are counted. */
bool
breaker_hold(struct breaker *b, int64_t now, int64_t ms)
{
	bool changed = b->state == BREAKER_CLOSED;

	b->state = BREAKER_OPEN;
	b->until = now + ms;
	return (changed);
}

void
breaker_hasten(struct breaker *b)
{

	b->until = 0;
}
