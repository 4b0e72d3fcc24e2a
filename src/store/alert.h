/* SPDX-License-Identifier: ISC */
/* Counting events for an alert: one script, which counts each event once and puts the alert's own event into the outbox. */
#ifndef STORE_ALERT_H
#define STORE_ALERT_H

#include <stdbool.h>
#include <stdint.h>

#include "doorward/store.h"

struct redis_store;

/* One event for one alert. */
struct alert_count {
	uint8_t counter[USER_KEY_LEN]; /* what is counted together; of one user: beginning like his key, for his outbox */
	const char *event_id;
	int64_t step;         /* of the event: seconds since the epoch by the length of a step */
	int64_t steps, count; /* of a window; that raise the alert */
	int64_t keep, kept;   /* seconds a step is kept; how many steps that is */
	bool act;             /* something is to be done about it */
	const struct notice *notice;
	/* the answer */
	int64_t raised_at; /* with ${act}: it was raised then and that was not done yet; seconds, 0 = there is nothing to do */
	int64_t raised_in; /* with that: the step */
};

/* May be repeated: the event is counted once, and there is one alert in a window. */
enum dw_result alert_count(struct redis_store *s, struct alert_count *c);

/* What was to be done about the alert raised in ${c}->raised_in is done. */
enum dw_result alert_done(struct redis_store *s, const struct alert_count *c);

#endif
