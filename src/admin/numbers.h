/* SPDX-License-Identifier: ISC */
/* What the status page and the metrics both say: sums over the board, and what has to be asked for elsewhere. */
#ifndef ADMIN_NUMBERS_H
#define ADMIN_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

#include "doorward/app.h"

/* Is there a role ${role}? They are numbered without gaps. */
bool numbers_role(const struct board *b, uint32_t role);

/* Does it answer the fronts' requests? The others are helpers. */
bool numbers_serves(const struct board *b, uint32_t role);

/* Processes of ${role} in ${state}; all whose breaker is not closed; all that hash a password. */
uint64_t numbers_in_state(const struct board *b, uint32_t role, uint32_t state);
uint64_t numbers_breakers(const struct board *b, uint32_t role, uint32_t breaker);
uint64_t numbers_hashing(const struct board *b);

/* Times of ${stage} counted; and how many ns at most ${percent} of them took, as exactly as the classes are. 0 = longer
 * than all have an end. */
uint64_t numbers_observed(const struct board_numbers *n, enum board_stage stage);
uint64_t numbers_quantile(const struct board_numbers *n, enum board_stage stage, unsigned percent);

/* Events in the outboxes, delivered or not. Redis is asked while somebody wants to know, at most every ten seconds. */
struct numbers_outbox {
	bool known;
	uint64_t events, longest;
	int64_t age_ms; /* of this knowledge */
};
void numbers_outbox(struct app *app, struct numbers_outbox *out);

#endif
