/* SPDX-License-Identifier: ISC */
/* The scoreboard in its two forms. No user, no address: a route and a trace id lead on in the log. */
#ifndef ADMIN_STATUS_H
#define ADMIN_STATUS_H

#include <stdint.h>

#include "doorward/app.h"
#include "doorward/response.h"

void status_json(struct app *app, struct response *r);
void status_html(struct app *app, const struct request *q, struct response *r);

/* Milliseconds the request in hand has taken; 0 if there is none. */
int64_t status_busy_ms(const struct board_slot *s);

const char *status_reload_word(const struct board *b);
const char *status_breaker_word(const struct board_slot *s);

/* Requests of all pools that serve; the operators' own are not the service's. */
uint64_t status_requests(const struct board *b);

#endif
