/* SPDX-License-Identifier: ISC */
/*
 * Sums over the board that both the metrics and the status need: by role, by state, quantiles of the histograms. Outbox lengths
 * are asked of Redis, at most every ten seconds.
 */
#include <string.h>

#include "base/clock.h"
#include "store/outbox.h"

#include "admin/numbers.h"

#define OUTBOX_PERIOD 10000 /* ms: there are a thousand streams to ask */

bool
numbers_role(const struct board *b, uint32_t role)
{

	return (role < BOARD_ROLES && b->roles[role].name[0] != '\0');
}

bool
numbers_serves(const struct board *b, uint32_t role)
{
	static const char *const names[] = { "check", "login", "all" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(b->roles[role].name, names[i]) == 0)
			return (true);
	return (false);
}

uint64_t
numbers_in_state(const struct board *b, uint32_t role, uint32_t state)
{
	uint64_t n = 0;

	for (size_t i = 0; i < BOARD_SLOTS; i++)
		n += b->slots[i].state == state && b->slots[i].role == role;
	return (n);
}

uint64_t
numbers_breakers(const struct board *b, uint32_t role, uint32_t breaker)
{
	uint64_t n = 0;

	for (size_t i = 0; i < BOARD_SLOTS; i++)
		n += b->slots[i].state != BOARD_FREE && b->slots[i].role == role && b->slots[i].breaker == breaker;
	return (n);
}

uint64_t
numbers_hashing(const struct board *b)
{
	uint64_t n = 0;

	for (size_t i = 0; i < BOARD_SLOTS; i++)
		n += b->slots[i].hashing;
	return (n);
}

uint64_t
numbers_observed(const struct board_numbers *n, enum board_stage stage)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < BOARD_BUCKETS; i++)
		sum += n->spans[stage][i];
	return (sum);
}

/* The end of the class in which the quantile lies: an upper bound, at most twice the truth. */
uint64_t
numbers_quantile(const struct board_numbers *n, enum board_stage stage, unsigned percent)
{
	uint64_t all = numbers_observed(n, stage), seen = 0;

	for (size_t i = 0; i < BOARD_BUCKETS; i++) {
		seen += n->spans[stage][i];
		if (seen * 100 >= all * percent)
			return (board_bucket_end(i));
	}
	return (0);
}

void
numbers_outbox(struct app *app, struct numbers_outbox *out)
{
	static struct outbox_lengths last;
	static int64_t at; /* mono, ms; 0 = never asked */
	static bool known;
	int64_t now = clock_mono_ms();

	if (at == 0 || now - at >= OUTBOX_PERIOD) {
		known = outbox_lengths(app->redis, &last) == DW_OK;
		at = now;
	}
	*out = (struct numbers_outbox){ .known = known, .events = last.events, .longest = last.longest, .age_ms = now - at };
}
